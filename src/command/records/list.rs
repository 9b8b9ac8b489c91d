//! `sn-tui runs`: lists runs.

use std::{path::Path, time::SystemTime};

use super::{
    about::{json::RunJson, started},
    words,
};
use crate::{
    command::{Error, RunsArgs, columns},
    preset::number::grouped,
    rundir::{
        layout,
        record::{FindError, Run, find, is_run},
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

fn json(runs: &[Run]) -> serde_json::Result<String> {
    let runs: Vec<RunJson> = runs.iter().map(RunJson::of).collect();
    Ok(serde_json::to_string_pretty(&runs)? + "\n")
}

fn table(runs: &[Run], now: SystemTime) -> String {
    // STEP and SIZE.
    const RIGHT: [usize; 2] = [3, 7];
    let heading = [
        "NAME", "STATE", "PRESET", "STEP", "SCORES", "STARTED", "WRITTEN", "SIZE",
    ];
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(runs.iter().map(|run| row(run, now)));
    columns::aligned(&rows, &RIGHT)
}

fn row(run: &Run, now: SystemTime) -> [String; 8] {
    let none = || "-".to_owned();
    let step = match run.steps() {
        Some(steps) => format!("{}/{}", grouped(run.step.into()), grouped(steps.into())),
        None => grouped(run.step.into()),
    };
    let scores = run
        .scores
        .as_ref()
        .map(|scores| words::scores(&scores.figures));
    [
        run.name.clone(),
        run.state.name().to_owned(),
        run.preset_name().map_or_else(none, str::to_owned),
        step,
        scores.unwrap_or_else(none),
        started(run).map_or_else(none, words::moment),
        run.written.map_or_else(none, |time| words::ago(time, now)),
        words::size(run.bytes),
    ]
    .map(|cell| one_line(&cell).into_owned())
}
