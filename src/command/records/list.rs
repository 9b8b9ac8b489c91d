//! `sn-tui runs`: what there is.

use std::{fs, path::Path, time::SystemTime};

use serde::Serialize;

use super::{
    about::{Story, began},
    words,
};
use crate::{
    command::{Error, RunsArgs},
    preset::number::grouped,
    rundir::{
        layout,
        record::{Run, Unknown, find, is_run},
    },
    text::{one_line, streams::write_out},
};

/// Lists the runs of a folder, the newest first.
///
/// # Errors
/// A folder that does not exist or cannot be read; standard output fails.
pub fn runs(arguments: &RunsArgs) -> Result<(), Error> {
    let folder = &arguments.folder;
    let runs = match all(folder) {
        // Where nothing was run yet, that is the answer.
        Err(Unknown::NoFolder(_)) if *folder == *Path::new(layout::RUNS) => Vec::new(),
        runs => runs.map_err(super::wrong)?,
    };
    let text = match arguments.json {
        true => json(&runs)?,
        false if runs.is_empty() => none(folder),
        false => table(&runs, SystemTime::now()),
    };
    Ok(write_out(text.as_bytes())?)
}

fn all(folder: &Path) -> Result<Vec<Run>, Unknown> {
    let names = find::names(folder)?;
    let mut runs: Vec<Run> = names
        .iter()
        .map(|name| Run::open(&folder.join(name)))
        .collect();
    runs.sort_by(|a, b| (began(b), &b.name).cmp(&(began(a), &a.name)));
    Ok(runs)
}

fn none(folder: &Path) -> String {
    let folder_name = folder.display();
    match is_run(folder) {
        true => format!(
            "no runs in {folder_name}: it is a run itself, of which `sn-tui show --about` tells\n"
        ),
        false => format!("no runs in {folder_name}\n"),
    }
}

fn json(runs: &[Run]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Listed<'a>(Vec<Story<'a>>);
    let stories = Listed(runs.iter().map(Story::of).collect());
    Ok(serde_json::to_string_pretty(&stories)? + "\n")
}

fn table(runs: &[Run], now: SystemTime) -> String {
    const RIGHT: [usize; 2] = [3, 7];
    let heading = [
        "NAME", "STATE", "PRESET", "STEP", "SCORES", "STARTED", "WRITTEN", "SIZE",
    ];
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(runs.iter().map(|run| row(run, now)));
    let width = |column: usize| {
        let cells = rows
            .iter()
            .map(|row: &[String; 8]| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: [usize; 8] = std::array::from_fn(width);
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match RIGHT.contains(&column) {
            true => format!("{cell:>width$}"),
            false => format!("{cell:width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
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
        began(run).map_or_else(none, words::moment),
        run.written.map_or_else(none, |time| words::ago(time, now)),
        words::size(run.bytes),
    ]
    .map(|cell| one_line(&cell).into_owned())
}

/// When a run was begun: as it says itself, else by its first file.
pub fn first_file(directory: &Path) -> Option<SystemTime> {
    let file = |name: &str| fs::metadata(directory.join(name)).ok()?.modified().ok();
    file(layout::PRESET).or_else(|| file(layout::ABOUT))
}
