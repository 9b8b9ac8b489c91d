//! `sn-tui show RUN --about`: how a run went.

pub(crate) mod json;

use std::{fs, path::Path, time::SystemTime};

use jiff::Timestamp;

use super::words;
use crate::{
    command::Error,
    files::folder::Folder,
    headless,
    model::{Event, Parent},
    preset::number::grouped,
    rundir::{
        checkpoint,
        journal::listing::ListedEntry,
        layout,
        record::{CheckpointFile, Run, State},
    },
    text::{one_line, streams::write_out},
};
use json::DetailsJson;

/// Number of journal entries in the description for people.
const ENTRIES: usize = 40;

/// Prints how a run went, as text or JSON.
///
/// # Errors
/// Standard output fails.
pub(crate) fn about(directory: &Path, json: bool) -> Result<(), Error> {
    let mut run = Run::open(directory);
    run.problems.extend(damaged_checkpoints(directory));
    let text = if json {
        serde_json::to_string_pretty(&DetailsJson::of(&run))? + "\n"
    } else {
        describe(&run, SystemTime::now())
    };
    Ok(write_out(text.as_bytes())?)
}

/// Returns messages about damaged checkpoints after the one from which `resume` would continue.
fn damaged_checkpoints(directory: &Path) -> Vec<String> {
    let folder = match Folder::open(directory) {
        Ok(folder) => folder.place(layout::CHECKPOINTS),
        Err(error) => return vec![error.to_string()],
    };
    match checkpoint::newest(&folder) {
        Ok((_, wrong)) => wrong
            .into_iter()
            .map(|(place, problem)| format!("{place} is skipped: {problem}"))
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Returns when a run was started: as `run.json` says, else by its first file.
pub(super) fn started(run: &Run) -> Option<SystemTime> {
    let recorded = run.about.started.as_deref();
    let recorded = recorded.and_then(|text| text.parse::<Timestamp>().ok());
    let modified = |name: &str| {
        let file = fs::metadata(run.directory.join(name)).ok()?;
        file.modified().ok()
    };
    recorded
        .map(SystemTime::from)
        .or_else(|| modified(layout::PRESET))
        .or_else(|| modified(layout::ABOUT))
}

/// Returns the description of a run for people.
fn describe(run: &Run, now: SystemTime) -> String {
    let mut rows: Vec<(&str, String)> = vec![("run", run.name.clone())];
    let state = match run.state {
        State::Silent(since) => format!(
            "silent: a process has it, but has written nothing since {} ({})",
            words::moment(since),
            words::ago(since, now)
        ),
        state => state.name().to_owned(),
    };
    rows.push(("state", state));
    let mut made: Vec<String> = Vec::new();
    made.extend(run.preset_name().map(str::to_owned));
    made.extend(run.about.seed.map(|seed| format!("seed {seed}")));
    made.extend(run.about.device.clone());
    made.extend(run.about.threads.map(headless::threads));
    made.extend((run.about.version.as_deref()).map(|version| format!("sn-tui {version}")));
    made.extend(run.about.numerics.map(|n| format!("numerics {n}")));
    rows.push(("made from", made.join(", ")));
    if let Some(parent) = &run.about.parent {
        let path = parent.path(&run.directory).display().to_string();
        let path = Parent {
            run: path,
            ..parent.clone()
        };
        rows.push(("forked from", path.to_string()));
    }
    let mut steps = grouped(run.step.into());
    if let Some(all) = run.steps() {
        steps.push_str(&format!(" of {}", grouped(all.into())));
    }
    if let Some(seconds) = run.seconds() {
        steps.push_str(&format!(" in {seconds:.1} s of training"));
        if seconds > 0.0 {
            steps.push_str(&format!(", {:.1} steps/s", run.step as f64 / seconds));
        }
    }
    rows.push(("steps", steps));
    if let Some(time) = started(run) {
        rows.push(("started", words::moment(time)));
    }
    if let Some(time) = run.written {
        let text = format!("{} ({})", words::moment(time), words::ago(time, now));
        rows.push(("last written", text));
    }
    if let Some(point) = &run.last {
        let measures = &point.measures;
        let text = format!("D {:.4}, G {:.4}", measures.loss_d, measures.loss_g);
        rows.push(("losses", text));
    }
    if let Some(scores) = &run.scores {
        let step = grouped(scores.step.into());
        rows.push(("scores", format!("{} (step {step})", scores.figures)));
    }
    if let Some(hash) = run
        .ending
        .as_ref()
        .and_then(|e| e.weights_sha256.as_deref())
    {
        rows.push(("weights", format!("sha256 {hash}")));
    }
    if run.journal.branches > 0 {
        let times = match run.journal.branches {
            1 => "once".to_owned(),
            more => format!("{more} times"),
        };
        rows.push(("went back", times));
    }
    rows.push(("size", words::size(run.bytes)));
    for problem in &run.problems {
        rows.push(("warning", problem.clone()));
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows
        .iter()
        .map(|(name, text)| format!("{name:width$}  {}\n", one_line(text)));
    let mut text: String = lines.collect();
    text.push_str(&checkpoints(run, now));
    text.push_str(&journal(run));
    let place = run.directory.display().to_string();
    text.push_str(&format!("\nfiles in {}\n", one_line(&place)));
    text
}

/// Returns the list of checkpoints.
fn checkpoints(run: &Run, now: SystemTime) -> String {
    if run.checkpoints.is_empty() {
        return "\nno checkpoints\n".to_owned();
    }
    let line = |file: &CheckpointFile| {
        let written = file
            .written
            .map_or_else(String::new, |time| words::ago(time, now));
        let mark = if file.marked { "  marked" } else { "" };
        let size = words::size(file.bytes);
        format!(
            "  step {:>9}  {size:>7}  {written}{mark}\n",
            grouped(file.step.into())
        )
    };
    let lines: String = run.checkpoints.iter().map(line).collect();
    format!("\ncheckpoints\n{lines}")
}

/// Returns the last entries of the journal.
fn journal(run: &Run) -> String {
    let entries: Vec<_> = run.journal.entries().collect();
    if entries.is_empty() {
        return "\nno changes and no alarms\n".to_owned();
    }
    let first = entries.len().saturating_sub(ENTRIES);
    let mut text = "\njournal\n".to_owned();
    if first > 0 || run.journal.is_cut() {
        text.push_str(&format!(
            "  ({first} or more earlier entries are in {})\n",
            layout::JOURNAL
        ));
    }
    for ListedEntry { entry, status } in &entries[first..] {
        let left = if status.abandoned {
            "  (abandoned)"
        } else {
            ""
        };
        let step = grouped(entry.step.into());
        let event = event_text(&entry.event);
        text.push_str(&format!("  step {step:>9}  {event}{left}\n"));
    }
    text
}

/// Returns an event as one line of text.
fn event_text(event: &Event) -> String {
    let text = match event {
        Event::Set { key, old, new } => format!("{key}: {old} → {new}"),
        Event::Alarm { key, text } => format!("alarm {key}: {text}"),
        Event::AlarmEnd { key, .. } => format!("alarm {key} is over"),
        Event::Refused { .. }
        | Event::Pause
        | Event::Resume
        | Event::Step { .. }
        | Event::NotApplied { .. }
        | Event::Mark { .. }
        | Event::Rewind { .. }
        | Event::Continue { .. }
        | Event::Steps { .. }
        | Event::Device { .. }
        | Event::Fork { .. }
        | Event::Join { .. }
        | Event::Note { .. }
        | Event::Unknown(_) => event.to_string(),
    };
    one_line(text.trim_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::journal::tests::entry;

    #[test]
    fn events_are_texts_without_control_characters() {
        let text =
            |kind: &str, key: &str, new: &str| event_text(&entry(1, kind, key, new, "key").event);
        assert_eq!(text("set", "gain", "2"), "gain:  → 2");
        assert_eq!(text("alarm_end", "x.d.0", ""), "alarm x.d.0 is over");
        assert_eq!(text("step_d", "", "5"), "step_d 5");
        assert_eq!(text("pause", "", ""), "pause");
        assert_eq!(
            text("\u{1b}[2J", "\r\n", "x"),
            "\\u001b[2J \\u000d\\u000a x"
        );
    }
}
