//! Writing a user's file completely or not at all.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::ffi::OsStrExt,
    path::Path,
};

/// Bytes of the file's name that the name of the temporary file has: a process id still fits into the limit of 255.
const LONGEST_NAME: usize = 200;

/// Writes a file completely or not at all: to a temporary file in the same directory, synced, then renamed to `path`.
/// Returns the result of `write`.
///
/// # Errors
/// If `write` or the disk fails. An existing file at `path` is then unchanged, and the temporary file is removed.
pub(crate) fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> io::Result<T> {
    let result = write_and_rename(path, write)?;
    // Syncing the directory makes the rename durable. Best effort: some file systems cannot sync a directory.
    let directory = path.parent().unwrap_or(Path::new("."));
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(result)
}

fn write_and_rename<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> io::Result<T> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let name = name.as_bytes();
    let name = OsStr::from_bytes(&name[..name.len().min(LONGEST_NAME)]);
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}", std::process::id()));
    let temporary = directory.join(temporary);

    let written = (|| {
        let mut file = create_new(&temporary)?;
        let result = write(&mut file)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        Ok(result)
    })();
    if written.is_err() {
        // Best effort: the first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Creates a new file. Replaces what an earlier process with the same id left there; a link is not followed.
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
pub(crate) mod tests {
    use std::{io::Write, os::unix::fs::symlink};

    use super::*;

    fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        write_whole(path, |file| file.write_all(bytes))
    }

    /// The names in a folder, sorted.
    pub(crate) fn entries(path: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn writing_replaces_the_file_and_leaves_no_temporary_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("weights.safetensors");
        write(&path, &[1; 100]).unwrap();
        write(&path, &[2; 10]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [2; 10]);
        assert_eq!(entries(home.path()), ["weights.safetensors"]);
    }

    #[test]
    fn a_link_at_the_temporary_path_is_not_written_through() {
        let home = tempfile::tempdir().unwrap();
        let (path, other) = (home.path().join("file"), home.path().join("other"));
        fs::write(&other, "a thesis").unwrap();
        let temporary = home.path().join(format!(".file.{}", std::process::id()));
        symlink(&other, &temporary).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"a thesis");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(entries(home.path()), ["file", "other"]);
        let long = home.path().join("n".repeat(255));
        write(&long, b"x").unwrap();
        assert_eq!(fs::read(&long).unwrap(), b"x");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_temporary_file() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("taken");
        fs::create_dir_all(folder.join("inside")).unwrap();
        assert!(write(&folder, b"x").is_err());
        assert_eq!(entries(home.path()), ["taken"]);
        assert!(write(&home.path().join("gone/file"), b"x").is_err());
    }
}
