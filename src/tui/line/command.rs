//! The parser of the command line.

mod error;
pub(crate) mod lanes;
#[cfg(test)]
mod tests;

use crate::{
    model::{Command, LaneId, RunRequest, Saved, Snapshot, Updates},
    preset::{Preset, is_live, nearest::nearest, set},
    tui::app::{action::Action, lanes::Lanes, view::layers},
};

pub use error::ParseError;

/// A command word.
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// The form of its arguments, empty if it has none.
    pub takes: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
}

const fn word(name: &'static str, takes: &'static str, about: &'static str) -> Word {
    Word { name, takes, about }
}

/// All command words. A line may also be `KEY=VALUE`, as for `--set`.
pub const WORDS: &[Word] = &[
    word("pause", "", "stop before the next step"),
    word("resume", "", "go on"),
    word("step", "[N]", "make N steps (1), then pause"),
    word("step-d", "[N]", "N steps of D alone"),
    word("step-g", "[N]", "N steps of G alone"),
    word(
        "pace",
        "N|full",
        "at most N steps a second, or as fast as it goes",
    ),
    word(
        "sn",
        "[LAYER] on|off",
        "spectral normalization of D or of one layer",
    ),
    word(
        "set",
        "KEY=VALUE",
        "change a setting; `set` may be left out",
    ),
    word(
        "preset",
        "NAME [OPTIONS]",
        "end this run in order, start another",
    ),
    word(
        "fork",
        "[--from LANE] [KEY=VALUE…]",
        "split a lane off here, or bring one back that has ended",
    ),
    word("lane", "LANE", "select a lane: keys and commands act on it"),
    word("all", "KEY=VALUE…", "change settings of all lanes"),
    word("join", "LANE", "end a lane: it is saved as a finished run"),
    word("note", "TEXT", "write a note into the journal"),
    word("mark", "", "mark this state, to come back to"),
    word(
        "rewind",
        "[STEP]",
        "back to a saved state: weights, moments, settings",
    ),
    word("save", "", "save the samples as a PNG"),
    word("gif", "", "begin a GIF of the samples, or write it"),
    word("screen", "", "save a picture of the screen"),
    word(
        "pane",
        "",
        "save the focused pane, or the view: a picture and its numbers",
    ),
    word("settings", "", "the panel of settings"),
    word("presets", "", "the built-in presets"),
    word("dashboard", "", "the view of this name"),
    word("layers", "", "the view of this name"),
    word("spectrum", "", "the view of this name"),
    word("samples", "", "the view of this name"),
    word("plane", "", "the view of this name"),
    word("journal", "", "the view of this name"),
    word("compare", "", "the view of this name"),
    word("help", "", "keys, measures, alarms"),
    word(
        "quit",
        "",
        "end the run, write its files, quit; an attached screen alone",
    ),
    word("quit-run", "", "end the run, also from an attached screen"),
];

/// A parsed line.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedCommand {
    /// Nothing was typed.
    Empty,
    /// A command to the worker.
    Send(Command),
    /// A command to the worker that acts on all lanes.
    SendToAll(Command),
    /// Select this lane.
    SelectLane(LaneId),
    /// What a key does as well.
    Act(Action),
    /// Another run.
    Start(RunRequest),
}

/// Parses a line. `snapshot` is the state of the selected lane, `preset` its settings after all pending changes.
///
/// # Errors
/// The command word is unknown, what follows it is not what it takes, a setting is refused, there is no such lane, or
/// another run could not start.
pub fn parse(
    line: &str,
    snapshot: &Snapshot,
    preset: &Preset,
    lanes: &Lanes,
) -> Result<ParsedCommand, ParseError> {
    let line = line.trim().trim_start_matches(':').trim_start();
    if let Some(request) = line.strip_prefix("preset ") {
        let request = RunRequest::read(request)?;
        request.check()?;
        return Ok(ParsedCommand::Start(request));
    }
    let (word, text) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "fork" => return lanes::fork(text.trim(), preset, lanes),
        "all" => return lanes::all(text, preset),
        "note" => return lanes::note(text),
        _ => {}
    }
    let setting = line.strip_prefix("set ").unwrap_or(line);
    if let Some((path, value)) = setting.split_once('=') {
        return change(path.trim(), value.trim(), preset).map(ParsedCommand::Send);
    }
    let mut parts = line.split_whitespace();
    let Some(name) = parts.next() else {
        return Ok(ParsedCommand::Empty);
    };
    let rest: Vec<&str> = parts.collect();
    let count = || match rest[..] {
        [] => Ok(1),
        [text] => match text.replace(',', "").parse::<u64>() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(ParseError::NotSteps(text.to_owned())),
        },
        _ => Err(ParseError::TakesOneNumber(name.to_owned())),
    };
    let alone = |action| match rest[..] {
        [] => Ok(ParsedCommand::Act(action)),
        _ => Err(ParseError::TakesNothing(name.to_owned())),
    };
    let send = |command| match rest[..] {
        [] => Ok(ParsedCommand::Send(command)),
        _ => Err(ParseError::TakesNothing(name.to_owned())),
    };
    let steps = |updates| {
        let count = count()?;
        Ok(ParsedCommand::Send(Command::Step { updates, count }))
    };
    match name {
        "pause" => send(Command::Pause),
        "resume" | "go" | "continue" => send(Command::Resume),
        "step" => steps(Updates::Both),
        "step-d" => steps(Updates::Discriminator),
        "step-g" => steps(Updates::Generator),
        "pace" => pace(&rest).map(ParsedCommand::Send),
        "sn" | "layer" => normalization(&rest, snapshot).map(ParsedCommand::Send),
        "mark" => send(Command::Mark),
        "join" => lanes::join(&rest, lanes),
        "lane" => lanes::select(&rest, lanes),
        "rewind" => rewind(&rest, snapshot, lanes).map(ParsedCommand::Send),
        "save" => send(Command::SavePicture),
        "gif" => alone(Action::Gif),
        "screen" => alone(Action::SaveScreen),
        "pane" => alone(Action::SavePane),
        "settings" | "set" => alone(Action::Settings),
        "preset" | "presets" => alone(Action::Presets),
        "dashboard" => alone(Action::Dashboard),
        "layers" => alone(Action::Layers),
        "spectrum" => alone(Action::Spectrum),
        "samples" => alone(Action::Samples),
        "plane" => alone(Action::Plane),
        "journal" => alone(Action::Journal),
        "compare" => alone(Action::Compare),
        "help" => alone(Action::Help),
        "quit-run" => send(Command::Quit),
        "quit" | "q" | "exit" | "detach" => alone(Action::Quit),
        _ => Err(ParseError::NoCommand {
            word: name.to_owned(),
            nearest: nearest(name, WORDS.iter().map(|word| word.name)),
        }),
    }
}

/// Returns the command that changes a setting, checked as far as possible without the run's data.
///
/// # Errors
/// The setting is unknown or fixed, or does not take the value.
pub fn change(path: &str, value: &str, preset: &Preset) -> Result<Command, ParseError> {
    set(preset, path, value).map_err(Box::new)?;
    if !is_live(path) {
        return Err(ParseError::Fixed(path.to_owned()));
    }
    Ok(Command::Set {
        key: path.to_owned(),
        value: value.to_owned(),
    })
}

fn pace(rest: &[&str]) -> Result<Command, ParseError> {
    let [text] = rest else {
        return Err(ParseError::TakesPace);
    };
    match (*text, text.parse::<f32>()) {
        ("full" | "off" | "max", _) => Ok(Command::Pace(None)),
        (_, Ok(pace)) if pace.is_finite() && pace > 0.0 => Ok(Command::Pace(Some(pace))),
        _ => Err(ParseError::NotPace((*text).to_owned())),
    }
}

fn rewind(rest: &[&str], snapshot: &Snapshot, lanes: &Lanes) -> Result<Command, ParseError> {
    let saved: Vec<u64> = states(snapshot).map(|state| state.step).collect();
    let step = match (rest, saved.first()) {
        ([], Some(latest)) => *latest,
        ([text], _) => match text.replace(',', "").parse() {
            Ok(step) if saved.contains(&step) || lanes.is_saved_before(step, snapshot) => step,
            _ => {
                let text = (*text).to_owned();
                return Err(ParseError::NoState { text, saved });
            }
        },
        _ => return Err(ParseError::TakesState { saved }),
    };
    match lanes.without_state(step, snapshot) {
        Some(lane) => Err(ParseError::NoStateOfLane { lane, step }),
        None => Ok(Command::Rewind(step)),
    }
}

/// Returns the steps of the states to which the run can go back, the latest first.
pub fn states(snapshot: &Snapshot) -> impl Iterator<Item = Saved> {
    let mut states: Vec<Saved> = Vec::new();
    for state in snapshot.states.iter().rev() {
        match states.iter_mut().find(|known| known.step == state.step) {
            Some(known) => known.marked |= state.marked,
            None => states.push(*state),
        }
    }
    states.into_iter()
}

fn normalization(rest: &[&str], snapshot: &Snapshot) -> Result<Command, ParseError> {
    let (layer, switch) = match *rest {
        [switch] => (None, switch),
        [layer, switch] => (Some(layer), switch),
        _ => return Err(ParseError::TakesSwitch),
    };
    let value = match switch {
        "on" | "true" => "true",
        "off" | "false" => "false",
        other => return Err(ParseError::NotSwitch(other.to_owned())),
    };
    let key = match layer {
        None => "spectral.enabled".to_owned(),
        Some(layer) => {
            let known = layers::all_keys(snapshot);
            if !known.iter().any(|key| key == layer) {
                let layer = layer.to_owned();
                return Err(ParseError::NoLayer { layer, known });
            }
            format!("spectral.layers.{layer}.enabled")
        }
    };
    Ok(Command::Set {
        key,
        value: value.to_owned(),
    })
}
