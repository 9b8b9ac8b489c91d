//! Making room for a run that begins, and taking it back where it did not begin.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::RunDirectory;
use crate::{
    files::folder::Folder,
    rundir::{Error, layout, lock::Lock},
};

impl RunDirectory {
    /// Takes `out`, or makes `runs/<date>-<name>-<id>`, and lays out its folders.
    ///
    /// # Errors
    /// A directory with something in it, a path that is something else or no text, a place that cannot be written to.
    pub fn create(out: Option<&Path>, name: &str) -> Result<Self, Error> {
        let (path, made) = match out {
            Some(out) => (out.to_owned(), take(out)?),
            None => fresh(name)?,
        };
        let failed = |source| Error::Write {
            path: path.clone(),
            source,
        };
        let laid_out = Folder::open(&path).map_err(failed).and_then(|folder| {
            let samples = folder.place(layout::SAMPLES);
            let made = samples.make_folder();
            made.map_err(|source| Error::Write {
                path: samples.path(),
                source,
            })?;
            Ok(folder)
        });
        let folder = laid_out.inspect_err(|_| take_back(&made))?;
        Ok(Self { folder, made })
    }

    /// Takes back what was laid out for a run that did not begin, so that the next try finds its place free. What the
    /// run did not make stays.
    pub fn clear(&self) {
        // Best effort: what keeps the run from beginning is the error to report.
        let made = [
            self.preset(),
            self.log(),
            self.journal(),
            self.folder.place(layout::SOCKET),
            self.about(),
            self.folder.place(layout::LOCK),
        ];
        for place in made {
            let _ = place.remove();
        }
        let _ = self.folder.place(layout::SAMPLES).remove_folder();
        take_back(&self.made);
    }

    /// Makes a folder empty in which a process was killed before it could begin its run; leaves every other one as it is.
    ///
    /// # Errors
    /// A process is at it; what cannot be removed.
    pub fn clear_unbegun(path: &Path) -> Result<(), Error> {
        let whole = fs::read_dir(path).map(|entries| entries.collect::<Result<Vec<_>, _>>());
        let Ok(Ok(entries)) = whole else {
            return Ok(());
        };
        let own = |entry: &fs::DirEntry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            matches!(&*name, layout::LOCK | layout::PRESET | layout::SAMPLES)
                || matches!(
                    layout::aside_of(&name),
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
            let removed = match entry.file_name() == layout::SAMPLES {
                true => place.remove_folder(),
                false => place.remove(),
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

/// Makes `out` with its parents, or takes it where it is an empty directory; gives the folders that were made.
fn take(out: &Path) -> Result<Vec<PathBuf>, Error> {
    // Every command takes the names of runs as text.
    if out.to_str().is_none() {
        return Err(Error::NoText(out.to_owned()));
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
            Err(_) => make(out).map_err(write_error),
        },
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(Error::NotADirectory(out.to_owned()))
        }
        Err(error) => Err(write_error(error)),
    }
}

/// Makes a folder of its own in `runs`; gives it, and the folders that were made.
fn fresh(name: &str) -> Result<(PathBuf, Vec<PathBuf>), Error> {
    let runs = Path::new(layout::RUNS);
    let write_error = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    let mut above = make(runs).map_err(write_error(runs))?;
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
        // The id tells runs apart; it is no part of their results.
        let id = rand::random::<u32>() & 0xff_ffff;
        let path = runs.join(format!("{date}-{name}-{id:06x}"));
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // Another run that did not begin had made it.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                above = make(runs).map_err(write_error(runs))?;
            }
            Err(error) => {
                take_back(&above);
                return Err(write_error(&path)(error));
            }
            Ok(()) => {
                above.insert(0, path.clone());
                return Ok((path, above));
            }
        }
    }
}

/// Makes a folder and those above it that are missing; gives those that were made, the innermost first.
///
/// # Errors
/// The disk's; then none is left.
fn make(path: &Path) -> io::Result<Vec<PathBuf>> {
    let missing = |at: &&Path| !at.as_os_str().is_empty() && fs::metadata(at).is_err();
    let missing = path.ancestors().take_while(missing);
    let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    fs::create_dir_all(path).inspect_err(|_| take_back(&missing))?;
    Ok(missing)
}

/// Removes folders that were made, the innermost first, as far as nothing is in them.
fn take_back(made: &[PathBuf]) {
    for path in made {
        // Best effort: what somebody else has put there stays, and so does what is above it.
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
    fn what_did_not_begin_leaves_no_trace() {
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
        // What somebody else put there meanwhile is not the run's to take away.
        let run = RunDirectory::create(Some(&new), "ring").unwrap();
        fs::write(new.join("samples/mine.png"), "x").unwrap();
        run.clear();
        assert_eq!(entries(&new.join("samples")), ["mine.png"]);
    }

    #[test]
    fn folders_above_a_run_that_did_not_begin_go_with_it() {
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
    fn a_name_that_is_no_text_is_refused_before_anything_is_made() {
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
