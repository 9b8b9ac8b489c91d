//! Lanes in which a process was killed before they began.

use std::{fs, io, path::Path};

use super::RunDirectory;
use crate::{
    files::folder::Folder,
    rundir::{Error, layout, lock::Lock},
};

impl RunDirectory {
    /// Removes the folder of a lane in which a process was killed before the lane began.
    ///
    /// # Errors
    /// If the folder has other files than such a process leaves, a process holds its lock, or it cannot be removed.
    pub fn clear_unbegun(path: &Path) -> Result<(), Error> {
        let failed = |source| Error::Write {
            path: path.to_owned(),
            source,
        };
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder)?;
            let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
            names.collect::<io::Result<Vec<String>>>()
        };
        let is_left = |name: &String| {
            let known = [
                layout::LOCK,
                layout::PRESET,
                layout::JOURNAL,
                layout::LOG,
                layout::SOCKET,
                layout::SAMPLES,
                layout::CHECKPOINTS,
            ];
            known.contains(&&**name) || layout::partial_of(name).is_some()
        };
        let is_mark = |name: &String| name.starts_with('.') || name.starts_with("mark-");
        let checkpoints = names(&path.join(layout::CHECKPOINTS)).unwrap_or_default();
        let samples = names(&path.join(layout::SAMPLES)).unwrap_or_default();
        let all = names(path).map_err(failed)?;
        if !all.iter().all(is_left) || !checkpoints.iter().all(is_mark) || !samples.is_empty() {
            return Err(Error::NotResumable {
                path: path.to_owned(),
                problem: format!(
                    "it has files of a lane but no {}: restore it, or move the folder away",
                    layout::ABOUT
                ),
            });
        }
        // Held until the folder is gone.
        let _lock = Lock::take(&Folder::open(path).map_err(failed)?)?;
        fs::remove_dir_all(path).map_err(failed)
    }
}
