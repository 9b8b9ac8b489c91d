//! From what names a run to the file that holds its weights.

use std::path::{Path, PathBuf};

use super::Error;
use crate::run::{checkpoint, record};

/// The weights at the end of a run.
pub const AT_THE_END: &str = "weights.safetensors";
/// Written when a process has ended in order, after the weights; taken away when the run goes on.
const SUMMARY: &str = "summary.json";
/// Folder of the checkpoints.
pub const CHECKPOINTS: &str = "checkpoints";
const EXTENSION: &str = "safetensors";

/// The files that may hold the weights of what `run` names, the first that can be read being meant. `run` is a file of
/// weights, a run's folder, or the name or id of a folder under `runs/`; `step` picks a checkpoint. Without it the weights at
/// the end are meant, of a run that has not ended its latest checkpoint.
///
/// # Errors
/// Nothing of this name; a folder without weights, or without a checkpoint of this step.
pub fn find(run: &str, step: Option<u64>) -> Result<Vec<PathBuf>, Error> {
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
            None => Ok(vec![path.to_owned()]),
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
    read: impl Fn(&Path) -> Result<T, Error>,
) -> Result<(T, Vec<String>), Error> {
    let mut passed_over = Vec::new();
    let mut first = None;
    for path in find(run, step)? {
        match read(&path) {
            Ok(found) => return Ok((found, passed_over)),
            Err(error) => {
                passed_over.push(error.to_string());
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or_else(|| Error::NoWeights(run.into())))
}

fn of_folder(folder: &Path, step: Option<u64>) -> Result<Vec<PathBuf>, Error> {
    let checkpoints = checkpoints(&folder.join(CHECKPOINTS));
    if let Some(step) = step {
        let of_step = checkpoints
            .iter()
            .filter(|checkpoint| checkpoint.step == step);
        let of_step: Vec<PathBuf> = of_step.map(|checkpoint| checkpoint.path.clone()).collect();
        if of_step.is_empty() {
            let mut there: Vec<u64> = checkpoints.iter().map(|c| c.step).collect();
            there.sort_unstable();
            there.dedup();
            return Err(Error::NoStep {
                folder: folder.to_owned(),
                step,
                there,
            });
        }
        return Ok(of_step);
    }
    let weights = Some(folder.join(AT_THE_END)).filter(|path| path.is_file());
    let ended = folder.join(SUMMARY).is_file() || checkpoints.is_empty();
    let checkpoints = checkpoints.into_iter().map(|checkpoint| checkpoint.path);
    let found: Vec<PathBuf> = match ended {
        true => weights.into_iter().chain(checkpoints).collect(),
        false => checkpoints.chain(weights).collect(),
    };
    match found.is_empty() {
        true => Err(Error::NoWeights(folder.to_owned())),
        false => Ok(found),
    }
}

struct Checkpoint {
    path: PathBuf,
    step: u64,
}

/// The checkpoints of a folder that say where they belong, the last one made first: a run may have gone back to an earlier
/// step.
fn checkpoints(folder: &Path) -> Vec<Checkpoint> {
    let listed = checkpoint::list(folder).unwrap_or_default();
    let placed = listed.into_iter().rev().filter_map(|file| {
        let step = file.position.ok()?.step;
        let path = file.path;
        Some(Checkpoint { path, step })
    });
    placed.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::run::checkpoint::{encode, tests::checkpoint};

    fn write(folder: &Path, name: &str, bytes: &[u8]) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn names(found: &[PathBuf]) -> Vec<&str> {
        let names = found.iter().map(|path| path.file_name().unwrap().to_str());
        names.map(Option::unwrap).collect()
    }

    #[test]
    fn the_end_is_meant_where_a_run_has_ended_else_the_latest_checkpoint() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let run = folder.to_str().unwrap();
        let message = find(run, None).unwrap_err().to_string();
        assert!(message.contains("holds no weights"), "{message}");

        write(folder, "weights.safetensors", b"");
        assert_eq!(names(&find(run, None).unwrap()), ["weights.safetensors"]);
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
        let latest = find(run, None).unwrap();
        assert_eq!(names(&latest)[0], "mark-000600.safetensors");
        assert_eq!(latest.len(), 3);
        write(folder, "summary.json", b"{}");
        assert_eq!(names(&find(run, None).unwrap())[0], "weights.safetensors");

        let of_step = find(run, Some(900)).unwrap();
        assert_eq!(names(&of_step), ["step-000900.safetensors"]);
        let message = find(run, Some(7)).unwrap_err().to_string();
        assert!(
            message.contains("of step 7: those there are of steps 600, 900"),
            "{message}"
        );
    }

    #[test]
    fn a_file_is_itself_and_has_no_steps() {
        let file = "somewhere/w.safetensors";
        assert_eq!(find(file, None).unwrap(), [Path::new(file)]);
        let message = find(file, Some(3)).unwrap_err().to_string();
        assert!(message.contains("leave it out"), "{message}");
    }
}
