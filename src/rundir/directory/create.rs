//! Creating the directory of a new run, and removing it again if the run does not start.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::RunDirectory;
use crate::{
    files::folder::Folder,
    rundir::{Error, checkpoint, layout, lock::Lock},
};

impl RunDirectory {
    /// Creates `out`, or `runs/<date>-<name>-<id>`, with the folder of sample pictures. An existing `out` must be
    /// empty.
    ///
    /// # Errors
    /// If the directory is not empty, the path is not a directory or not UTF-8, or it cannot be written.
    pub fn create(out: Option<&Path>, name: &str) -> Result<Self, Error> {
        let (path, created) = match out {
            Some(out) => (out.to_owned(), create_or_accept(out)?),
            None => create_in_runs(name)?,
        };
        let failed = |source| Error::Write {
            path: path.clone(),
            source,
        };
        let laid_out = Folder::open(&path).map_err(failed).and_then(|folder| {
            let samples = folder.place(layout::SAMPLES);
            let created = samples.make_folder();
            created.map_err(|source| Error::Write {
                path: samples.path(),
                source,
            })?;
            Ok(folder)
        });
        let folder = laid_out.inspect_err(|_| remove_empty(&created))?;
        Ok(Self { folder, created })
    }

    /// Removes what was created for a run that did not start, so that the next attempt can use the same path. Files
    /// that the run did not create stay.
    pub fn clear(&self) {
        // Best effort: the error to report is the one that stopped the run from starting.
        let created = [
            self.preset(),
            self.log(),
            self.journal(),
            self.folder.place(layout::SOCKET),
            self.about(),
            self.folder.place(layout::LOCK),
        ];
        for place in created {
            let _ = place.remove();
        }
        checkpoint::clear(&self.checkpoints());
        let _ = self.folder.place(layout::SAMPLES).remove_folder();
        remove_empty(&self.created);
    }

    /// Empties a folder in which a process was killed before its run started. Leaves every other folder unchanged.
    ///
    /// # Errors
    /// If another process holds the lock, or a file cannot be removed.
    pub fn clear_unstarted(path: &Path) -> Result<(), Error> {
        let whole = fs::read_dir(path).map(|entries| entries.collect::<Result<Vec<_>, _>>());
        let Ok(Ok(entries)) = whole else {
            return Ok(());
        };
        let own = |entry: &fs::DirEntry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            matches!(&*name, layout::LOCK | layout::PRESET | layout::SAMPLES)
                || matches!(
                    layout::partial_of(&name),
                    Some(layout::PRESET | layout::ABOUT)
                )
        };
        if !entries
            .iter()
            .any(|entry| entry.file_name() == layout::LOCK)
            || !entries.iter().all(own)
        {
            return Ok(());
        }
        let folder = Folder::open(path).map_err(|source| Error::Write {
            path: path.to_owned(),
            source,
        })?;
        let lock = Lock::take(&folder)?;
        for entry in &entries {
            let place = folder.place(entry.file_name());
            let removed = if entry.file_name() == layout::SAMPLES {
                place.remove_folder()
            } else {
                place.remove()
            };
            removed.map_err(|source| Error::Write {
                path: place.path(),
                source,
            })?;
        }
        drop(lock);
        Ok(())
    }
}

/// Creates `out` with its parents, or accepts it if it is an empty directory. Returns the folders that were created.
fn create_or_accept(out: &Path) -> Result<Vec<PathBuf>, Error> {
    // Commands take the names of runs as text.
    if out.to_str().is_none() {
        return Err(Error::NotUtf8(out.to_owned()));
    }
    let write_error = |source| Error::Write {
        path: out.to_owned(),
        source,
    };
    match fs::read_dir(out) {
        Ok(mut entries) => match entries.next() {
            None => Ok(Vec::new()),
            Some(_) => Err(Error::NotEmpty(out.to_owned())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => match out.symlink_metadata() {
            Ok(_) => Err(write_error(io::Error::new(
                ErrorKind::NotFound,
                "it is a link that leads nowhere",
            ))),
            Err(_) => create_all(out).map_err(write_error),
        },
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(Error::NotADirectory(out.to_owned()))
        }
        Err(error) => Err(write_error(error)),
    }
}

/// Creates a folder of its own in `runs`. Returns its path and the folders that were created.
fn create_in_runs(name: &str) -> Result<(PathBuf, Vec<PathBuf>), Error> {
    let runs = Path::new(layout::RUNS);
    let write_error = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    let mut above = create_all(runs).map_err(write_error(runs))?;
    let date = jiff::Zoned::now().date();
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    loop {
        // The id only has to be unique: no result depends on it.
        let id = rand::random::<u32>() & 0xff_ffff;
        let path = runs.join(format!("{date}-{name}-{id:06x}"));
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // A run that did not start has removed `runs` again.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                above = create_all(runs).map_err(write_error(runs))?;
            }
            Err(error) => {
                remove_empty(&above);
                return Err(write_error(&path)(error));
            }
            Ok(()) => {
                above.insert(0, path.clone());
                return Ok((path, above));
            }
        }
    }
}

/// Creates a folder and its missing parents. Returns those that were created, the innermost first.
///
/// # Errors
/// If a folder cannot be created. The others are removed again.
fn create_all(path: &Path) -> io::Result<Vec<PathBuf>> {
    let missing = |at: &&Path| !at.as_os_str().is_empty() && fs::metadata(at).is_err();
    let missing = path.ancestors().take_while(missing);
    let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    fs::create_dir_all(path).inspect_err(|_| remove_empty(&missing))?;
    Ok(missing)
}

/// Removes the folders in `created` that are empty, the innermost first.
fn remove_empty(created: &[PathBuf]) {
    for path in created {
        // Best effort: a folder with other files stays, and so do its parents.
        let _ = fs::remove_dir(path);
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    use super::*;
    use crate::files::whole::tests::entries;

    #[test]
    fn a_directory_with_something_in_it_is_refused_and_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("thesis.tex"), "x").unwrap();
        let error = RunDirectory::create(Some(home.path()), "ring").unwrap_err();
        assert!(matches!(error, Error::NotEmpty(_)), "{error}");
        assert_eq!(entries(home.path()), ["thesis.tex"]);
    }

    #[test]
    fn new_and_empty_directories_are_taken() {
        let home = tempfile::tempdir().unwrap();
        for out in [home.path().join("a/b"), home.path().join("c")] {
            fs::create_dir_all(out.parent().unwrap()).unwrap();
            let run = RunDirectory::create(Some(&out), "ring").unwrap();
            assert_eq!(run.path(), out);
            let picture = run.picture(7).path();
            assert!(picture.ends_with("samples/step-000007.png"));
            assert_eq!(entries(&out), ["samples"]);
        }
    }

    #[test]
    fn a_run_that_did_not_start_leaves_no_trace() {
        let home = tempfile::tempdir().unwrap();
        let (new, empty) = (home.path().join("new"), home.path().join("empty"));
        fs::create_dir(&empty).unwrap();
        for out in [&new, &empty] {
            let run = RunDirectory::create(Some(out), "ring").unwrap();
            run.preset().write(b"()").unwrap();
            run.log().write(b"start").unwrap();
            run.clear();
            let again = RunDirectory::create(Some(out), "ring").unwrap();
            again.clear();
        }
        assert_eq!(entries(home.path()), ["empty"]);
        // A file of another program stays.
        let run = RunDirectory::create(Some(&new), "ring").unwrap();
        fs::write(new.join("samples/mine.png"), "x").unwrap();
        run.clear();
        assert_eq!(entries(&new.join("samples")), ["mine.png"]);
    }

    #[test]
    fn parent_folders_of_a_run_that_did_not_start_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let old = home.path().join("old");
        fs::create_dir(&old).unwrap();
        let run = RunDirectory::create(Some(&old.join("a/b/run")), "ring").unwrap();
        run.clear();
        assert!(
            entries(&old).is_empty(),
            "and the folder that was there stays"
        );
        let run = RunDirectory::create(Some(&old.join("a/b")), "ring").unwrap();
        fs::write(old.join("a/mine"), "x").unwrap();
        run.clear();
        assert_eq!(entries(&old.join("a")), ["mine"]);
        let too_long = home.path().join("c").join("n".repeat(256));
        assert!(RunDirectory::create(Some(&too_long), "ring").is_err());
        assert_eq!(entries(home.path()), ["old"]);
    }

    #[test]
    fn a_name_that_is_not_utf8_is_refused_before_anything_is_created() {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join(OsStr::from_bytes(b"r\xffun"));
        let error = RunDirectory::create(Some(&out), "ring").unwrap_err();
        assert!(error.to_string().contains("UTF-8"), "{error}");
        assert!(entries(home.path()).is_empty());
    }

    #[test]
    fn places_that_cannot_be_written_to_are_named() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "x").unwrap();
        let link = home.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        for (out, what) in [
            (link.clone(), "a link that leads nowhere"),
            (file.clone(), "not a directory"),
            (file.join("below"), "directory"),
            (PathBuf::from("/proc/run"), "cannot write"),
        ] {
            let message = RunDirectory::create(Some(&out), "ring")
                .unwrap_err()
                .to_string();
            assert!(message.contains(what), "{message}");
            assert!(message.contains(out.to_str().unwrap()), "{message}");
        }
    }
}
