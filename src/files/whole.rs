//! Writing a whole file or nothing, where a person names it.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::ffi::OsStrExt,
    path::Path,
};

/// Bytes of a name that go into that of the file aside: a process number fits behind them.
const LONGEST_NAME: usize = 200;

/// Writes what `write` writes as a whole file or not at all: aside in the same directory, synced, then renamed over
/// `path`. Gives the result of `write`.
///
/// # Errors
/// The disk's and those of `write`; what stood at `path` stays, and nothing is left aside.
pub fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> io::Result<T> {
    let result = write_aside(path, write)?;
    // The rename itself reaches the disk with the directory; some file systems cannot sync one.
    let directory = path.parent().unwrap_or(Path::new("."));
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(result)
}

fn write_aside<T>(path: &Path, write: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let name = name.as_bytes();
    // A name of full length has no room for more.
    let name = OsStr::from_bytes(&name[..name.len().min(LONGEST_NAME)]);
    let mut aside = OsString::from(".");
    aside.push(name);
    aside.push(format!(".{}", std::process::id()));
    let aside = directory.join(aside);

    let written = (|| {
        let mut file = create_new(&aside)?;
        let result = write(&mut file)?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        Ok(result)
    })();
    if written.is_err() {
        // Best effort: the first error is the one to report.
        let _ = fs::remove_file(&aside);
    }
    written
}

/// A new file in the place of what a process of the same number left there; a link there is not followed.
fn create_new(path: &Path) -> io::Result<File> {
    let create = || File::options().write(true).create_new(true).open(path);
    match create() {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            create()
        }
        created => created,
    }
}

#[cfg(test)]
pub mod tests {
    use std::{io::Write, os::unix::fs::symlink};

    use super::*;

    fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        write_whole(path, |file| file.write_all(bytes))
    }

    /// The names in a folder, in order.
    pub fn entries(path: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn writing_replaces_the_whole_file_and_leaves_nothing_aside() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("weights.safetensors");
        write(&path, &[1; 100]).unwrap();
        write(&path, &[2; 10]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [2; 10]);
        assert_eq!(entries(home.path()), ["weights.safetensors"]);
    }

    #[test]
    fn what_lies_where_a_file_is_written_aside_is_not_written_into() {
        let home = tempfile::tempdir().unwrap();
        let (path, other) = (home.path().join("file"), home.path().join("other"));
        fs::write(&other, "a thesis").unwrap();
        let aside = home.path().join(format!(".file.{}", std::process::id()));
        symlink(&other, &aside).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"a thesis");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(entries(home.path()), ["file", "other"]);
        let long = home.path().join("n".repeat(255));
        write(&long, b"x").unwrap();
        assert_eq!(fs::read(&long).unwrap(), b"x");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_aside() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("taken");
        fs::create_dir_all(folder.join("inside")).unwrap();
        assert!(write(&folder, b"x").is_err());
        assert_eq!(entries(home.path()), ["taken"]);
        assert!(write(&home.path().join("gone/file"), b"x").is_err());
    }
}
