//! A folder with a run in which outputs are tried.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{CWD, FileType, Mode, OFlags, makedev, mknodat};
use tempfile::TempDir;

use crate::{cases::Case, folders, program::program};

/// The longest time that a command may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// The major and minor numbers of `/dev/null` and `/dev/full`.
pub const NULL: (u32, u32) = (1, 3);
pub const FULL: (u32, u32) = (1, 7);

/// A run, and empty folders beside it for outputs.
pub struct Home(TempDir);

/// A folder that is empty except for `out`, a link to the run.
pub struct Place(PathBuf);

impl Home {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let line = "run ring --steps 1 --set batch=8 --headless --quiet --out out";
        let words: Vec<&str> = line.split(' ').collect();
        let ended = program(home.path(), &words).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
        Self(home)
    }

    pub fn place(&self) -> Place {
        let number = fs::read_dir(self.0.path()).unwrap().count();
        let folder = self.0.path().join(number.to_string());
        fs::create_dir(&folder).unwrap();
        symlink("../out", folder.join("out")).unwrap();
        Place(folder)
    }
}

impl Place {
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The sorted names of a folder's entries here.
    pub fn names(&self) -> Vec<String> {
        let mut names = folders::names(&self.0);
        names.retain(|name| name != "out" && name != "samples.npy");
        names
    }

    pub fn start(&self, case: &Case, name: &str) -> Child {
        let mut command = program(&self.0, case.words);
        command.arg(name).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    pub fn execute(&self, case: &Case, name: &str) -> Output {
        self.start(case, name).wait_with_output().unwrap()
    }

    /// Runs the command, which must succeed.
    pub fn succeeds(&self, case: &Case, name: &str) -> Output {
        let said = self.execute(case, name);
        assert_eq!(
            said.status.code(),
            Some(0),
            "{}: {said:?}",
            case.words.join(" ")
        );
        said
    }

    /// Runs the command, which must end with exit code 1 and these words.
    pub fn fails(&self, case: &Case, name: &str, words: &[&str]) {
        let said = self.execute(case, name);
        let text = String::from_utf8_lossy(&said.stderr);
        assert_eq!(
            said.status.code(),
            Some(1),
            "{}: {text}",
            case.words.join(" ")
        );
        for words in words {
            assert!(text.contains(words), "{}: {text}", case.words.join(" "));
        }
    }

    /// Checks that the path is one complete file.
    pub fn assert_whole_file(&self, case: &Case, name: &str) {
        let path = self.path(name);
        let words = case.words.join(" ");
        assert!(path.symlink_metadata().unwrap().is_file(), "{words}");
        assert!(case.is_whole(&fs::read(&path).unwrap()), "{words}");
    }

    pub fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        path
    }

    /// A device node in this folder; `None` if such nodes cannot be created or opened here.
    pub fn device(&self, name: &str, (major, minor): (u32, u32)) -> Option<PathBuf> {
        let path = self.path(name);
        let (kind, mode) = (FileType::CharacterDevice, Mode::from_raw_mode(0o666));
        mknodat(CWD, &path, kind, mode, makedev(major, minor)).ok()?;
        File::options().write(true).open(&path).ok()?;
        Some(path)
    }
}

/// Everything that a program writes into a pipe. The pipe is held open, so that neither side blocks for ever.
pub fn read_through(pipe: &Path, mut child: Child) -> (Vec<u8>, Output) {
    let flags = OFlags::NONBLOCK.bits() as i32;
    let mut options = File::options();
    let options = options.read(true).write(true).custom_flags(flags);
    let mut reader = options.open(pipe).unwrap();
    let begun = Instant::now();
    let mut bytes = Vec::new();
    loop {
        let ended = child.try_wait().unwrap().is_some();
        match reader.read_to_end(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => panic!("{read:?}"),
        }
        if ended {
            return (bytes, child.wait_with_output().unwrap());
        }
        assert!(begun.elapsed() < PATIENCE, "it hangs");
        thread::sleep(Duration::from_millis(5));
    }
}

pub fn is_fifo(path: &Path) -> bool {
    path.symlink_metadata().unwrap().file_type().is_fifo()
}

pub fn is_device(path: &Path, (major, minor): (u32, u32)) -> bool {
    let there = path.symlink_metadata().unwrap();
    there.file_type().is_char_device() && there.rdev() == makedev(major, minor)
}
