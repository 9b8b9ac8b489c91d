//! What runs could do without, and how it goes.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{Run, State};
use crate::{
    open,
    run::directory::{FILES, FOLDERS},
};

/// A half-written file younger than this may be somebody's who just writes it.
const FRESH: Duration = Duration::from_secs(60);

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
    File(PathBuf),
    /// The run as a whole.
    Run,
}

/// What is left alone although it was asked for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub run: PathBuf,
    pub why: String,
}

/// What of this run may go; nothing where a process is at it.
pub fn of(run: &Run, rules: &Rules, now: SystemTime) -> Vec<Item> {
    let young = rules.older_than.is_some_and(|least| {
        let since = run
            .written
            .and_then(|written| now.duration_since(written).ok());
        since.is_none_or(|since| since < least)
    });
    if run.state.is_alive() || young {
        return Vec::new();
    }
    let file = |path: PathBuf, bytes, why| Item {
        run: run.directory.clone(),
        what: What::File(path),
        why,
        bytes,
    };
    let worthless = matches!(run.state, State::Interrupted | State::Failed)
        && run.checkpoints.is_empty()
        && !run.directory.join("weights.safetensors").exists()
        && !["gifs", "screens"]
            .iter()
            .any(|name| run.directory.join(name).exists());
    if worthless && whole(run).is_ok() {
        return vec![Item {
            run: run.directory.clone(),
            what: What::Run,
            why: "it ended with neither checkpoint nor weights",
            bytes: run.bytes,
        }];
    }
    let mut items: Vec<Item> = asides(&run.directory, now)
        .into_iter()
        .map(|(path, bytes)| file(path, bytes, "half written by a process that is gone"))
        .collect();
    if run.state == State::Finished {
        let scheduled = run.checkpoints.iter().filter(|file| !file.marked);
        let beyond = scheduled.rev().skip(rules.keep);
        items.extend(beyond.map(|checkpoint| {
            let why = "a scheduled checkpoint of a finished run";
            file(checkpoint.path.clone(), checkpoint.bytes, why)
        }));
    }
    items
}

/// The run as a whole, where it may go.
///
/// # Errors
/// Why it may not: a process is at it, it has marks, or files that are none of this program's.
pub fn whole(run: &Run) -> Result<Item, Kept> {
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
    if run.directory.is_symlink() {
        return Err(kept("it is a link".to_owned()));
    }
    match contents(&run.directory) {
        Err(error) => Err(kept(format!("it cannot be read: {error}"))),
        Ok(Contents {
            foreign: Some(path),
            ..
        }) => Err(kept(format!(
            "{} is none of sn-tui's files",
            path.display()
        ))),
        Ok(_) => Ok(Item {
            run: run.directory.clone(),
            what: What::Run,
            why: "named",
            bytes: run.bytes,
        }),
    }
}

/// Files and folders of a run, as far as they are this program's.
#[derive(Debug, Default)]
struct Contents {
    files: Vec<PathBuf>,
    /// The deepest first.
    folders: Vec<PathBuf>,
    /// One that is not.
    foreign: Option<PathBuf>,
}

fn contents(directory: &Path) -> io::Result<Contents> {
    let mut contents = Contents::default();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let kind = entry.file_type()?;
        let folder = FOLDERS.iter().find(|(folder, _)| *folder == name);
        if let Some((_, ends)) = folder.filter(|_| kind.is_dir()) {
            inside(&path, ends, &mut contents)?;
            contents.folders.push(path);
        } else if !kind.is_dir()
            && !kind.is_symlink()
            && (FILES.contains(&&*name) || aside_of(&name).is_some_and(|of| FILES.contains(&of)))
        {
            contents.files.push(path);
        } else {
            contents.foreign = Some(path);
        }
    }
    Ok(contents)
}

fn inside(folder: &Path, ends: &[&str], contents: &mut Contents) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        match entry.file_type()?.is_file() && is_own(aside_of(&name).unwrap_or(&name), ends) {
            true => contents.files.push(entry.path()),
            false => contents.foreign = Some(entry.path()),
        }
    }
    Ok(())
}

/// Whether a file in a folder of a run has a name that this program gives.
fn is_own(name: &str, ends: &[&str]) -> bool {
    let Some(stem) = ends.iter().find_map(|end| name.strip_suffix(end)) else {
        return false;
    };
    let numbered = stem
        .strip_prefix("step-")
        .or_else(|| stem.strip_prefix("mark-"));
    let number =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'-') && !text.is_empty();
    matches!(stem, "final" | "latest") || numbered.is_some_and(number)
}

/// Half-written files with their sizes; those that may still be written are left out.
fn asides(directory: &Path, now: SystemTime) -> Vec<(PathBuf, u64)> {
    let folders = FOLDERS
        .iter()
        .map(|(name, ends)| (directory.join(name), Some(*ends)));
    let folders = folders.chain([(directory.to_owned(), None)]);
    let mut found = Vec::new();
    for (folder, ends) in folders {
        // A link would lead elsewhere.
        if folder.is_symlink() {
            continue;
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(of) = name.to_str().and_then(aside_of) else {
                continue;
            };
            let own = match ends {
                Some(ends) => is_own(of, ends),
                None => FILES.contains(&of),
            };
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let age = metadata
                .modified()
                .ok()
                .and_then(|time| now.duration_since(time).ok());
            if own && metadata.is_file() && age.is_some_and(|age| age > FRESH) {
                found.push((entry.path(), metadata.len()));
            }
        }
    }
    found.sort();
    found
}

/// The file that a half-written one would have become: `.NAME` or `.NAME.PROCESS`.
fn aside_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix('.')?;
    match rest.rsplit_once('.') {
        Some((of, process))
            if !process.is_empty() && process.bytes().all(|b| b.is_ascii_digit()) =>
        {
            Some(of)
        }
        _ => Some(rest),
    }
}

/// Takes an item away. The run's lock is held meanwhile, so that no process begins to write there.
///
/// # Errors
/// Why it is still there, in words.
pub fn remove(item: &Item) -> Result<(), String> {
    let lock = hold(&item.run)?;
    let failed =
        |path: &Path, error: io::Error| format!("cannot remove {}: {error}", path.display());
    match &item.what {
        What::File(path) => fs::remove_file(path).map_err(|error| failed(path, error)),
        What::Run => {
            let contents = contents(&item.run).map_err(|error| failed(&item.run, error))?;
            if let Some(path) = contents.foreign {
                return Err(format!("{} is none of sn-tui's files", path.display()));
            }
            // The lock goes last: as long as it is there, nobody else takes the place.
            let last = item.run.join("lock");
            let files = contents.files.iter().filter(|path| **path != last);
            for path in files {
                fs::remove_file(path).map_err(|error| failed(path, error))?;
            }
            for path in &contents.folders {
                fs::remove_dir(path).map_err(|error| failed(path, error))?;
            }
            match fs::remove_file(&last) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(&last, error));
                }
                _ => {}
            }
            drop(lock);
            fs::remove_dir(&item.run).map_err(|error| failed(&item.run, error))
        }
    }
}

/// Takes the lock of a run; an older one has none.
fn hold(run: &Path) -> Result<Option<File>, String> {
    let path = run.join("lock");
    let file = match open::own(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(|error| format!("cannot lock {}: {error}", path.display()))?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(_) => Err(format!("a process is at {}", run.display())),
    }
}

#[cfg(test)]
mod tests {
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

    fn done(home: &tempfile::TempDir) {
        let text = r#"{"steps":9,"stopped":"done"}"#;
        fs::write(home.path().join("summary.json"), text).unwrap();
    }

    /// Names of what may go; of a whole run, "".
    fn names(home: &tempfile::TempDir, rules: &Rules) -> Vec<String> {
        let items = of(&Run::open(home.path()), rules, SystemTime::now());
        let name = |item: &Item| match &item.what {
            What::File(path) => path
                .strip_prefix(home.path())
                .unwrap()
                .display()
                .to_string(),
            What::Run => String::new(),
        };
        items.iter().map(name).collect()
    }

    const CHECKPOINTS: [&str; 4] = [
        "checkpoints/step-000100.safetensors",
        "checkpoints/mark-000100.safetensors",
        "checkpoints/step-000200.safetensors",
        "checkpoints/step-000300.safetensors",
    ];

    #[test]
    fn of_a_finished_run_scheduled_checkpoints_go_but_the_last() {
        let home = run(&CHECKPOINTS);
        assert!(names(&home, &RULES).is_empty(), "it was interrupted");
        done(&home);
        assert_eq!(names(&home, &RULES), [CHECKPOINTS[2], CHECKPOINTS[0]]);
        let none = Rules { keep: 0, ..RULES };
        assert_eq!(names(&home, &none).len(), 3);
        // What was written just now is not old.
        let old = Rules {
            older_than: Some(OLD / 2),
            ..RULES
        };
        assert!(names(&home, &old).is_empty());
        for item in of(&Run::open(home.path()), &RULES, SystemTime::now()) {
            remove(&item).unwrap();
        }
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
        let items = of(&Run::open(inner.path()), &RULES, SystemTime::now());
        remove(&items[0]).unwrap();
        assert!(!inner.path().exists());
    }

    #[test]
    fn what_a_process_is_at_or_a_person_marked_stays() {
        let home = run(&["metrics.jsonl", "checkpoints/mark-000100.safetensors"]);
        let marked = whole(&Run::open(home.path())).unwrap_err();
        assert!(marked.why.contains("marked"), "{}", marked.why);
        fs::remove_file(home.path().join("checkpoints/mark-000100.safetensors")).unwrap();
        let item = whole(&Run::open(home.path())).unwrap();
        let lock = File::open(home.path().join("lock")).unwrap();
        lock.try_lock().unwrap();
        assert!(whole(&Run::open(home.path())).is_err() && names(&home, &RULES).is_empty());
        // Where it begins between the look and the deed as well.
        assert!(remove(&item).unwrap_err().contains("a process is at"));
        assert!(home.path().join("metrics.jsonl").exists());
        drop(lock);
        remove(&item).unwrap();
        assert!(!home.path().exists());
    }
}
