//! Names of the files and folders in the directory of a run.

use super::{checkpoint, numbered::Numbered};
use crate::preset;

/// The folder of runs that are started without an output directory.
pub const RUNS: &str = "runs";

/// How the run was started, see [`About`](super::about::About).
pub const ABOUT: &str = "run.json";
/// The effective preset at the start.
pub const PRESET: &str = preset::OF_A_RUN;
/// The file that the process which writes to the directory locks. It stays after the lock is released.
pub const LOCK: &str = "lock";
/// Changes, alarms and other events, see [`journal`](super::journal).
pub const JOURNAL: &str = "journal.jsonl";
/// The measures of every step, see [`metrics`](super::metrics).
pub const METRICS: &str = "metrics.jsonl";
/// The result of the run. An orderly end writes it after the weights; resuming removes it.
pub const SUMMARY: &str = "summary.json";
/// The latest samples as tensors.
pub const LATEST_SAMPLES: &str = "samples.safetensors";
/// The final weights.
pub const WEIGHTS: &str = "weights.safetensors";
/// The log.
pub const LOG: &str = "sn-tui.log";
/// The Unix socket for `sn-tui attach`, while a process trains.
pub const SOCKET: &str = "socket";

/// All regular files at the top of the directory.
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

/// The folder of checkpoints.
pub const CHECKPOINTS: &str = "checkpoints";
/// The folder of sample pictures.
pub const SAMPLES: &str = "samples";
/// The folder of GIFs.
pub const GIFS: &str = "gifs";
/// The folder of screenshots.
pub const SCREENS: &str = "screens";
/// The folder of lanes, which are runs of their own.
pub const LANES: &str = "lanes";

/// The final picture in [`SAMPLES`].
pub const FINAL_PICTURE: &str = "final.png";
/// Prefix of the names of files that show a step.
const STEP: &str = "step";

/// Whether this program writes files of this name.
pub type IsOwn = fn(&str) -> bool;

/// All folders, each with the test for the names of its files.
pub const FOLDERS: [(&str, IsOwn); 5] = [
    (CHECKPOINTS, |name| checkpoint::Name::read(name).is_some()),
    (SAMPLES, |name| {
        name == FINAL_PICTURE || is_step_file(name, "png")
    }),
    (GIFS, |name| is_step_file(name, "gif")),
    (SCREENS, |name| {
        ["svg", "csv"].iter().any(|of| is_step_file(name, of))
    }),
    // Lanes are folders, and never removed with the run that they were split off.
    (LANES, |_| false),
];

/// What each file and folder holds, in the order in which a run creates them.
const DESCRIPTIONS: [(&str, &str); 15] = [
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
        "pictures of the screen or a pane as SVG, and the numbers of a pane as CSV, from the keys for them",
    ),
    (
        LANES,
        "lanes that were split off, each the directory of a run of its own",
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
    for (name, holds) in DESCRIPTIONS {
        let is_folder = FOLDERS.iter().any(|(folder, _)| *folder == name);
        let slash = if is_folder { "/" } else { "" };
        table.push_str(&format!("| `{name}{slash}` | {holds} |\n"));
    }
    table
}

/// The final name of a partially written file: `NAME` for `.NAME` and `.NAME.PROCESS`.
pub fn partial_of(name: &str) -> Option<&str> {
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

/// The name of a file that shows a step. `number` counts the files of that step from 1.
pub fn step_file_name(step: u64, number: u32, extension: &str) -> String {
    Numbered {
        prefix: STEP,
        step,
        number,
        extension,
    }
    .to_string()
}

fn is_step_file(name: &str, extension: &str) -> bool {
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
        let mut described = DESCRIPTIONS.map(|(name, _)| name);
        known.sort_unstable();
        described.sort_unstable();
        assert_eq!(described[..], known);
    }

    #[test]
    fn files_that_show_a_step_are_known_in_their_folder_alone() {
        for (folder, is_own) in FOLDERS {
            for (of, extension) in [
                (SAMPLES, "png"),
                (GIFS, "gif"),
                (SCREENS, "svg"),
                (SCREENS, "csv"),
            ] {
                for number in [1, 2] {
                    let name = step_file_name(20, number, extension);
                    assert_eq!(is_own(&name), folder == of, "{folder}/{name}");
                }
            }
            assert!(!is_own("best.png"), "{folder}");
        }
    }
}
