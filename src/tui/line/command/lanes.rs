//! The commands about lanes and about several settings.

use super::{ParseError, ParsedCommand};
use crate::{
    model::{Assignment, Command, LaneId},
    preset::{Preset, is_live, set_all},
    tui::app::lanes::Lanes,
};

/// The option of `fork` that names a lane to bring back.
pub(crate) const FROM: &str = "--from";

/// Reads `[--from LANE] [K=V…]`.
pub(super) fn fork(
    rest: &str,
    preset: &Preset,
    lanes: &Lanes,
) -> Result<ParsedCommand, ParseError> {
    let named = rest.strip_prefix(FROM);
    let named = named.filter(|named| named.starts_with([' ', '=']) || named.is_empty());
    let (from, settings) = match named {
        None => (None, rest),
        Some(named) => {
            let named = named.trim_start_matches([' ', '=']);
            let (name, settings) = named.split_once(' ').unwrap_or((named, ""));
            let lane = lane(name)?;
            if lanes.names().contains(&lane) {
                return Err(ParseError::LaneIsGoing(lane));
            }
            (Some(lane), settings)
        }
    };
    let changes = match from {
        None => changes(settings, preset)?,
        // Its own settings are not known here: the worker checks them together.
        Some(_) => assignments(settings)?,
    };
    Ok(ParsedCommand::Send(Command::Fork { changes, from }))
}

/// Reads the name of a lane that is to end.
pub(super) fn join(rest: &[&str], lanes: &Lanes) -> Result<ParsedCommand, ParseError> {
    match going("join", rest, lanes)? {
        LaneId::A => Err(ParseError::JoinsTheRun),
        lane => Ok(ParsedCommand::Send(Command::Join(lane))),
    }
}

/// Reads the name of a lane that is to be selected.
pub(super) fn select(rest: &[&str], lanes: &Lanes) -> Result<ParsedCommand, ParseError> {
    going("lane", rest, lanes).map(ParsedCommand::SelectLane)
}

/// Reads `K=V…` for all lanes.
pub(super) fn all(rest: &str, preset: &Preset) -> Result<ParsedCommand, ParseError> {
    match changes(rest, preset)? {
        changes if changes.is_empty() => Err(ParseError::TakesSettings("all")),
        changes => Ok(ParsedCommand::SendToAll(Command::SetAll(changes))),
    }
}

/// Reads the text of a note.
pub(super) fn note(rest: &str) -> Result<ParsedCommand, ParseError> {
    match rest.trim() {
        "" => Err(ParseError::TakesText),
        text => Ok(ParsedCommand::Send(Command::Note(text.to_owned()))),
    }
}

/// Reads the name of a lane that is going, after `word`.
fn going(word: &'static str, rest: &[&str], lanes: &Lanes) -> Result<LaneId, ParseError> {
    let known = lanes.names();
    match rest {
        [name] => match lane(name)? {
            lane if known.contains(&lane) => Ok(lane),
            lane => Err(ParseError::NoLane { lane, known }),
        },
        _ => Err(ParseError::TakesLane { word, known }),
    }
}

fn lane(name: &str) -> Result<LaneId, ParseError> {
    name.parse().map_err(ParseError::NotALane)
}

/// Reads settings and checks them together, as far as possible without the run's data.
fn changes(text: &str, preset: &Preset) -> Result<Vec<Assignment>, ParseError> {
    let changes = assignments(text)?;
    let settings: Vec<String> = changes.iter().map(ToString::to_string).collect();
    set_all(preset, &settings).map_err(Box::new)?;
    match changes.iter().find(|change| !is_live(&change.key)) {
        Some(fixed) => Err(ParseError::Fixed(fixed.key.clone())),
        None => Ok(changes),
    }
}

/// Splits `K=V K=V`. A word with `=` begins a setting, so a value may contain spaces; `;` separates settings as well.
fn assignments(text: &str) -> Result<Vec<Assignment>, ParseError> {
    let mut all: Vec<Assignment> = Vec::new();
    let words = text.split([' ', ';']).filter(|word| !word.is_empty());
    for word in words {
        match (word.split_once('='), all.last_mut()) {
            (Some((key, value)), _) if !key.is_empty() => all.push(Assignment {
                key: key.to_owned(),
                value: value.to_owned(),
            }),
            (None, Some(last)) if !last.value.is_empty() => {
                last.value.push(' ');
                last.value.push_str(word);
            }
            _ => return Err(ParseError::NotSetting(word.to_owned())),
        }
    }
    Ok(all)
}
