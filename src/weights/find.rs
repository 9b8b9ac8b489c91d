//! Finding the weights file of a run.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::Error;
use crate::{
    files::{
        folder::{Folder, Place},
        open,
    },
    rundir::{checkpoint, layout, record},
};

const EXTENSION: &str = "safetensors";
/// Most files that the error about a folder without a run names.
const MAX_NAMED: usize = 5;

/// A file that may hold weights.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A file that the user names. Links are followed.
    Named(PathBuf),
    /// A file in the folder of a run. A link is an error.
    OfRun(Place),
}

impl Source {
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::Named(path) => path.clone(),
            Self::OfRun(place) => place.path(),
        }
    }

    /// Opens the file.
    ///
    /// # Errors
    /// If opening fails or it is not a plain file.
    pub(crate) fn open(&self) -> io::Result<File> {
        match self {
            Self::Named(path) => open::plain(path),
            Self::OfRun(place) => place.open(),
        }
    }
}

/// Files that may hold the weights, in order of preference, and warnings "path: reason" about skipped files.
pub(crate) type Found = (Vec<Source>, Vec<String>);

/// The files that may hold the weights that `run` names. The first readable one is to be used. `run` is a weights file, a
/// run's folder, or the name or id of a folder under `runs/`. `step` selects a checkpoint; without it the final weights are
/// preferred, or for a run that has not ended its latest checkpoint.
///
/// # Errors
/// If nothing has this name, or the folder has no weights or no checkpoint of this step.
pub(crate) fn find(run: &str, step: Option<u64>) -> Result<Found, Error> {
    let path = Path::new(run);
    if path.is_dir() {
        return of_folder(path, step);
    }
    let is_file = path
        .extension()
        .is_some_and(|extension| extension == EXTENSION);
    if is_file || path.exists() || run.contains('/') {
        return match step {
            Some(_) => Err(Error::StepOfFile(path.to_owned())),
            None => Ok((vec![Source::Named(path.to_owned())], Vec::new())),
        };
    }
    of_folder(&record::find(run)?, step)
}

/// Reads the first readable file that `run` and `step` name, see [`find`]. Returns the result of `read`, and warnings
/// "path: reason" about skipped files.
///
/// # Errors
/// If [`find`] fails or no file can be read; then the error is that of the first file.
pub(crate) fn first<T>(
    run: &str,
    step: Option<u64>,
    read: impl Fn(&Source) -> Result<T, Error>,
) -> Result<(T, Vec<String>), Error> {
    let (sources, mut skipped) = find(run, step)?;
    let mut first = None;
    for source in sources {
        match read(&source) {
            Ok(found) => return Ok((found, skipped)),
            Err(error) => {
                skipped.push(error.to_string());
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or_else(|| Error::NoWeights(run.into())))
}

fn of_folder(path: &Path, step: Option<u64>) -> Result<Found, Error> {
    let folder = Folder::open(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let (checkpoints, skipped) = checkpoints(&folder.place(layout::CHECKPOINTS));
    if let Some(step) = step {
        let of_step = checkpoints.iter().filter(|(of, _)| *of == step);
        let of_step: Vec<Source> = of_step
            .map(|(_, place)| Source::OfRun(place.clone()))
            .collect();
        if of_step.is_empty() {
            let mut there: Vec<u64> = checkpoints.iter().map(|(of, _)| *of).collect();
            there.sort_unstable();
            there.dedup();
            return Err(Error::NoStep {
                folder: path.to_owned(),
                step,
                there,
            });
        }
        return Ok((of_step, skipped));
    }
    let weights = Some(folder.place(layout::WEIGHTS)).filter(Place::exists);
    let ended = folder.place(layout::SUMMARY).is_file() || checkpoints.is_empty();
    let at_the_end = ended && weights.is_some();
    let checkpoints = checkpoints.into_iter().map(|(_, place)| place);
    let found: Vec<Place> = if ended {
        weights.into_iter().chain(checkpoints).collect()
    } else {
        checkpoints.chain(weights).collect()
    };
    match (found.is_empty(), skipped.is_empty()) {
        (true, true) => Err(no_weights(path)),
        (true, false) => Err(Error::Unreadable(skipped)),
        // The final weights come first: broken checkpoints do not matter.
        (false, _) if at_the_end => {
            Ok((found.into_iter().map(Source::OfRun).collect(), Vec::new()))
        }
        (false, _) => Ok((found.into_iter().map(Source::OfRun).collect(), skipped)),
    }
}

/// The error for a folder that is not a run with weights. It names weights files in the folder.
fn no_weights(folder: &Path) -> Error {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let files =
        paths.filter(|path| path.is_file() && path.extension().is_some_and(|e| e == EXTENSION));
    let mut there: Vec<String> = files
        .filter_map(|path| Some(path.file_name()?.display().to_string()))
        .collect();
    there.sort();
    let more = there.split_off(there.len().min(MAX_NAMED)).len();
    if more > 0 {
        there.push(format!("{more} more"));
    }
    let folder = folder.to_owned();
    if there.is_empty() {
        Error::NoWeights(folder)
    } else {
        Error::NoRun { folder, there }
    }
}

/// The readable checkpoints of a folder with their steps, the newest file first: after a rewind it may not have the
/// highest step. Also returns warnings "path: reason" about the others.
fn checkpoints(folder: &Place) -> (Vec<(u64, Place)>, Vec<String>) {
    let listed = match checkpoint::list(folder) {
        Ok(listed) => listed,
        Err(error) => return (Vec::new(), vec![format!("{folder}: {error}")]),
    };
    let mut readable = Vec::new();
    let mut skipped = Vec::new();
    for file in listed.into_iter().rev() {
        match file.position {
            Ok(position) => readable.push((position.step, file.place)),
            Err(problem) => skipped.push(format!("{}: {problem}", file.place)),
        }
    }
    (readable, skipped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::checkpoint::{encode, tests::checkpoint};

    fn write(folder: &Path, name: &str, bytes: &[u8]) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn names(run: &str, step: Option<u64>) -> Vec<String> {
        let found = find(run, step).unwrap().0.into_iter();
        let name = |source: Source| source.path().file_name().unwrap().display().to_string();
        found.map(name).collect()
    }

    #[test]
    fn an_ended_run_has_its_final_weights_and_another_its_latest_checkpoint() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let run = folder.to_str().unwrap();
        let message = find(run, None).unwrap_err().to_string();
        assert!(message.contains("holds no weights"), "{message}");

        write(folder, "weights.safetensors", b"");
        assert_eq!(names(run, None), ["weights.safetensors"]);
        // Step 900 is on a branch that was left by a rewind to step 600.
        let saved = |step, number| encode(&checkpoint(step, number)).unwrap();
        write(
            folder,
            "checkpoints/step-000900.safetensors",
            &saved(900, 1),
        );
        write(
            folder,
            "checkpoints/mark-000600.safetensors",
            &saved(600, 2),
        );
        write(
            folder,
            "checkpoints/.step-001000.safetensors.12",
            &saved(1000, 3),
        );
        write(folder, "checkpoints/step-001000.safetensors", b"torn");
        let latest = names(run, None);
        assert_eq!(latest[0], "mark-000600.safetensors");
        assert_eq!(latest.len(), 3);
        // A damaged checkpoint may be the newest: there is a warning.
        let skipped = find(run, None).unwrap().1;
        assert!(skipped[0].contains("step-001000"), "{skipped:?}");
        write(folder, "summary.json", b"{}");
        assert_eq!(names(run, None)[0], "weights.safetensors");

        assert_eq!(names(run, Some(900)), ["step-000900.safetensors"]);
        let message = find(run, Some(7)).unwrap_err().to_string();
        assert!(
            message.contains("of step 7: it has checkpoints of steps 600, 900"),
            "{message}"
        );
    }

    #[test]
    fn the_error_for_another_folder_names_its_weights_files() {
        let home = tempfile::tempdir().unwrap();
        let error = || {
            find(home.path().to_str().unwrap(), None)
                .unwrap_err()
                .to_string()
        };
        for number in 1..8 {
            write(home.path(), &format!("m-{number}.safetensors"), b"");
        }
        assert!(
            error().ends_with("m-4.safetensors, m-5.safetensors, 2 more"),
            "{}",
            error()
        );
    }

    #[test]
    fn a_file_is_used_itself_and_takes_no_step() {
        let file = "somewhere/w.safetensors";
        assert_eq!(find(file, None).unwrap().0[0].path(), Path::new(file));
        let message = find(file, Some(3)).unwrap_err().to_string();
        assert!(message.contains("leave it out"), "{message}");
    }
}
