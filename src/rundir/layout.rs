//! What the directory of a run holds: the names of its files and folders.

use super::{checkpoint, numbered::Numbered};
use crate::preset;

/// Where runs go that were given no directory.
pub const RUNS: &str = "runs";

/// What a run is.
pub const ABOUT: &str = "run.json";
/// What it was made from.
pub const PRESET: &str = preset::OF_A_RUN;
/// Whoever has locked it may write here; it stays when the lock is gone.
pub const LOCK: &str = "lock";
pub const JOURNAL: &str = "journal.jsonl";
pub const METRICS: &str = "metrics.jsonl";
/// How it ended: written by a process that ends in order, after the weights, and taken away when the run goes on.
pub const SUMMARY: &str = "summary.json";
pub const LATEST_SAMPLES: &str = "samples.safetensors";
/// The weights at the end.
pub const WEIGHTS: &str = "weights.safetensors";
pub const LOG: &str = "sn-tui.log";
/// Where it listens while a process is at it.
pub const SOCKET: &str = "socket";

/// Plain files of the directory itself.
pub const FILES: [&str; 9] = [
    ABOUT,
    PRESET,
    LOCK,
    JOURNAL,
    METRICS,
    SUMMARY,
    LATEST_SAMPLES,
    WEIGHTS,
    LOG,
];

pub const CHECKPOINTS: &str = "checkpoints";
pub const SAMPLES: &str = "samples";
pub const GIFS: &str = "gifs";
pub const SCREENS: &str = "screens";

/// The picture at the end, among the others.
pub const FINAL_PICTURE: &str = "final.png";
const STEP: &str = "step";

/// Whether a file of this name is one of this program's.
pub type IsOwn = fn(&str) -> bool;

/// Folders, and the files in them.
pub const FOLDERS: [(&str, IsOwn); 4] = [
    (CHECKPOINTS, |name| checkpoint::Name::read(name).is_some()),
    (SAMPLES, |name| {
        name == FINAL_PICTURE || is_of_step(name, "png")
    }),
    (GIFS, |name| is_of_step(name, "gif")),
    (SCREENS, |name| is_of_step(name, "svg")),
];

/// What each file and folder holds, in the order in which a run makes them.
const HOLDS: [(&str, &str); 14] = [
    (
        PRESET,
        "the effective preset at the start; `sn-tui run` accepts it",
    ),
    (
        ABOUT,
        "how the run was started: preset, seed, device, version, planned changes",
    ),
    (
        LOCK,
        "empty; the process that trains holds an exclusive flock(2) lock on it",
    ),
    (
        SOCKET,
        "where `sn-tui attach` connects, while a process trains",
    ),
    (LOG, "the log, as text"),
    (
        JOURNAL,
        "every change, pause, alarm, mark, rewind and resume, one JSON object a line",
    ),
    (METRICS, "the measures, one JSON object a step"),
    (SAMPLES, "pictures of the samples, by step, and `final.png`"),
    (
        LATEST_SAMPLES,
        "the latest samples as numbers, `generated` and `real`",
    ),
    (
        CHECKPOINTS,
        "whole states: the latest scheduled ones (`step-`) and every marked one (`mark-`)",
    ),
    (GIFS, "GIFs of the samples over time, from the key for them"),
    (
        SCREENS,
        "pictures of the whole screen as SVG, from the key for them",
    ),
    (
        WEIGHTS,
        "the weights at the end, under the keys of the same `nn.Sequential`",
    ),
    (
        SUMMARY,
        "the result of a process that ended in order; removed when the run is resumed",
    ),
];

/// The table of a run's files and folders in Markdown.
pub fn markdown() -> String {
    let mut table = "| file | holds |\n| --- | --- |\n".to_owned();
    for (name, holds) in HOLDS {
        let is_folder = FOLDERS.iter().any(|(folder, _)| *folder == name);
        let slash = if is_folder { "/" } else { "" };
        table.push_str(&format!("| `{name}{slash}` | {holds} |\n"));
    }
    table
}

/// The file that a half-written one would have become: `.NAME` or `.NAME.PROCESS`.
pub fn aside_of(name: &str) -> Option<&str> {
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

/// The name of a file that shows a step, from `number` 1.
pub fn of_step(step: u64, number: u32, extension: &str) -> String {
    Numbered {
        prefix: STEP,
        step,
        number,
        extension,
    }
    .to_string()
}

fn is_of_step(name: &str, extension: &str) -> bool {
    let read = Numbered::read(name);
    read.is_some_and(|name| (name.prefix, name.extension) == (STEP, extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_and_folder_is_described_once() {
        let folders = FOLDERS.map(|(name, _)| name);
        let known = FILES.into_iter().chain(folders).chain([SOCKET]);
        let mut known: Vec<&str> = known.collect();
        let mut described = HOLDS.map(|(name, _)| name);
        known.sort_unstable();
        described.sort_unstable();
        assert_eq!(described[..], known);
    }

    #[test]
    fn files_that_show_a_step_are_known_in_their_folder_alone() {
        for (folder, is_own) in FOLDERS {
            for (of, extension) in [(SAMPLES, "png"), (GIFS, "gif"), (SCREENS, "svg")] {
                for number in [1, 2] {
                    let name = of_step(20, number, extension);
                    assert_eq!(is_own(&name), folder == of, "{folder}/{name}");
                }
            }
            assert!(!is_own("best.png"), "{folder}");
        }
    }
}
