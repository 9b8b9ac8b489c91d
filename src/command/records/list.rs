//! `sn-tui runs`: lists runs.

use std::{iter, path::Path, time::SystemTime};

use super::{
    about::{json::RunJson, started},
    words,
};
use crate::{
    command::{Error, RunsArgs, columns},
    preset::number::grouped,
    rundir::{
        layout,
        record::{FindError, Run, find, is_run, lanes},
    },
    text::{one_line, streams::write_out},
};

/// Prints the runs of a folder, the newest first.
///
/// # Errors
/// The folder does not exist or cannot be read, or standard output fails.
pub(crate) fn runs(arguments: &RunsArgs) -> Result<(), Error> {
    let folder = &arguments.folder;
    let runs = match all(folder) {
        // Before the first run the default folder does not exist.
        Err(FindError::NoFolder(_)) if *folder == *Path::new(layout::RUNS) => Vec::new(),
        runs => runs.map_err(super::wrong_name)?,
    };
    let runs: Vec<Listed> = runs.into_iter().flat_map(with_lanes).collect();
    let text = match arguments.json {
        true => json(&runs)?,
        false if runs.is_empty() => no_runs(folder),
        false => table(&runs, SystemTime::now()),
    };
    Ok(write_out(text.as_bytes())?)
}

fn all(folder: &Path) -> Result<Vec<Run>, FindError> {
    let names = find::names(folder)?;
    let mut runs: Vec<Run> = names
        .iter()
        .map(|name| Run::open(&folder.join(name)))
        .collect();
    runs.sort_by(|a, b| (started(b), &b.name).cmp(&(started(a), &a.name)));
    Ok(runs)
}

/// A run in the list.
struct Listed {
    run: Run,
    /// Whether it is a lane of the run before it.
    is_lane: bool,
}

/// Returns a run, followed by its lanes.
fn with_lanes(run: Run) -> Vec<Listed> {
    let of_run = lanes(&run.directory);
    let of_run = of_run.iter().map(|lane| Listed {
        run: Run::open(lane),
        is_lane: true,
    });
    let lanes: Vec<Listed> = of_run.collect();
    let is_lane = false;
    iter::once(Listed { run, is_lane }).chain(lanes).collect()
}

fn no_runs(folder: &Path) -> String {
    let folder_name = folder.display();
    if is_run(folder) {
        format!(
            "no runs in {folder_name}: it is a run itself; `sn-tui show --about` describes it\n"
        )
    } else {
        format!("no runs in {folder_name}\n")
    }
}

fn json(runs: &[Listed]) -> serde_json::Result<String> {
    let runs: Vec<RunJson> = runs.iter().map(|listed| RunJson::of(&listed.run)).collect();
    Ok(serde_json::to_string_pretty(&runs)? + "\n")
}

/// Returns the table of runs. The column of parents is there if a run was forked.
fn table(runs: &[Listed], now: SystemTime) -> String {
    // STEP and SIZE.
    const RIGHT: [usize; 2] = [3, 7];
    let heading = [
        "NAME", "STATE", "PRESET", "STEP", "SCORES", "STARTED", "WRITTEN", "SIZE",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().map(|listed| row(listed, now)));
    let parents = runs.iter().map(|Listed { run, .. }| {
        let parent = run.about.parent.as_ref();
        parent.map(|parent| parent.brief(&run.directory))
    });
    let parents: Vec<Option<String>> = parents.collect();
    if parents.iter().any(Option::is_some) {
        let cells = parents
            .into_iter()
            .map(|parent| parent.unwrap_or_else(none));
        let cells = iter::once("FROM".to_owned()).chain(cells);
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(one_line(&cell).into_owned());
        }
    }
    columns::aligned(&rows, &RIGHT)
}

fn none() -> String {
    "-".to_owned()
}

fn row(listed: &Listed, now: SystemTime) -> Vec<String> {
    let Listed { run, is_lane } = listed;
    let name = if *is_lane {
        format!("  {}/{}", layout::LANES, run.name)
    } else {
        run.name.clone()
    };
    let step = match run.steps() {
        Some(steps) => format!("{}/{}", grouped(run.step.into()), grouped(steps.into())),
        None => grouped(run.step.into()),
    };
    let scores = run
        .scores
        .as_ref()
        .map(|scores| words::scores(&scores.figures));
    let cells = [
        name,
        run.state.name().to_owned(),
        run.preset_name().map_or_else(none, str::to_owned),
        step,
        scores.unwrap_or_else(none),
        started(run).map_or_else(none, words::moment),
        run.written.map_or_else(none, |time| words::ago(time, now)),
        words::size(run.bytes),
    ];
    cells.map(|cell| one_line(&cell).into_owned()).to_vec()
}
