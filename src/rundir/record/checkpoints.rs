//! Listing the checkpoint files of a run by name.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::rundir::{
    checkpoint::{Kind, Name},
    layout,
};

/// Maximum number of directory entries that are read.
const MAX_ENTRIES: usize = 100_000;

/// A file with the name of a checkpoint. Its contents are not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckpointFile {
    pub step: u64,
    /// Whether a user marked it. Only the user removes it then.
    pub marked: bool,
    pub path: PathBuf,
    pub bytes: u64,
    pub written: Option<SystemTime>,
}

/// The checkpoint files of a run by step. Empty if the folder does not exist.
pub(crate) fn checkpoints(directory: &Path) -> Vec<CheckpointFile> {
    let folder = directory.join(layout::CHECKPOINTS);
    // The files behind a link do not belong to the run.
    if folder.is_symlink() {
        return Vec::new();
    }
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<CheckpointFile> = entries
        .take(MAX_ENTRIES)
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = Name::read(entry.file_name().to_str()?)?;
            let metadata = entry.metadata().ok()?;
            metadata.is_file().then(|| CheckpointFile {
                step: name.step,
                marked: name.kind == Kind::Marked,
                path: entry.path(),
                bytes: metadata.len(),
                written: metadata.modified().ok(),
            })
        })
        .collect();
    found.sort_by(|a, b| (a.step, a.marked, &a.path).cmp(&(b.step, b.marked, &b.path)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_step_and_kind() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(checkpoints(home.path()), []);
        let folder = home.path().join("checkpoints");
        fs::create_dir_all(folder.join("step-000009.safetensors")).unwrap();
        for name in [
            "step-000100.safetensors",
            "mark-000100.safetensors",
            "mark-000100-2.safetensors",
            "step-000100-2.safetensors",
            "step-1234567.safetensors",
            "step-000050.safetensors",
            ".step-000200.safetensors.77",
            "step-12.safetensors",
            "step-99999999999999999999999.safetensors",
            "best.safetensors",
        ] {
            fs::write(folder.join(name), "12345").unwrap();
        }
        let found = checkpoints(home.path());
        let found: Vec<_> = found.iter().map(|f| (f.step, f.marked, f.bytes)).collect();
        assert_eq!(
            found,
            [
                (50, false, 5),
                (100, false, 5),
                (100, true, 5),
                (100, true, 5),
                (1_234_567, false, 5)
            ]
        );
    }
}
