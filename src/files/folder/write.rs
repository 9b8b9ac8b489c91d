//! Writing, renaming and removing at a place in a folder that is held open.

use std::io::{self, Write};

use rustix::fs::{AtFlags, fsync, renameat, unlinkat};

use super::Place;

impl Place {
    /// Writes a whole file or nothing: aside in the same folder, synced, then renamed.
    ///
    /// # Errors
    /// The disk's; what stood there stays, and nothing is left aside.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_aside(bytes, true)?;
        // The rename itself reaches the disk with the folder; some file systems cannot sync one.
        let (folder, _) = self.parent(false)?;
        let _ = fsync(&folder);
        Ok(())
    }

    /// The same without waiting for the disk: a reader finds the whole file or the one before, a loss of power may find
    /// neither.
    ///
    /// # Errors
    /// Those of [`Place::write`].
    pub fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_aside(bytes, false)
    }

    fn write_aside(&self, bytes: &[u8], sync: bool) -> io::Result<()> {
        let mut aside = self.aside();
        let process = format!(".{}", std::process::id());
        aside.name.as_mut_os_string().push(process);
        let written = aside.new_file().and_then(|mut file| {
            file.write_all(bytes)?;
            if sync {
                file.sync_all()?;
            }
            aside.rename(self)
        });
        if written.is_err() {
            // Best effort: the first error is the one to report.
            let _ = aside.remove();
        }
        written
    }

    /// Gives a file the name of another place in the same folder.
    ///
    /// # Errors
    /// The disk's.
    pub fn rename(&self, to: &Self) -> io::Result<()> {
        let (folder, name) = self.parent(false)?;
        let renamed = renameat(&folder, name, &folder, to.name());
        renamed.map_err(|error| self.root.told(error))
    }

    /// Removes a file or a link.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(&self) -> io::Result<()> {
        self.unlink(AtFlags::empty())
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove_folder(&self) -> io::Result<()> {
        self.unlink(AtFlags::REMOVEDIR)
    }

    fn unlink(&self, how: AtFlags) -> io::Result<()> {
        let (folder, name) = self.parent(false)?;
        unlinkat(&folder, name, how).map_err(|error| self.root.told(error))
    }

    /// Makes a folder where there is none.
    ///
    /// # Errors
    /// The disk's; something that is no folder.
    pub fn make_folder(&self) -> io::Result<()> {
        let (folder, name) = self.parent(true)?;
        self.root.enter(&folder, name, true).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::files::folder::{Folder, Place};

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_aside() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("taken/inside")).unwrap();
        let folder = Folder::open(home.path()).unwrap();
        assert!(folder.place("taken").write(b"x").is_err());
        let names = |place: Place| -> Vec<_> {
            let entries = place.entries().unwrap();
            entries
                .map(|entry| entry.unwrap().name().to_owned())
                .collect()
        };
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        folder.place("a/b").write(&[1; 100]).unwrap();
        folder.place("a/b").write(&[2; 10]).unwrap();
        assert_eq!(folder.place("a/b").read(10).unwrap(), [2; 10]);
        assert!(folder.place("a/b").read(9).is_err());
        assert_eq!(names(folder.place("a")), ["b"]);
    }
}
