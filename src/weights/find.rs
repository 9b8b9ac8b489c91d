//! From what names a run to the file that holds its weights.

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
/// Files of a folder that are named where it is no run.
const NAMED: usize = 5;

/// Where weights may be had.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file that a person names.
    Named(PathBuf),
    /// A file of a run.
    Own(Place),
}

impl Source {
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Named(path) => path.clone(),
            Self::Own(place) => place.path(),
        }
    }

    /// # Errors
    /// The disk's; something that is no plain file, of a run a link to one.
    pub fn open(&self) -> io::Result<File> {
        match self {
            Self::Named(path) => open::plain(path),
            Self::Own(place) => place.open(),
        }
    }
}

/// Where weights may be had, the likeliest first, and what was passed over in looking for it, "path: reason" each.
pub type Found = (Vec<Source>, Vec<String>);

/// The files that may hold the weights of what `run` names, the first that can be read being meant. `run` is a file of
/// weights, a run's folder, or the name or id of a folder under `runs/`; `step` picks a checkpoint. Without it the weights at
/// the end are meant, of a run that has not ended its latest checkpoint.
///
/// # Errors
/// Nothing of this name; a folder without weights, or without a checkpoint of this step.
pub fn find(run: &str, step: Option<u64>) -> Result<Found, Error> {
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

/// What `read` gives of the first file that it can read of those that `run` names, and what is wrong with the files before
/// it, "path: reason" each.
///
/// # Errors
/// Those of [`find`]; where no file can be read, why the first cannot.
pub fn first<T>(
    run: &str,
    step: Option<u64>,
    read: impl Fn(&Source) -> Result<T, Error>,
) -> Result<(T, Vec<String>), Error> {
    let (sources, mut passed_over) = find(run, step)?;
    let mut first = None;
    for source in sources {
        match read(&source) {
            Ok(found) => return Ok((found, passed_over)),
            Err(error) => {
                passed_over.push(error.to_string());
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
    let (checkpoints, passed_over) = checkpoints(&folder.place(layout::CHECKPOINTS));
    if let Some(step) = step {
        let of_step = checkpoints.iter().filter(|(of, _)| *of == step);
        let of_step: Vec<Source> = of_step
            .map(|(_, place)| Source::Own(place.clone()))
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
        return Ok((of_step, passed_over));
    }
    let weights = Some(folder.place(layout::WEIGHTS)).filter(Place::exists);
    let ended = folder.place(layout::SUMMARY).is_file() || checkpoints.is_empty();
    let at_the_end = ended && weights.is_some();
    let checkpoints = checkpoints.into_iter().map(|(_, place)| place);
    let found: Vec<Place> = match ended {
        true => weights.into_iter().chain(checkpoints).collect(),
        false => checkpoints.chain(weights).collect(),
    };
    match (found.is_empty(), passed_over.is_empty()) {
        (true, true) => Err(nothing(path)),
        (true, false) => Err(Error::Torn(passed_over)),
        // What stands behind the weights at the end is not looked at.
        (false, _) if at_the_end => Ok((found.into_iter().map(Source::Own).collect(), Vec::new())),
        (false, _) => Ok((found.into_iter().map(Source::Own).collect(), passed_over)),
    }
}

/// What is said of a folder that is no run with weights: which files in it may hold some.
fn nothing(folder: &Path) -> Error {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let files =
        paths.filter(|path| path.is_file() && path.extension().is_some_and(|e| e == EXTENSION));
    let mut there: Vec<String> = files
        .filter_map(|path| Some(path.file_name()?.display().to_string()))
        .collect();
    there.sort();
    let more = there.split_off(there.len().min(NAMED)).len();
    if more > 0 {
        there.push(format!("{more} more"));
    }
    let folder = folder.to_owned();
    match there.is_empty() {
        true => Error::NoWeights(folder),
        false => Error::NoRun { folder, there },
    }
}

/// The checkpoints of a folder that say where they belong, each with its step, the last one made first: a run may have
/// gone back to an earlier step. What is wrong with others comes with them.
fn checkpoints(folder: &Place) -> (Vec<(u64, Place)>, Vec<String>) {
    let listed = match checkpoint::list(folder) {
        Ok(listed) => listed,
        Err(error) => return (Vec::new(), vec![format!("{folder}: {error}")]),
    };
    let mut placed = Vec::new();
    let mut torn = Vec::new();
    for file in listed.into_iter().rev() {
        match file.position {
            Ok(position) => placed.push((position.step, file.place)),
            Err(problem) => torn.push(format!("{}: {problem}", file.place)),
        }
    }
    (placed, torn)
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
    fn the_end_is_meant_where_a_run_has_ended_else_the_latest_checkpoint() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let run = folder.to_str().unwrap();
        let message = find(run, None).unwrap_err().to_string();
        assert!(message.contains("holds no weights"), "{message}");

        write(folder, "weights.safetensors", b"");
        assert_eq!(names(run, None), ["weights.safetensors"]);
        // Step 900 is of a branch that was left for step 600.
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
        // A torn one may be the newest: it is named.
        let passed_over = find(run, None).unwrap().1;
        assert!(passed_over[0].contains("step-001000"), "{passed_over:?}");
        write(folder, "summary.json", b"{}");
        assert_eq!(names(run, None)[0], "weights.safetensors");

        assert_eq!(names(run, Some(900)), ["step-000900.safetensors"]);
        let message = find(run, Some(7)).unwrap_err().to_string();
        assert!(
            message.contains("of step 7: those there are of steps 600, 900"),
            "{message}"
        );
    }

    #[test]
    fn of_a_folder_that_is_no_run_its_files_of_weights_are_named() {
        let home = tempfile::tempdir().unwrap();
        let said = || {
            find(home.path().to_str().unwrap(), None)
                .unwrap_err()
                .to_string()
        };
        for number in 1..8 {
            write(home.path(), &format!("m-{number}.safetensors"), b"");
        }
        assert!(
            said().ends_with("m-4.safetensors, m-5.safetensors, 2 more"),
            "{}",
            said()
        );
    }

    #[test]
    fn a_file_is_itself_and_has_no_steps() {
        let file = "somewhere/w.safetensors";
        assert_eq!(find(file, None).unwrap().0[0].path(), Path::new(file));
        let message = find(file, Some(3)).unwrap_err().to_string();
        assert!(message.contains("leave it out"), "{message}");
    }
}
