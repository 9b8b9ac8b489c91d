//! Writing, renaming and removing files at a place in an open folder.

use std::io::{self, Write};

use rustix::fs::{AtFlags, fsync, renameat, unlinkat};

use super::Place;

impl Place {
    /// Writes a file completely or not at all: to a temporary file in the same folder, synced, then renamed.
    ///
    /// # Errors
    /// If writing fails. An existing file is then unchanged, and the temporary file is removed.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_and_rename(bytes, true)?;
        // Syncing the folder makes the rename durable. Best effort: some file systems cannot sync a folder.
        let (folder, _) = self.parent(false)?;
        let _ = fsync(&folder);
        Ok(())
    }

    /// Writes a file like [`Place::write`], but without syncing. A reader finds the new or the old file; after a loss of
    /// power both may be lost.
    ///
    /// # Errors
    /// If writing fails. An existing file is then unchanged, and the temporary file is removed.
    pub fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_and_rename(bytes, false)
    }

    fn write_and_rename(&self, bytes: &[u8], sync: bool) -> io::Result<()> {
        let mut temporary = self.temporary();
        let process = format!(".{}", std::process::id());
        temporary.name.as_mut_os_string().push(process);
        let written = temporary.new_file().and_then(|mut file| {
            file.write_all(bytes)?;
            if sync {
                file.sync_all()?;
            }
            temporary.rename(self)
        });
        if written.is_err() {
            // Best effort: the first error is the one to report.
            let _ = temporary.remove();
        }
        written
    }

    /// Renames a file to another name in the same folder.
    ///
    /// # Errors
    /// If renaming fails.
    pub fn rename(&self, to: &Self) -> io::Result<()> {
        let (folder, name) = self.parent(false)?;
        let renamed = renameat(&folder, name, &folder, to.name());
        renamed.map_err(|error| self.root.explained(error))
    }

    /// Removes a file or a link.
    ///
    /// # Errors
    /// If there is no file or removing fails.
    pub fn remove(&self) -> io::Result<()> {
        self.unlink(AtFlags::empty())
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// If there is no empty folder or removing fails.
    pub fn remove_folder(&self) -> io::Result<()> {
        self.unlink(AtFlags::REMOVEDIR)
    }

    fn unlink(&self, how: AtFlags) -> io::Result<()> {
        let (folder, name) = self.parent(false)?;
        unlinkat(&folder, name, how).map_err(|error| self.root.explained(error))
    }

    /// Creates a folder if it is missing.
    ///
    /// # Errors
    /// If creating fails or there is something other than a folder.
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
    fn a_failed_write_leaves_the_old_file_and_no_temporary_file() {
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
