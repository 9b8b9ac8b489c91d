//! From what names a run to the file that holds its weights.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::Error;
use crate::run::directory::RUNS;

/// The weights at the end of a run.
const AT_THE_END: &str = "weights.safetensors";
/// Written when a process has ended in order, after the weights; taken away when the run goes on.
const SUMMARY: &str = "summary.json";
/// Folder of the checkpoints.
const CHECKPOINTS: &str = "checkpoints";
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
    of_folder(&by_id(run, Path::new(RUNS))?, step)
}

/// The folder under `runs` with this name, or with this id at its end.
fn by_id(name: &str, runs: &Path) -> Result<PathBuf, Error> {
    let end = format!("-{name}");
    let mut found = Vec::new();
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        let folder = entry.file_name();
        let Some(folder) = folder.to_str().filter(|_| entry.path().is_dir()) else {
            continue;
        };
        if folder == name {
            return Ok(entry.path());
        }
        if !name.is_empty() && folder.ends_with(&end) {
            found.push(folder.to_owned());
        }
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(runs.join(one)),
        _ => Err(Error::NotFound {
            name: name.to_owned(),
            among: found,
        }),
    }
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
    written: SystemTime,
}

/// The checkpoints of a folder, the latest written first: a run may have gone back to an earlier step.
fn checkpoints(folder: &Path) -> Vec<Checkpoint> {
    let mut found: Vec<Checkpoint> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let stem = path.file_name()?.to_str()?.strip_suffix(".safetensors")?;
            let step = stem
                .strip_prefix("step-")
                .or_else(|| stem.strip_prefix("mark-"))?;
            let written = entry.metadata().ok()?.modified().ok()?;
            let step = step.parse().ok()?;
            Some(Checkpoint {
                path,
                step,
                written,
            })
        })
        .collect();
    found.sort_by(|a, b| {
        let latest = b.written.cmp(&a.written);
        latest.then(b.step.cmp(&a.step)).then(b.path.cmp(&a.path))
    });
    found
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Duration};

    use super::*;

    fn touch(folder: &Path, name: &str, age: u64) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::create(&path).unwrap();
        let then = SystemTime::now() - Duration::from_secs(age);
        file.set_modified(then).unwrap();
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

        touch(folder, "weights.safetensors", 50);
        assert_eq!(names(&find(run, None).unwrap()), ["weights.safetensors"]);
        // Step 900 is of a branch that was left for step 600.
        touch(folder, "checkpoints/step-000900.safetensors", 40);
        touch(folder, "checkpoints/mark-000600.safetensors", 30);
        touch(folder, "checkpoints/.step-001000.safetensors.12", 1);
        touch(folder, "checkpoints/step-x.safetensors", 1);
        let latest = find(run, None).unwrap();
        assert_eq!(names(&latest)[0], "mark-000600.safetensors");
        assert_eq!(latest.len(), 3);
        touch(folder, "summary.json", 20);
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
    fn a_run_is_found_by_its_name_and_by_its_id() {
        let home = tempfile::tempdir().unwrap();
        let runs = home.path();
        for folder in ["2026-11-24-ring-0a1b2c", "2026-11-25-ring-0d1b2c", "mine"] {
            fs::create_dir(runs.join(folder)).unwrap();
        }
        let found = |name| by_id(name, runs).map_err(|error| error.to_string());
        assert_eq!(found("0a1b2c"), Ok(runs.join("2026-11-24-ring-0a1b2c")));
        assert_eq!(found("mine"), Ok(runs.join("mine")));
        for none in ["2c", "ring", "", "0a1b2"] {
            assert!(found(none).unwrap_err().contains("no run"), "{none}");
        }
        fs::create_dir(runs.join("2026-11-26-ring-0a1b2c")).unwrap();
        let message = found("0a1b2c").unwrap_err();
        assert!(
            message.contains("24-ring-0a1b2c or 2026-11-26"),
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
