//! Finding the run that a command-line argument means.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::is_run;
use crate::{preset::nearest::nearest, rundir::layout, text::wording::unreadable};

/// Maximum number of directory entries that are read.
const MAX_ENTRIES: usize = 100_000;
/// Maximum number of names in a message.
const MAX_LISTED: usize = 5;
/// Number of digits of an id.
const ID_DIGITS: usize = 6;

/// Why an argument does not identify a run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The folder is not the directory of a run.
    #[error("{} is not the folder of a run: there is neither {} nor {} in it", .0.display(), layout::ABOUT, layout::PRESET)]
    NotARun(PathBuf),
    /// The folder does not exist.
    #[error("there is no {}", .0.display())]
    NoFolder(PathBuf),
    /// The folder cannot be read.
    #[error("{}", unreadable(path.display(), why))]
    Unreadable { path: PathBuf, why: String },
    /// No run has this name. `near` are the most similar names, the best first.
    #[error("no run in {} is named `{name}`{}", folder.display(), suggestion(near))]
    NoSuchRun {
        folder: PathBuf,
        name: String,
        near: Vec<String>,
    },
    /// Several runs match.
    #[error("`{name}` matches {}: give more of the name", join_or(all))]
    Ambiguous { name: String, all: Vec<String> },
    /// The folder has no runs.
    #[error("there are no runs in {}", .0.display())]
    NoRuns(PathBuf),
}

/// Finds the directory of a run. The argument is a path if it contains `/` or is the directory of a run. Otherwise it
/// is the name of a folder in `runs/`, its id (the last part of the name), or an unambiguous prefix of either.
///
/// # Errors
/// If no run or more than one matches. The message names similar runs.
pub(crate) fn find(argument: &str) -> Result<PathBuf, FindError> {
    find_in(Path::new(layout::RUNS), argument)
}

/// Finds a run as [`find`] does, among the runs in `folder`.
///
/// # Errors
/// If no run or more than one matches.
pub(crate) fn find_in(folder: &Path, argument: &str) -> Result<PathBuf, FindError> {
    let path = Path::new(argument);
    if is_run(path) {
        return Ok(path.to_owned());
    }
    if argument.contains('/') {
        let path = path.to_owned();
        return Err(if path.is_dir() {
            FindError::NotARun(path)
        } else {
            FindError::NoFolder(path)
        });
    }
    let names = match names(folder) {
        Err(FindError::NoFolder(_)) => Vec::new(),
        names => names?,
    };
    let mut matching = matching(&names, argument);
    match matching.len() {
        1 => Ok(folder.join(matching.remove(0))),
        0 if path.is_dir() => Err(FindError::NotARun(path.to_owned())),
        0 => Err(FindError::NoSuchRun {
            folder: folder.to_owned(),
            name: argument.to_owned(),
            near: near(&names, argument),
        }),
        _ => Err(FindError::Ambiguous {
            name: argument.to_owned(),
            all: matching.into_iter().map(str::to_owned).collect(),
        }),
    }
}

/// The run in `folder` that was started last.
///
/// # Errors
/// If the folder cannot be read or has no runs.
pub(crate) fn newest(folder: &Path) -> Result<PathBuf, FindError> {
    let began = |name: &String| {
        let directory = folder.join(name);
        let files = [layout::PRESET, layout::ABOUT].map(|file| directory.join(file));
        let times = files
            .iter()
            .filter_map(|file| fs::metadata(file).ok()?.modified().ok());
        times.min()
    };
    let names = names(folder)?;
    let newest = names.iter().max_by_key(|name| (began(name), *name));
    newest
        .map(|name| folder.join(name))
        .ok_or_else(|| FindError::NoRuns(folder.to_owned()))
}

/// The names of the runs in a folder, sorted.
///
/// # Errors
/// If the folder does not exist or cannot be read.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, FindError> {
    let entries = fs::read_dir(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FindError::NoFolder(folder.to_owned()),
        _ => FindError::Unreadable {
            path: folder.to_owned(),
            why: error.to_string(),
        },
    })?;
    let mut names: Vec<String> = entries
        .take(MAX_ENTRIES)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && is_run(&folder.join(name)))
        .collect();
    names.sort();
    Ok(names)
}

/// The id in the name of a run: six hexadecimal digits after the last hyphen.
pub(crate) fn id(name: &str) -> Option<&str> {
    let (_, id) = name.rsplit_once('-')?;
    let digits = id.bytes().all(|b| b.is_ascii_hexdigit());
    (id.len() == ID_DIGITS && digits).then_some(id)
}

/// The names that match an argument: an equal name, else equal ids, else prefixes.
fn matching<'a>(names: &'a [String], argument: &str) -> Vec<&'a str> {
    if argument.is_empty() {
        return Vec::new();
    }
    let all = || names.iter().map(String::as_str);
    let ways: [&dyn Fn(&str) -> bool; 3] = [
        &|name| name == argument,
        &|name| id(name) == Some(argument),
        &|name| name.starts_with(argument) || id(name).is_some_and(|id| id.starts_with(argument)),
    ];
    let found = ways.map(|way| all().filter(|name| way(name)).collect::<Vec<_>>());
    found
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// The names most similar to an unknown one, the best first. Whole names, ids and the preset in the middle are
/// compared.
fn near(names: &[String], argument: &str) -> Vec<String> {
    let mut left: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found: Vec<String> = Vec::new();
    while found.len() < MAX_LISTED {
        let parts = left
            .iter()
            .flat_map(|name| std::iter::once(*name).chain(id(name)));
        let best = nearest(argument, parts);
        let holding = left.iter().find(|name| name.contains(argument));
        let whole = best.and_then(|best| left.iter().find(|name| name.ends_with(best)));
        let Some(name) = whole.or(holding).copied().filter(|_| !argument.is_empty()) else {
            break;
        };
        found.push(name.to_owned());
        left.retain(|other| *other != name);
    }
    found
}

fn suggestion(near: &[String]) -> String {
    match near {
        [] => "; `sn-tui runs` lists what there is".to_owned(),
        near => format!("; did you mean {}?", join_or(near)),
    }
}

fn join_or(names: &[String]) -> String {
    let shown = &names[..names.len().min(MAX_LISTED)];
    let mut text = shown.join(" or ");
    if names.len() > shown.len() {
        text.push_str(&format!(" or one of {} more", names.len() - shown.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(names: &[&str]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for name in names {
            fs::create_dir_all(home.path().join(name)).unwrap();
            fs::write(home.path().join(name).join("preset.ron"), "()").unwrap();
        }
        home
    }

    const NAMES: [&str; 4] = [
        "2026-11-24-digits-a1b2c3",
        "2026-11-24-digits-a1ffff",
        "2026-11-25-ring-0c0c0c",
        "mine",
    ];

    #[test]
    fn a_run_has_several_names() {
        let home = runs(&NAMES);
        let found = |argument: &str| {
            let path = find_in(home.path(), argument)?;
            Ok::<_, FindError>(path.file_name().unwrap().to_str().unwrap().to_owned())
        };
        for (argument, at) in [
            ("2026-11-24-digits-a1b2c3", 0),
            ("a1b2c3", 0),
            ("a1b", 0),
            ("a1f", 1),
            ("2026-11-25", 2),
            ("0", 2),
            ("mine", 3),
            ("m", 3),
        ] {
            assert_eq!(found(argument).as_deref(), Ok(NAMES[at]), "{argument}");
        }
        let path = home.path().join(NAMES[2]);
        assert_eq!(
            find_in(Path::new("nowhere"), path.to_str().unwrap()),
            Ok(path)
        );
    }

    #[test]
    fn unknown_and_ambiguous_names_are_errors_with_suggestions() {
        let home = runs(&NAMES);
        let told = |argument: &str| find_in(home.path(), argument).unwrap_err().to_string();
        let several = told("a1");
        assert!(
            several.contains("a1b2c3 or 2026-11-24-digits-a1ffff"),
            "{several}"
        );
        assert!(told("a1b2c4").contains("did you mean 2026-11-24-digits-a1b2c3"));
        assert!(told("ring").contains("2026-11-25-ring-0c0c0c"));
        assert!(told("zzzzzzzz").contains("sn-tui runs"));
        assert!(told("").contains("no run"));
        fs::create_dir(home.path().join("other")).unwrap();
        let other = home.path().join("other");
        assert_eq!(
            find_in(home.path(), other.to_str().unwrap()),
            Err(FindError::NotARun(other))
        );
        assert!(told("./gone/away").contains("there is no ./gone/away"));
    }

    #[test]
    fn the_newest_run_is_the_one_begun_last() {
        let home = runs(&NAMES);
        let begun = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
        let file = fs::File::options()
            .write(true)
            .open(home.path().join(NAMES[1]).join("preset.ron"))
            .unwrap();
        file.set_modified(begun).unwrap();
        assert!(newest(home.path()).unwrap().ends_with(NAMES[1]));
        let empty = runs(&[]);
        assert!(matches!(newest(empty.path()), Err(FindError::NoRuns(_))));
        assert!(matches!(
            newest(Path::new("/nowhere")),
            Err(FindError::NoFolder(_))
        ));
    }
}
