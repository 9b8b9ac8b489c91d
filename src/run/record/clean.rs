//! What runs could do without, and how it goes.

mod contents;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Component, Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::FileType;

use super::{Run, State};
use crate::run::{folder::Folder, layout};
use contents::{Contents, Step, asides, contents};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// The run as a whole.
    Whole,
    /// What it could do without.
    Beyond(Rules),
}

/// What may go.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Scheduled checkpoints that a finished run keeps.
    pub keep: usize,
    /// Only of runs that nothing was written to for so long.
    pub older_than: Option<Duration>,
}

/// Something that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The run that it belongs to.
    pub run: PathBuf,
    pub what: What,
    pub why: &'static str,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A file in the run.
    File(Step),
    /// The run as a whole.
    Run,
}

impl Item {
    pub fn path(&self) -> PathBuf {
        match &self.what {
            What::File(file) => self.run.join(file.path()),
            What::Run => self.run.clone(),
        }
    }
}

/// Something with what became of it: why it is still there, in words.
pub type Removed = (Item, Result<(), String>);

/// What is left alone although it was asked for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub run: PathBuf,
    pub why: String,
}

/// What of a run may go; nothing of one that a process is at, where it was not named.
///
/// # Errors
/// Why a run that was named may not go: a process is at it, it has marks, it is a link, or there are files in it that
/// are none of this program's.
pub fn look(directory: &Path, asked: &Asked, now: SystemTime) -> Result<Vec<Item>, Kept> {
    let kept = |why: String| Kept {
        run: directory.to_owned(),
        why,
    };
    let run = itself(directory).map_err(|error| kept(format!("it cannot be read: {error}")))?;
    if run.is_symlink() {
        return Err(kept("it is a link: name what it leads to".to_owned()));
    }
    let folder = Folder::open_itself(&run);
    let folder = folder.map_err(|error| kept(format!("it cannot be read: {error}")))?;
    let run = Run::open(&run);
    match asked {
        Asked::Whole => whole(&run, &folder).map(|item| vec![item]),
        Asked::Beyond(rules) => Ok(beyond(&run, &folder, rules, now)),
    }
}

/// The same, and takes it away: it is looked at and removed while no process can begin to write there.
///
/// # Errors
/// Those of [`look`]. What could not be removed says why.
pub fn remove(directory: &Path, asked: &Asked, now: SystemTime) -> Result<Vec<Removed>, Kept> {
    let held = Held::take(directory);
    let items = look(directory, asked, now)?;
    let removed = items.into_iter().map(|item| {
        let held = held.as_ref().map_err(Clone::clone);
        let result = held.and_then(|held| held.remove(&item));
        (item, result)
    });
    Ok(removed.collect())
}

/// The path of a directory itself, with no slash or dot at its end: behind one a link would be followed.
fn itself(directory: &Path) -> io::Result<PathBuf> {
    match directory.components().next_back() {
        Some(Component::Normal(_)) => Ok(directory.components().collect()),
        _ => directory.canonicalize(),
    }
}

fn beyond(run: &Run, folder: &Folder, rules: &Rules, now: SystemTime) -> Vec<Item> {
    let young = rules.older_than.is_some_and(|least| {
        let since = run
            .written
            .and_then(|written| now.duration_since(written).ok());
        since.is_none_or(|since| since < least)
    });
    if run.state.is_alive() || young {
        return Vec::new();
    }
    let worthless = matches!(run.state, State::Interrupted | State::Failed)
        && run.checkpoints.is_empty()
        && [layout::WEIGHTS, layout::GIFS, layout::SCREENS]
            .iter()
            .all(|name| run.directory.join(name).symlink_metadata().is_err());
    if let Some(item) = whole(run, folder).ok().filter(|_| worthless) {
        let why = "it ended with neither checkpoint nor weights";
        return vec![Item { why, ..item }];
    }
    let item = |file: Step, bytes, why| Item {
        run: run.directory.clone(),
        what: What::File(file),
        why,
        bytes,
    };
    let mut items: Vec<Item> = asides(folder, now)
        .into_iter()
        .map(|(file, bytes)| item(file, bytes, "half written by a process that is gone"))
        .collect();
    // Where the folder is a link, its files are another place's.
    let checkpoints = folder.place(layout::CHECKPOINTS);
    if run.state == State::Finished && checkpoints.must_be(FileType::Directory).is_ok() {
        let scheduled = run.checkpoints.iter().filter(|file| !file.marked);
        let old = scheduled.rev().skip(rules.keep);
        items.extend(old.filter_map(|checkpoint| {
            let file = Step {
                folder: Some(layout::CHECKPOINTS),
                name: checkpoint.path.file_name()?.to_owned(),
                is_folder: false,
            };
            let why = "a scheduled checkpoint of a finished run";
            Some(item(file, checkpoint.bytes, why))
        }));
    }
    items
}

fn whole(run: &Run, folder: &Folder) -> Result<Item, Kept> {
    let kept = |why: String| Kept {
        run: run.directory.clone(),
        why,
    };
    if run.state.is_alive() {
        return Err(kept(format!("a process is at it ({})", run.state.name())));
    }
    if run.checkpoints.iter().any(|file| file.marked) {
        return Err(kept(
            "a person marked a state of it: remove checkpoints/mark-* first".to_owned(),
        ));
    }
    match contents(folder) {
        Err(error) => Err(kept(format!("it cannot be read: {error}"))),
        Ok(Contents::Foreign(path)) => {
            let path = run.directory.join(path);
            Err(kept(format!(
                "{} is none of sn-tui's files",
                path.display()
            )))
        }
        Ok(Contents::Own(_)) => Ok(Item {
            run: run.directory.clone(),
            what: What::Run,
            why: "named",
            bytes: run.bytes,
        }),
    }
}

/// A run to which no process can begin to write.
struct Held {
    folder: Folder,
    /// Shared, so that whoever asks for the run's state sees no process at it. An older run has none.
    _lock: Option<File>,
}

impl Held {
    /// # Errors
    /// Why it cannot be had, in words.
    fn take(directory: &Path) -> Result<Self, String> {
        let path = directory.display();
        let folder = itself(directory).and_then(|directory| Folder::open_itself(&directory));
        let folder = folder.map_err(|error| format!("cannot open {path}: {error}"))?;
        let lock = match folder.place(layout::LOCK).open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            file => Some(file.map_err(|error| format!("cannot lock {path}: {error}"))?),
        };
        match lock.as_ref().map(File::try_lock_shared) {
            None | Some(Ok(())) => Ok(Self {
                folder,
                _lock: lock,
            }),
            Some(Err(TryLockError::WouldBlock)) => Err(format!("a process is at {path}")),
            Some(Err(TryLockError::Error(error))) => Err(format!(
                "cannot lock {path}, so that a process may be at it: {error}"
            )),
        }
    }

    /// # Errors
    /// Why it is still there, in words.
    fn remove(&self, item: &Item) -> Result<(), String> {
        let failed = |path: PathBuf, error: io::Error| {
            format!("cannot remove {}: {error}", item.run.join(path).display())
        };
        let take = |step: &Step| {
            let place = self.folder.place(step.path());
            let removed = match step.is_folder {
                true => place.remove_folder(),
                false => place.remove(),
            };
            removed.map_err(|error| failed(step.path(), error))
        };
        match &item.what {
            What::File(file) => take(file),
            What::Run => {
                let steps = match contents(&self.folder) {
                    Err(error) => return Err(failed(PathBuf::new(), error)),
                    Ok(Contents::Foreign(path)) => {
                        let path = item.run.join(path);
                        return Err(format!("{} is none of sn-tui's files", path.display()));
                    }
                    Ok(Contents::Own(steps)) => steps,
                };
                steps.iter().try_for_each(take)?;
                fs::remove_dir(&item.run).map_err(|error| failed(PathBuf::new(), error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const OLD: Duration = Duration::from_secs(10 * 86_400);
    const RULES: Rules = Rules {
        keep: 1,
        older_than: None,
    };

    fn run(files: &[&str]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for name in ["preset.ron", "lock"].iter().chain(files) {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - OLD).unwrap();
        }
        home
    }

    /// The folder as whoever writes there has it.
    fn owner(home: &tempfile::TempDir) -> Folder {
        Folder::open(home.path()).unwrap()
    }

    fn done(home: &tempfile::TempDir) {
        let text = r#"{"steps":9,"stopped":"done"}"#;
        fs::write(home.path().join("summary.json"), text).unwrap();
    }

    fn beyond(directory: &Path, rules: &Rules) -> Vec<Item> {
        look(directory, &Asked::Beyond(*rules), SystemTime::now()).unwrap()
    }

    /// Names of what may go; of a whole run, "".
    fn names(home: &tempfile::TempDir, rules: &Rules) -> Vec<String> {
        let items = beyond(home.path(), rules);
        let name = |item: &Item| match &item.what {
            What::File(file) => file.path().display().to_string(),
            What::Run => String::new(),
        };
        items.iter().map(name).collect()
    }

    fn removed(directory: &Path, asked: &Asked) -> Vec<PathBuf> {
        let results = remove(directory, asked, SystemTime::now()).unwrap();
        let gone = |(item, result): Removed| {
            result.unwrap();
            item.path()
        };
        results.into_iter().map(gone).collect()
    }

    fn why(directory: &Path) -> String {
        let kept = remove(directory, &Asked::Whole, SystemTime::now());
        kept.unwrap_err().why
    }

    const FILES: [&str; 4] = [
        "checkpoints/step-000100.safetensors",
        "checkpoints/mark-000100.safetensors",
        "checkpoints/step-000200.safetensors",
        "checkpoints/step-000300.safetensors",
    ];

    #[test]
    fn of_a_finished_run_scheduled_checkpoints_go_but_the_last() {
        let home = run(&FILES);
        assert!(names(&home, &RULES).is_empty(), "it was interrupted");
        done(&home);
        assert_eq!(names(&home, &RULES), [FILES[2], FILES[0]]);
        let none = Rules { keep: 0, ..RULES };
        assert_eq!(names(&home, &none).len(), 3);
        // What was written just now is not old.
        let old = Rules {
            older_than: Some(OLD / 2),
            ..RULES
        };
        assert!(names(&home, &old).is_empty());
        removed(home.path(), &Asked::Beyond(RULES));
        let left = fs::read_dir(home.path().join("checkpoints"))
            .unwrap()
            .count();
        assert_eq!(left, 2);
    }

    #[test]
    fn half_written_files_go_when_they_are_nobodys() {
        let asides = [
            ".preset.ron.123",
            ".samples.safetensors.9",
            "checkpoints/.step-000300.safetensors.77",
            "gifs/.step-000001.gif",
        ];
        let home = run(&[
            &asides[..],
            &["weights.safetensors", ".mine.ron.5", "samples/.hidden"],
        ]
        .concat());
        let mut found = names(&home, &RULES);
        found.sort();
        assert_eq!(found, asides);
        fs::write(home.path().join(asides[1]), "new").unwrap();
        assert_eq!(names(&home, &RULES).len(), 3, "one is being written");
    }

    #[test]
    fn a_run_that_came_to_nothing_goes_as_a_whole() {
        let home = run(&["metrics.jsonl", "samples/step-000100.png", ".run.json.7"]);
        let path = home.path().join("run");
        fs::create_dir(&path).unwrap();
        let inner = run(&["metrics.jsonl", "samples/step-000100.png", "sn-tui.log"]);
        assert_eq!(names(&inner, &RULES), [""]);
        for (name, what) in [
            ("thesis.tex", "a file of somebody's"),
            ("gifs/step-000001.gif", "a film that a person took"),
            ("samples/best.png", "a picture of somebody's"),
        ] {
            let path = inner.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            assert!(names(&inner, &RULES).is_empty(), "{what}");
            fs::remove_file(&path).unwrap();
            let _ = fs::remove_dir(inner.path().join("gifs"));
        }
        removed(inner.path(), &Asked::Beyond(RULES));
        assert!(!inner.path().exists());
    }

    #[test]
    fn what_a_process_is_at_or_a_person_marked_stays() {
        for mark in ["mark-000100.safetensors", "mark-000100-2.safetensors"] {
            let home = run(&["metrics.jsonl"]);
            let mark = home.path().join("checkpoints").join(mark);
            fs::create_dir(mark.parent().unwrap()).unwrap();
            fs::write(&mark, "x").unwrap();
            assert!(why(home.path()).contains("marked"));
            assert!(names(&home, &RULES).is_empty());
            fs::remove_file(mark).unwrap();
            let lock = File::open(home.path().join("lock")).unwrap();
            lock.try_lock().unwrap();
            assert!(why(home.path()).contains("a process is at it"));
            assert!(names(&home, &RULES).is_empty());
            assert!(home.path().join("metrics.jsonl").exists());
            drop(lock);
            removed(home.path(), &Asked::Whole);
            assert!(!home.path().exists());
        }
    }

    #[test]
    fn nobody_begins_to_write_while_it_is_looked_at_and_removed() {
        let home = run(&["metrics.jsonl"]);
        let held = Held::take(home.path()).unwrap();
        let taken = crate::run::lock::Lock::take(&owner(&home)).unwrap_err();
        assert!(taken.to_string().contains("process"), "{taken}");
        assert_eq!(
            names(&home, &RULES),
            [""],
            "its own hold is no process at it"
        );
        drop(held);
        assert!(crate::run::lock::Lock::take(&owner(&home)).is_ok());
    }

    #[test]
    fn no_way_of_writing_a_link_leads_behind_it() {
        let home = tempfile::tempdir().unwrap();
        let inner = run(&["metrics.jsonl"]);
        let link = home.path().join("link");
        symlink(inner.path(), &link).unwrap();
        for end in ["", "/", "//", "/.", "/./"] {
            let path = PathBuf::from(format!("{}{end}", link.display()));
            assert!(why(&path).contains("it is a link"), "{end}");
            assert!(look(&path, &Asked::Beyond(RULES), SystemTime::now()).is_err());
        }
        assert_eq!(fs::read_dir(inner.path()).unwrap().count(), 3);
        // A folder itself may be named so.
        removed(&inner.path().join("."), &Asked::Whole);
        assert!(!inner.path().exists());
        let inner = run(&["samples/final.png"]);
        removed(&inner.path().join("samples/.."), &Asked::Whole);
        assert!(!inner.path().exists());
    }

    #[test]
    fn a_folder_of_a_run_that_is_a_link_leads_nowhere() {
        let outside = tempfile::tempdir().unwrap();
        for (folder, file) in [
            ("checkpoints", "step-000100.safetensors"),
            ("checkpoints", "step-000200.safetensors"),
            ("checkpoints", ".step-000300.safetensors.7"),
            ("samples", ".step-000100.png.7"),
            ("gifs", ".step-000100.gif"),
            ("screens", ".step-000100.svg.7"),
        ] {
            let path = outside.path().join(folder).join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - OLD).unwrap();
        }
        let none = Rules { keep: 0, ..RULES };
        for folder in ["checkpoints", "samples", "gifs", "screens"] {
            let home = run(&["weights.safetensors"]);
            done(&home);
            symlink(outside.path().join(folder), home.path().join(folder)).unwrap();
            assert!(names(&home, &none).is_empty(), "{folder}");
            removed(home.path(), &Asked::Beyond(none));
            assert!(why(home.path()).contains("none of sn-tui's files"));
        }
        let left = |folder: &str| fs::read_dir(outside.path().join(folder)).unwrap().count();
        assert_eq!((left("checkpoints"), left("samples")), (3, 1));
    }

    /// The folder may be put in the place between the look and the deed.
    #[test]
    fn what_is_removed_is_removed_in_the_folder_that_was_seen() {
        let (home, outside) = (run(&FILES), run(&FILES));
        done(&home);
        let items = beyond(home.path(), &RULES);
        let held = Held::take(home.path()).unwrap();
        let folder = home.path().join("checkpoints");
        fs::rename(&folder, home.path().join("away")).unwrap();
        symlink(outside.path().join("checkpoints"), &folder).unwrap();
        assert!(
            held.remove(&items[0])
                .unwrap_err()
                .contains("cannot remove")
        );
        assert!(outside.path().join(FILES[2]).exists());
    }

    #[test]
    fn only_plain_files_of_a_run_are_its_own() {
        for name in ["metrics.jsonl", "lock", "run.json", "samples/final.png"] {
            let home = run(&["samples/step-000100.png"]);
            let path = home.path().join(name);
            let _ = fs::remove_file(&path);
            let mode = rustix::fs::Mode::from_raw_mode(0o600);
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
            assert!(
                why(home.path()).contains("none of sn-tui's files"),
                "{name}"
            );
            assert!(path.exists() && names(&home, &RULES).is_empty());
        }
    }

    /// As if it were killed after each file in turn.
    #[test]
    fn what_is_half_removed_is_still_a_run_and_can_be_removed() {
        let files = [
            "run.json",
            "summary.json",
            "metrics.jsonl",
            "journal.jsonl",
            "weights.safetensors",
            "samples/final.png",
            "checkpoints/step-000100.safetensors",
        ];
        for killed_after in 0.. {
            let home = run(&files);
            done(&home);
            let folder = Folder::open(home.path()).unwrap();
            let Ok(Contents::Own(steps)) = contents(&folder) else {
                panic!("something is foreign");
            };
            let last: Vec<PathBuf> = steps.iter().rev().take(3).map(Step::path).collect();
            assert_eq!(last, ["lock", "preset.ron", "run.json"].map(PathBuf::from));
            let done = &steps[..killed_after];
            for step in done {
                let path = home.path().join(step.path());
                match step.is_folder {
                    true => fs::remove_dir(path).unwrap(),
                    false => fs::remove_file(path).unwrap(),
                }
            }
            if done.iter().any(|step| step.name == "preset.ron") {
                break;
            }
            assert!(crate::run::record::is_run(home.path()));
            let run = Run::open(home.path());
            assert!(killed_after == 0 || run.state == State::Interrupted);
            removed(home.path(), &Asked::Whole);
            assert!(!home.path().exists());
        }
    }
}
