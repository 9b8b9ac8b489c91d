use std::{
    fs::{self, File},
    os::unix::fs::symlink,
};

use super::removal::{LockedRun, Removed};
use crate::rundir::record::clean::*;

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

/// The folder as a writing process opens it.
fn owner(home: &tempfile::TempDir) -> Folder {
    Folder::open(home.path()).unwrap()
}

fn done(home: &tempfile::TempDir) {
    let text = r#"{"steps":9,"stopped":"done"}"#;
    fs::write(home.path().join("summary.json"), text).unwrap();
}

fn unneeded(directory: &Path, rules: &Rules) -> Vec<Item> {
    select(directory, &Scope::Unneeded(*rules), SystemTime::now()).unwrap()
}

/// Relative paths of what may be removed; empty for a whole run.
fn names(home: &tempfile::TempDir, rules: &Rules) -> Vec<String> {
    let items = unneeded(home.path(), rules);
    let name = |item: &Item| match &item.target {
        Target::File(file) => file.path().display().to_string(),
        Target::Run => String::new(),
    };
    items.iter().map(name).collect()
}

fn removed(directory: &Path, scope: &Scope) -> Vec<PathBuf> {
    let results = remove(directory, scope, SystemTime::now()).unwrap();
    let gone = |(item, result): Removed| {
        result.unwrap();
        item.path()
    };
    results.into_iter().map(gone).collect()
}

fn why(directory: &Path) -> String {
    let not_removable = remove(directory, &Scope::WholeRun, SystemTime::now());
    not_removable.unwrap_err().why.to_string()
}

const FILES: [&str; 4] = [
    "checkpoints/step-000100.safetensors",
    "checkpoints/mark-000100.safetensors",
    "checkpoints/step-000200.safetensors",
    "checkpoints/step-000300.safetensors",
];

#[test]
fn a_finished_run_keeps_only_its_last_scheduled_checkpoints() {
    let home = run(&FILES);
    assert!(names(&home, &RULES).is_empty(), "it was interrupted");
    done(&home);
    assert_eq!(names(&home, &RULES), [FILES[2], FILES[0]]);
    let none = Rules { keep: 0, ..RULES };
    assert_eq!(names(&home, &none).len(), 3);
    // The summary was written just now.
    let old = Rules {
        older_than: Some(OLD / 2),
        ..RULES
    };
    assert!(names(&home, &old).is_empty());
    removed(home.path(), &Scope::Unneeded(RULES));
    let left = fs::read_dir(home.path().join("checkpoints"))
        .unwrap()
        .count();
    assert_eq!(left, 2);
}

#[test]
fn old_partial_files_are_removed() {
    let partial_files = [
        ".preset.ron.123",
        ".samples.safetensors.9",
        "checkpoints/.step-000300.safetensors.77",
        "gifs/.step-000001.gif",
    ];
    let home = run(&[
        &partial_files[..],
        &["weights.safetensors", ".mine.ron.5", "samples/.hidden"],
    ]
    .concat());
    let mut found = names(&home, &RULES);
    found.sort();
    assert_eq!(found, partial_files);
    fs::write(home.path().join(partial_files[1]), "new").unwrap();
    assert_eq!(names(&home, &RULES).len(), 3, "one is being written");
}

#[test]
fn a_run_without_results_is_removed_as_a_whole() {
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
    removed(inner.path(), &Scope::Unneeded(RULES));
    assert!(!inner.path().exists());
}

#[test]
fn running_and_marked_runs_stay() {
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
        assert!(why(home.path()).contains("a process uses it"));
        assert!(names(&home, &RULES).is_empty());
        assert!(home.path().join("metrics.jsonl").exists());
        drop(lock);
        removed(home.path(), &Scope::WholeRun);
        assert!(!home.path().exists());
    }
}

#[test]
fn no_process_starts_writing_during_removal() {
    let home = run(&["metrics.jsonl"]);
    let run = LockedRun::take(home.path()).unwrap();
    let taken = crate::rundir::lock::Lock::take(&owner(&home)).unwrap_err();
    assert!(taken.to_string().contains("process"), "{taken}");
    assert_eq!(names(&home, &RULES), [""], "its own lock does not count");
    drop(run);
    assert!(crate::rundir::lock::Lock::take(&owner(&home)).is_ok());
}

#[test]
fn links_are_not_followed_however_they_are_written() {
    let home = tempfile::tempdir().unwrap();
    let inner = run(&["metrics.jsonl"]);
    let link = home.path().join("link");
    symlink(inner.path(), &link).unwrap();
    for end in ["", "/", "//", "/.", "/./"] {
        let path = PathBuf::from(format!("{}{end}", link.display()));
        assert!(why(&path).contains("it is a link"), "{end}");
        assert!(select(&path, &Scope::Unneeded(RULES), SystemTime::now()).is_err());
    }
    assert_eq!(fs::read_dir(inner.path()).unwrap().count(), 3);
    // A directory may be given like this.
    removed(&inner.path().join("."), &Scope::WholeRun);
    assert!(!inner.path().exists());
    let inner = run(&["samples/final.png"]);
    removed(&inner.path().join("samples/.."), &Scope::WholeRun);
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
        removed(home.path(), &Scope::Unneeded(none));
        assert!(why(home.path()).contains("not one of sn-tui's files"));
    }
    let left = |folder: &str| fs::read_dir(outside.path().join(folder)).unwrap().count();
    assert_eq!((left("checkpoints"), left("samples")), (3, 1));
}

/// The folder may be replaced by a link between selection and removal.
#[test]
fn files_are_removed_in_the_folder_that_was_examined() {
    let (home, outside) = (run(&FILES), run(&FILES));
    done(&home);
    let items = unneeded(home.path(), &RULES);
    let run = LockedRun::take(home.path()).unwrap();
    let folder = home.path().join("checkpoints");
    fs::rename(&folder, home.path().join("away")).unwrap();
    symlink(outside.path().join("checkpoints"), &folder).unwrap();
    let told = run.remove(&items[0]).unwrap_err().to_string();
    assert!(told.contains("cannot remove"), "{told}");
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
            why(home.path()).contains("not one of sn-tui's files"),
            "{name}"
        );
        assert!(path.exists() && names(&home, &RULES).is_empty());
    }
}

/// Stops the removal after each file in turn.
#[test]
fn a_partly_removed_run_can_still_be_removed() {
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
        let last: Vec<PathBuf> = steps.iter().rev().take(3).map(EntryPath::path).collect();
        assert_eq!(last, ["lock", "preset.ron", "run.json"].map(PathBuf::from));
        let done = &steps[..killed_after];
        for step in done {
            let path = home.path().join(step.path());
            if step.is_folder {
                fs::remove_dir(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        if done.iter().any(|step| step.name == "preset.ron") {
            break;
        }
        assert!(crate::rundir::record::is_run(home.path()));
        let run = Run::open(home.path());
        assert!(killed_after == 0 || run.state == State::Interrupted);
        removed(home.path(), &Scope::WholeRun);
        assert!(!home.path().exists());
    }
}
