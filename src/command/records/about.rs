//! `sn-tui show RUN --about`: how a run went.

use std::{path::Path, time::SystemTime};

use jiff::Timestamp;
use serde::Serialize;

use super::{list::first_file, words};
use crate::{
    command::Error,
    files::folder::Folder,
    model::{Event, Scores},
    preset::number::grouped,
    rundir::{
        checkpoint,
        journal::listing::Listed,
        layout,
        record::{CheckpointFile, Run, State},
    },
    text::{one_line, streams::write_out},
};

/// Entries of the journal that a story for people tells.
const ENTRIES: usize = 40;

/// Tells how a run went.
///
/// # Errors
/// Standard output fails.
pub fn about(directory: &Path, json: bool) -> Result<(), Error> {
    let mut run = Run::open(directory);
    run.problems.extend(torn(directory));
    let text = match json {
        true => {
            let whole = Whole {
                story: Story::of(&run),
                journal: run.journal.entries().collect(),
                checkpoints: run.checkpoints.iter().map(Saved::of).collect(),
                problems: &run.problems,
            };
            serde_json::to_string_pretty(&whole)? + "\n"
        }
        false => story(&run, SystemTime::now()),
    };
    Ok(write_out(text.as_bytes())?)
}

/// Checkpoints newer than the last whole one, from which the run would be gone on with, and what is wrong with them.
fn torn(directory: &Path) -> Vec<String> {
    let folder = match Folder::open(directory) {
        Ok(folder) => folder.place(layout::CHECKPOINTS),
        Err(error) => return vec![error.to_string()],
    };
    match checkpoint::newest(&folder) {
        Ok((_, wrong)) => wrong
            .into_iter()
            .map(|(place, problem)| format!("{place} is passed over: {problem}"))
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// A run in a list, for programs.
#[derive(Serialize)]
pub struct Story<'a> {
    name: &'a str,
    id: Option<&'a str>,
    directory: &'a Path,
    state: &'static str,
    /// Since when a silent run has written nothing.
    silent_since: Option<String>,
    preset: Option<&'a str>,
    seed: Option<u64>,
    device: Option<&'a str>,
    version: Option<&'a str>,
    numerics: Option<u32>,
    step: u64,
    steps: Option<u64>,
    seconds: Option<f64>,
    loss_d: Option<f32>,
    loss_g: Option<f32>,
    scores: Option<&'a Scores>,
    scores_step: Option<u64>,
    started: Option<String>,
    written: Option<String>,
    bytes: u64,
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    story: Story<'a>,
    journal: Vec<&'a Listed>,
    checkpoints: Vec<Saved<'a>>,
    problems: &'a [String],
}

#[derive(Serialize)]
struct Saved<'a> {
    step: u64,
    marked: bool,
    path: &'a Path,
    bytes: u64,
}

impl<'a> Saved<'a> {
    fn of(file: &'a CheckpointFile) -> Self {
        Self {
            step: file.step,
            marked: file.marked,
            path: &file.path,
            bytes: file.bytes,
        }
    }
}

impl<'a> Story<'a> {
    pub fn of(run: &'a Run) -> Self {
        let last = run.last.as_ref().map(|point| &point.measures);
        let finite = |value: f32| Some(value).filter(|value| value.is_finite());
        Self {
            name: &run.name,
            id: run.id(),
            directory: &run.directory,
            state: run.state.name(),
            silent_since: match run.state {
                State::Silent(since) => stamp(since),
                _ => None,
            },
            preset: run.preset_name(),
            seed: run.about.seed,
            device: run.about.device.as_deref(),
            version: run.about.version.as_deref(),
            numerics: run.about.numerics,
            step: run.step,
            steps: run.steps(),
            seconds: run.seconds(),
            loss_d: last.and_then(|measures| finite(measures.loss_d)),
            loss_g: last.and_then(|measures| finite(measures.loss_g)),
            scores: run.scores.as_deref(),
            scores_step: run.scores.as_ref().map(|scores| scores.step),
            started: began(run).and_then(stamp),
            written: run.written.and_then(stamp),
            bytes: run.bytes,
        }
    }
}

/// When a run was begun: as it says itself, else by its first file.
pub fn began(run: &Run) -> Option<SystemTime> {
    let said = run.about.started.as_deref();
    let said = said.and_then(|text| text.parse::<Timestamp>().ok());
    said.map(SystemTime::from)
        .or_else(|| first_file(&run.directory))
}

fn stamp(time: SystemTime) -> Option<String> {
    let stamp = Timestamp::try_from(time).ok()?;
    Some(format!("{stamp:.0}"))
}

/// The story for people.
fn story(run: &Run, now: SystemTime) -> String {
    let mut rows: Vec<(&str, String)> = vec![("run", run.name.clone())];
    let state = match run.state {
        State::Silent(since) => format!(
            "silent: a process has it, and has written nothing since {} ({})",
            words::moment(since),
            words::ago(since, now)
        ),
        state => state.name().to_owned(),
    };
    rows.push(("state", state));
    let mut made = Vec::new();
    made.extend(run.preset_name().map(str::to_owned));
    made.extend(run.about.seed.map(|seed| format!("seed {seed}")));
    made.extend(run.about.device.clone());
    made.extend(run.about.threads.map(|threads| match threads {
        1 => "1 thread".to_owned(),
        many => format!("{many} threads"),
    }));
    made.extend((run.about.version.as_deref()).map(|version| format!("sn-tui {version}")));
    made.extend(run.about.numerics.map(|n| format!("numerics {n}")));
    rows.push(("made from", made.join(", ")));
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
    if let Some(time) = began(run) {
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

fn journal(run: &Run) -> String {
    let entries: Vec<_> = run.journal.entries().collect();
    if entries.is_empty() {
        return "\nno changes and no alarms\n".to_owned();
    }
    let first = entries.len().saturating_sub(ENTRIES);
    let mut text = "\njournal\n".to_owned();
    if first > 0 || run.journal.is_cut() {
        text.push_str(&format!(
            "  ({first} or more before; {} has all)\n",
            layout::JOURNAL
        ));
    }
    for Listed { entry, standing } in &entries[first..] {
        let left = if standing.abandoned {
            "  (left behind)"
        } else {
            ""
        };
        let step = grouped(entry.step.into());
        let event = spoken(&entry.event);
        text.push_str(&format!("  step {step:>9}  {event}{left}\n"));
    }
    text
}

/// An event in words.
fn spoken(event: &Event) -> String {
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
        | Event::Unknown(_) => event.to_string(),
    };
    one_line(text.trim_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::journal::tests::entry;

    #[test]
    fn events_are_told_in_words_that_a_terminal_can_bear() {
        let told =
            |kind: &str, key: &str, new: &str| spoken(&entry(1, kind, key, new, "key").event);
        assert_eq!(told("set", "gain", "2"), "gain:  → 2");
        assert_eq!(told("alarm_end", "x.d.0", ""), "alarm x.d.0 is over");
        assert_eq!(told("step_d", "", "5"), "step_d 5");
        assert_eq!(told("pause", "", ""), "pause");
        assert_eq!(
            told("\u{1b}[2J", "\r\n", "x"),
            "\\u001b[2J \\u000d\\u000a x"
        );
    }
}
