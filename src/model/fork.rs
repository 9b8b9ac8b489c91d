//! Forks: from which state a run was forked, and with which changes.

use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// The name of the lane that every run begins with.
pub const FIRST_LANE: &str = "a";

/// The state of another run, its parent, from which a run was forked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Parent {
    /// The directory of the parent: absolute, or relative to the directory of the forked run. The forked run does not
    /// need it, and it may be gone.
    pub run: String,
    /// The lane of the parent.
    pub lane: String,
    /// The step of the state.
    pub step: u64,
    /// The numerics of the parent, if the forked run has others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerics: Option<u32>,
}

impl Parent {
    /// The path of the parent, if `directory` is that of the forked run.
    pub fn path(&self, directory: &Path) -> PathBuf {
        let mut path = PathBuf::new();
        for part in directory.join(&self.run).components() {
            let above = matches!(path.components().next_back(), Some(Component::Normal(_)));
            match part {
                Component::ParentDir if above => drop(path.pop()),
                part => path.push(part),
            }
        }
        path
    }

    /// The state in few words, if `directory` is that of the forked run: `ring@600` for a run beside it or one of whose
    /// lanes it is, else with the path of the parent.
    pub fn brief(&self, directory: &Path) -> String {
        let path = self.path(directory);
        let forked = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        let near = forked.parent() == path.parent() || forked.starts_with(&path);
        let shown = match path.file_name() {
            Some(name) if near || !path.is_absolute() => Path::new(name),
            _ => &path,
        };
        format!("{}@{}", shown.display(), self.step)
    }
}

/// As a sentence goes on: `/home/me/runs/ring, step 600`.
impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, step {}", self.run, self.step)?;
        match self.numerics {
            Some(numerics) => write!(f, ", of numerics {numerics}"),
            None => Ok(()),
        }
    }
}

/// A change of a setting.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// Path of the setting.
    pub key: String,
    /// The previous value as RON.
    pub old: String,
    /// The new value as RON.
    pub new: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, old, new } = self;
        write!(f, "{key}: {old} → {new}")
    }
}

/// What a fork is, for people: where it comes from or which lane it began, and its changes.
pub(super) fn sentence(lane: Option<&str>, from: Option<&Parent>, changes: &[Change]) -> String {
    let mut text = match (lane, from) {
        (Some(lane), _) => format!("lane {lane} split off"),
        (None, Some(from)) => format!("forked from {from}"),
        (None, None) => "forked".to_owned(),
    };
    for (number, change) in changes.iter().enumerate() {
        let sign = if number == 0 { "; " } else { ", " };
        text.push_str(&format!("{sign}{change}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_parents_are_absolute_or_relative_to_the_forked_run() {
        let parent = |run: &str| Parent {
            run: run.to_owned(),
            lane: FIRST_LANE.to_owned(),
            step: 600,
            numerics: None,
        };
        for (run, directory, path, brief) in [
            ("/w/runs/ring", "/w/runs/b", "/w/runs/ring", "ring@600"),
            ("/w/ring", "/w/runs/b", "/w/ring", "/w/ring@600"),
            ("../..", "/w/ring/lanes/b", "/w/ring", "ring@600"),
            ("../..", "runs/ring/lanes/b", "runs/ring", "ring@600"),
            ("../..", "b", "..", "..@600"),
        ] {
            let (parent, directory) = (parent(run), Path::new(directory));
            assert_eq!(parent.path(directory), Path::new(path), "{run}");
            assert_eq!(parent.brief(directory), brief, "{run}");
        }
    }
}
