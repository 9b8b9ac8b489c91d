//! Every command that takes a run, with every file of the run replaced by everything that may be there instead.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use clap::{Arg, ArgAction, CommandFactory};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use sn_tui::command::Cli;

use super::{
    folders::{self, below},
    run, text, tiny,
};

/// The kinds of things that replace a file or folder.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Other {
    Pipe,
    Link,
    Folder,
    Device,
    Empty,
}

const OTHERS: [Other; 5] = [
    Other::Pipe,
    Other::Link,
    Other::Folder,
    Other::Device,
    Other::Empty,
];

/// A word of a command line.
#[derive(Clone, Debug)]
enum Word {
    Text(String),
    /// The path of the run.
    Run,
    /// The folder that holds the run.
    Runs,
    /// A path with this name that does not exist yet.
    New(&'static str),
}

/// A command line for every argument of every command that names a run or a folder of runs. The second list has the
/// same commands with one switch added.
fn commands() -> (Vec<Vec<Word>>, Vec<Vec<Word>>) {
    let (mut all, mut switched) = (Vec::new(), Vec::new());
    for command in Cli::command().get_subcommands() {
        let arguments: Vec<&Arg> = command.get_arguments().collect();
        for argument in &arguments {
            for run in operands(argument) {
                let words = command_line(command.get_name(), &arguments, argument, run);
                // Commands that train are tried without switches, commands that only read with each switch.
                let trains = arguments.iter().any(|other| other.get_id() == "headless");
                let switches = arguments
                    .iter()
                    .filter(|other| matches!(other.get_action(), ArgAction::SetTrue) && !trains);
                let switches = switches.filter_map(|switch| switch.get_long());
                let with = |switch: &str| {
                    let mut words = words.clone();
                    words.push(Word::Text(format!("--{switch}")));
                    words
                };
                switched.extend(switches.map(with));
                all.push(words);
            }
        }
    }
    (all, switched)
}

/// The words that an argument accepts: a run, a folder of runs, both or neither.
fn operands(argument: &Arg) -> Vec<Word> {
    let names = argument.get_value_names().unwrap_or_default();
    let mut words = Vec::new();
    if names.iter().any(|name| name.contains("RUN")) {
        words.push(Word::Run);
    }
    let is_folder = |name: &str| name.split('|').any(|name| name == "DIR");
    if argument.is_positional() && names.iter().any(|name| is_folder(name)) {
        words.push(Word::Runs);
    }
    words
}

/// The command line in which `argument` is `run`, with the other arguments that the command needs.
fn command_line(name: &str, arguments: &[&Arg], argument: &Arg, run: Word) -> Vec<Word> {
    let word = |text: &str| Word::Text(text.to_owned());
    let mut words = vec![word(name)];
    let given = [
        ("headless", None),
        ("threads", Some(word("1"))),
        ("steps", Some(word("5"))),
        ("out", Some(Word::New("new"))),
        ("output", Some(Word::New("new.safetensors"))),
    ];
    for (long, value) in given {
        if arguments.iter().any(|other| other.get_long() == Some(long)) {
            words.push(word(&format!("--{long}")));
            words.extend(value);
        }
    }
    for other in arguments.iter().filter(|other| other.is_required_set()) {
        let values = other.get_possible_values();
        if let (Some(long), Some(value)) = (other.get_long(), values.first()) {
            words.extend([word(&format!("--{long}")), word(value.get_name())]);
        }
    }
    if let Some(long) = argument.get_long() {
        words.push(word(&format!("--{long}")));
        // `run` also needs a preset with the networks of the run.
        if name == "run" {
            words.insert(1, word(super::TINY));
        }
    }
    words.push(run);
    words
}

/// The files and folders of a run; of names that differ only in their numbers, one is kept.
fn places(run: &Path) -> Vec<PathBuf> {
    let mut kinds = BTreeMap::new();
    for file in below(run) {
        let kind: String = text(&file)
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .collect();
        if let Some(folder) = file.parent().filter(|parent| *parent != Path::new("")) {
            kinds.insert(text(folder), folder.to_owned());
        }
        kinds.insert(kind, file);
    }
    kinds.into_values().collect()
}

/// Makes a run with every kind of file.
fn complete_run(home: &Path) -> PathBuf {
    let run = home.join("whole");
    let mut arguments = tiny(&run, 4);
    arguments.extend(["--at".to_owned(), "2:gain=2.0".to_owned()]);
    let ended = super::run(&arguments, home);
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    let checkpoints = run.join("checkpoints");
    let marked = checkpoints.join("mark-000004.safetensors");
    fs::copy(checkpoints.join("step-000004.safetensors"), marked).unwrap();
    for (folder, file) in [("gifs", "step-000002.gif"), ("screens", "step-000002.svg")] {
        fs::create_dir(run.join(folder)).unwrap();
        fs::write(run.join(folder).join(file), "x").unwrap();
    }
    // A socket that a killed process left behind.
    drop(std::os::unix::net::UnixListener::bind(run.join("socket")).unwrap());
    run
}

/// Copies a run. Its socket cannot be copied and is created again.
fn copy(from: &Path, to: &Path) {
    folders::copy(from, to);
    drop(std::os::unix::net::UnixListener::bind(to.join("socket")).unwrap());
}

/// Moves a file or folder outside and puts something else in its place; false if this is not permitted.
fn replace_place(other: Other, place: &Path, outside: &Path) -> bool {
    let target = outside.join("target");
    fs::rename(place, &target).unwrap();
    let node = |kind, device| {
        let mode = Mode::from_raw_mode(0o600);
        mknodat(CWD, place, kind, mode, device).is_ok()
    };
    match other {
        Other::Pipe => node(FileType::Fifo, 0),
        // A device that can be read without end.
        Other::Device => node(FileType::CharacterDevice, makedev(1, 5)),
        Other::Link => symlink(&target, place).is_ok(),
        Other::Folder => fs::create_dir(place).is_ok(),
        Other::Empty => fs::write(place, "").is_ok(),
    }
}

/// Every file below a folder, with its content.
fn contents(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let read = |file: PathBuf| {
        let content = fs::read(folder.join(&file)).ok();
        (file, content)
    };
    below(folder).into_iter().map(read).collect()
}

/// The fault in how a command treats a run with a replaced file or folder, if any.
fn fault(command: &[Word], place: &Path, other: Other, whole: &Path) -> Option<String> {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let [runs, outside, new, scratch] =
        ["runs", "outside", "new", "scratch"].map(|name| home.join(name));
    for folder in [&runs, &outside, &new, &scratch] {
        fs::create_dir(folder).unwrap();
    }
    copy(whole, &runs.join("one"));
    if !replace_place(other, &runs.join("one").join(place), &outside) {
        return None;
    }
    let before = contents(&outside);
    let words = command.iter().map(|word| match word {
        Word::Text(text) => text.clone(),
        Word::Run => text(&runs.join("one")),
        Word::Runs => text(&runs),
        Word::New(name) => text(&new.join(name)),
    });
    let words: Vec<String> = words.collect();
    let ended = run(&words, &scratch);
    let why = match ended.code() {
        None => match ended.status {
            None => "it does not end".to_owned(),
            Some(status) => format!("{status}"),
        },
        Some(0) => String::new(),
        Some(1 | 2) if !ended.err.trim().is_empty() => String::new(),
        Some(1 | 2) => "it does not say why".to_owned(),
        Some(code) => format!("exit code {code}"),
    };
    let why = match why {
        why if !why.is_empty() => why,
        _ if contents(&outside) != before => "what is outside the run was changed".to_owned(),
        _ if ended.err.contains("panicked") => "it panics".to_owned(),
        // `resume` names the place and writes nothing.
        _ if words[0] == "resume"
            && !matches!(other, Other::Empty)
            && place != Path::new("socket")
            && place.parent() == Some(Path::new(""))
            && !(other == Other::Folder && fs::metadata(whole.join(place)).unwrap().is_dir())
            && !(ended.code() == Some(1) && ended.err.contains(&text(place))) =>
        {
            "it does not name the place".to_owned()
        }
        _ => return None,
    };
    let (words, err) = (words.join(" "), ended.err);
    Some(format!(
        "{other:?} at {}: {words}: {why}\n{err}",
        place.display()
    ))
}

#[test]
fn a_replaced_file_of_a_run_neither_hangs_a_command_nor_leads_it_outside() {
    let home = tempfile::tempdir().unwrap();
    let whole = complete_run(home.path());
    let ((commands, switched), places) = (commands(), places(&whole));
    let known = |name: &str| places.iter().any(|place| place == Path::new(name));
    assert!(known("lock") && known("socket") && known("checkpoints") && places.len() > 14);
    assert!(commands.len() > 12, "{commands:?}");
    let mut cases = Vec::new();
    for command in &commands {
        for place in &places {
            cases.extend(OTHERS.map(|other| (command, place, other)));
        }
    }
    // Switches change what is read, but not how, so two kinds are enough.
    for command in &switched {
        for place in &places {
            cases.extend([Other::Pipe, Other::Link].map(|other| (command, place, other)));
        }
    }
    let (cases, found) = (Mutex::new(cases), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, |n| n.get().min(4)) {
            scope.spawn(|| {
                loop {
                    let case = cases.lock().unwrap().pop();
                    let Some((command, place, other)) = case else {
                        return;
                    };
                    let wrong = fault(command, place, other, &whole);
                    found.lock().unwrap().extend(wrong);
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(
        found.is_empty(),
        "{} wrong:\n{}",
        found.len(),
        found.join("\n")
    );
}
