//! The directory of a run and how files get there.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, ErrorKind, Write},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use rustix::fs::FileType;

use super::{
    Error,
    folder::{Folder, Place},
    lock::{LOCK, Lock},
    numbered::Numbered,
    socket,
};

/// Where runs go that were given no directory.
pub(super) const RUNS: &str = "runs";
/// Folder of the sample pictures.
const SAMPLES: &str = "samples";
const GIFS: &str = "gifs";
const SCREENS: &str = "screens";
/// Bytes of a name that go into that of the file aside: a process number fits behind them.
const LONGEST_NAME: usize = 200;

/// Files of a run's directory itself that are read and written.
const FILES: [&str; 9] = [
    "run.json",
    "preset.ron",
    LOCK,
    "journal.jsonl",
    "metrics.jsonl",
    "summary.json",
    "samples.safetensors",
    "weights.safetensors",
    "sn-tui.log",
];
const FOLDERS: [&str; 4] = ["checkpoints", SAMPLES, GIFS, SCREENS];

/// A directory that belongs to one run, held open.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    folder: Folder,
    /// The folders that were made for this run, itself and those above it, the innermost first.
    made: Vec<PathBuf>,
}

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
            let samples = folder.place(SAMPLES);
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

    /// Where it was when it was opened.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Takes back what was laid out for a run that did not begin, so that the next try finds its place free. What the
    /// run did not make stays.
    pub fn clear(&self) {
        // Best effort: what keeps the run from beginning is the error to report.
        let made = [
            self.preset(),
            self.log(),
            self.journal(),
            self.folder.place(socket::NAME),
            self.about(),
            self.folder.place(LOCK),
        ];
        for place in made {
            let _ = place.remove();
        }
        let _ = self.folder.place(SAMPLES).remove_folder();
        take_back(&self.made);
    }

    /// Whether a run was begun in this folder, of which something is known.
    pub fn is_begun(path: &Path) -> bool {
        path.join("run.json").symlink_metadata().is_ok()
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
            matches!(&*name, "lock" | "preset.ron" | SAMPLES)
                || name.starts_with(".preset.ron.")
                || name.starts_with(".run.json.")
        };
        if !entries.iter().any(|entry| entry.file_name() == "lock") || !entries.iter().all(own) {
            return Ok(());
        }
        let folder = Folder::open(path).map_err(|source| Error::Write {
            path: path.to_owned(),
            source,
        })?;
        let lock = Lock::take(&folder)?;
        for entry in &entries {
            let place = folder.place(entry.file_name());
            let removed = match entry.file_name() == SAMPLES {
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

    /// The directory of a run that is there already.
    ///
    /// # Errors
    /// No directory, or one in which no run was begun.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let wrong = |path: PathBuf| {
            move |error: io::Error| Error::NotResumable {
                path,
                problem: error.to_string(),
            }
        };
        let not_a_run = || Error::NotARun(path.to_owned());
        let folder = Folder::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => not_a_run(),
            _ => wrong(path.to_owned())(error),
        })?;
        let directory = Self {
            folder,
            made: Vec::new(),
        };
        let preset = directory.preset();
        match preset.expect(FileType::RegularFile) {
            Ok(()) => Ok(directory),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(not_a_run()),
            Err(error) => Err(wrong(preset.path())(error)),
        }
    }

    /// Looks whether every file and folder of a run, where there is one, is what it should be, before anything is
    /// written.
    ///
    /// # Errors
    /// A link, a pipe, a device or a folder under the name of a file; anything but a folder under the name of one.
    pub fn check(&self) -> Result<(), Error> {
        let files = FILES.map(|name| (name, FileType::RegularFile));
        let folders = FOLDERS.map(|name| (name, FileType::Directory));
        for (name, wanted) in files.into_iter().chain(folders) {
            let place = self.folder.place(name);
            match place.expect(wanted) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::NotResumable {
                        path: place.path(),
                        problem: format!("{error}. Put the run's own back, or take this away"),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// `run.json`.
    pub fn about(&self) -> Place {
        self.folder.place("run.json")
    }

    /// `metrics.jsonl`.
    pub fn metrics(&self) -> Place {
        self.folder.place("metrics.jsonl")
    }

    /// `summary.json`.
    pub fn summary(&self) -> Place {
        self.folder.place("summary.json")
    }

    /// The folder of the checkpoints.
    pub fn checkpoints(&self) -> Place {
        self.folder.place("checkpoints")
    }

    /// `samples.safetensors`.
    pub fn latest_samples(&self) -> Place {
        self.folder.place("samples.safetensors")
    }

    /// `samples/step-NNNNNN.png`.
    pub fn picture(&self, step: u64) -> Place {
        self.folder.place(SAMPLES).join(of_step(step, 1, "png"))
    }

    /// `samples/final.png`.
    pub fn final_picture(&self) -> Place {
        self.folder.place(SAMPLES).join("final.png")
    }

    /// `journal.jsonl`.
    pub fn journal(&self) -> Place {
        self.folder.place("journal.jsonl")
    }

    /// `gifs/step-NNNNNN.gif`, or with a number behind it where there is one already.
    pub fn gif(&self, step: u64) -> Place {
        unused(&self.folder.place(GIFS), step, "gif")
    }

    /// `screens/step-NNNNNN.svg`, or with a number behind it where there is one already.
    pub fn screen(&self, step: u64) -> Place {
        unused(&self.folder.place(SCREENS), step, "svg")
    }

    pub fn weights(&self) -> Place {
        self.folder.place("weights.safetensors")
    }

    pub fn preset(&self) -> Place {
        self.folder.place("preset.ron")
    }

    pub fn log(&self) -> Place {
        self.folder.place("sn-tui.log")
    }
}

/// The name of a file that shows a step.
fn of_step(step: u64, number: u32, extension: &str) -> String {
    Numbered {
        prefix: "step",
        step,
        number,
        extension,
    }
    .to_string()
}

/// A name in this folder that nothing has, nor is being written under.
fn unused(folder: &Place, step: u64, extension: &str) -> Place {
    let name = |number: u32| of_step(step, number, extension);
    let free = |name: &String| {
        let taken = |name: &str| folder.join(name).is_taken();
        !taken(name) && !taken(&format!(".{name}"))
    };
    let mut names = (1..).map(name);
    folder.join(names.find(free).unwrap_or_else(|| name(1)))
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
    let runs = Path::new(RUNS);
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

/// Writes a whole file or nothing: aside in the same directory, synced, then renamed over `path`.
///
/// # Errors
/// The disk's; what stood at `path` stays, and nothing is left aside.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomically_with(path, |file| file.write_all(bytes))
}

/// The same of what `write` writes, whose result is given.
///
/// # Errors
/// Those of `write` and of [`write_atomically`].
pub fn write_atomically_with<T>(
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
mod tests {
    use super::*;

    fn entries(path: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

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
        use std::os::unix::ffi::OsStrExt;
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join(std::ffi::OsStr::from_bytes(b"r\xffun"));
        let error = RunDirectory::create(Some(&out), "ring").unwrap_err();
        assert!(error.to_string().contains("UTF-8"), "{error}");
        assert!(entries(home.path()).is_empty());
    }

    #[test]
    fn what_is_no_file_of_a_run_is_named_before_anything_is_written() {
        let home = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(Some(home.path()), "ring").unwrap();
        run.preset().write(b"()").unwrap();
        run.check().unwrap();
        for name in FILES.into_iter().chain(FOLDERS) {
            let (path, aside) = (home.path().join(name), home.path().join("aside"));
            let moved = fs::rename(&path, &aside).is_ok();
            std::os::unix::fs::symlink(&aside, &path).unwrap();
            let told = run.check().unwrap_err().to_string();
            assert!(told.contains(&format!("{name}: it is a link")), "{told}");
            fs::remove_file(&path).unwrap();
            if moved {
                fs::rename(&aside, &path).unwrap();
            }
        }
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

    #[test]
    fn writing_replaces_the_whole_file_and_leaves_nothing_aside() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("weights.safetensors");
        write_atomically(&path, &[1; 100]).unwrap();
        write_atomically(&path, &[2; 10]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [2; 10]);
        assert_eq!(entries(home.path()), ["weights.safetensors"]);
    }

    #[test]
    fn what_lies_where_a_file_is_written_aside_is_not_written_into() {
        let home = tempfile::tempdir().unwrap();
        let (path, other) = (home.path().join("file"), home.path().join("other"));
        fs::write(&other, "a thesis").unwrap();
        let aside = home.path().join(format!(".file.{}", std::process::id()));
        std::os::unix::fs::symlink(&other, &aside).unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"a thesis");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(entries(home.path()), ["file", "other"]);
        let long = home.path().join("n".repeat(255));
        write_atomically(&long, b"x").unwrap();
        assert_eq!(fs::read(&long).unwrap(), b"x");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_aside() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("taken");
        fs::create_dir_all(folder.join("inside")).unwrap();
        assert!(write_atomically(&folder, b"x").is_err());
        assert_eq!(entries(home.path()), ["taken"]);
        assert!(write_atomically(&home.path().join("gone/file"), b"x").is_err());
    }
}
