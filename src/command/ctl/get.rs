//! `ctl RUN get`: the state of a run as JSON.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{
    answer::printed,
    arguments::What,
    place::{Failed, Place},
};
use crate::{
    files::open,
    model::{
        Alarm, LaneId, Line, Scores, Snapshot, Spectra, Status, Target, line::ByLayer,
        measures::SLOPES,
    },
    preset::{Preset, number::brief, setting},
    rundir::{
        Reading, layout,
        metrics::{Scan, find_branches},
    },
};

/// Returns these parts of the state of a lane, of all lanes by their names for [`Target::All`]. `around` is the step and
/// the number of steps before and after it whose measures are wanted.
///
/// # Errors
/// A lane is gone, or its metrics cannot be read.
pub(super) fn get(
    place: &Place,
    target: Target,
    what: &[What],
    around: Option<(u64, u64)>,
) -> Result<Value, Failed> {
    let mut states = Vec::new();
    for (lane, client) in place.lanes() {
        let directory = place.directory(lane);
        match client.state(&directory) {
            Ok(state) => states.push((lane, state)),
            // It ended since it was found.
            Err(_) if lane != LaneId::A => {}
            Err(_) => return Err(place.ended()),
        }
    }
    let lanes = json!(
        states
            .iter()
            .map(|(id, state)| lane(*id, state))
            .collect::<Vec<_>>()
    );
    let mut found = Map::new();
    for (id, state) in states.iter().filter(|(id, _)| target.includes(*id)) {
        let mut parts = Map::new();
        for part in What::ALL {
            if !what.is_empty() && !what.contains(&part) {
                continue;
            }
            let value = match (part, around) {
                (What::Settings, _) => settings(state),
                (What::Measures, Some(around)) => measures_around(&state.directory, around)?,
                (What::Measures, None) => {
                    let measures = state.measures.as_deref();
                    printed(&measures.map(Line::from))?
                }
                (What::Scores, _) => state.scores.as_deref().map_or(Ok(Value::Null), scores)?,
                (What::Alarms, _) => json!(state.alarms.iter().map(alarm).collect::<Vec<_>>()),
                (What::Spectra, _) => {
                    let known = state.spectra.as_deref();
                    known.map_or(Ok(Value::Null), |known| spectra(known, &state.settings))?
                }
                (What::Lanes, _) => lanes.clone(),
            };
            parts.insert(part.name().to_owned(), value);
        }
        found.insert(id.to_string(), Value::Object(parts));
    }
    match target {
        Target::All => Ok(Value::Object(found)),
        Target::Lane(lane) => found.remove(&lane.to_string()).ok_or_else(|| place.ended()),
    }
}

/// The settings in force by their paths. Numbers, switches and `None` are those of JSON; everything else is a text that
/// `set` takes.
fn settings(state: &Snapshot) -> Value {
    let values = setting::values(&state.settings).into_iter();
    let value = |text: String| match text.as_str() {
        "None" => Value::Null,
        text => serde_json::from_str(text)
            .ok()
            .filter(|value: &Value| value.is_number() || value.is_boolean())
            .unwrap_or_else(|| brief(text).into()),
    };
    values
        .map(|(setting, text)| (setting.path.to_owned(), value(text)))
        .collect::<Map<_, _>>()
        .into()
}

/// The records of the steps around one, as in metrics.jsonl.
fn measures_around(directory: &Path, (step, window): (u64, u64)) -> Result<Value, Failed> {
    let path = directory.join(layout::METRICS);
    if !path.exists() {
        return Ok(json!([]));
    }
    let wanted = step.saturating_sub(window)..=step.saturating_add(window);
    let branches = find_branches(open::no_follow(&path)?, Reading::Lenient)?;
    let mut scan = Scan::new(open::no_follow(&path)?, &branches, Reading::Lenient);
    let mut records = Vec::new();
    while let Some(record) = scan.next(|text, record, status| {
        let is_wanted = !status.abandoned && wanted.contains(&record.step());
        is_wanted.then(|| serde_json::from_slice::<Value>(text))
    })? {
        records.extend(record.transpose()?);
    }
    Ok(records.into())
}

/// Scores with their step and protocol.
fn scores(scores: &Scores) -> serde_json::Result<Value> {
    let mut all = Map::from_iter([("step".to_owned(), json!(scores.step))]);
    if let Value::Object(figures) = printed(scores)? {
        all.extend(figures);
    }
    all.insert("protocol".to_owned(), json!(scores.protocol));
    Ok(all.into())
}

/// An alarm that is on.
fn alarm(alarm: &Alarm) -> Value {
    json!({ "alarm": alarm.key(), "step": alarm.step, "text": alarm.text })
}

/// The last exact measures of the weights: those of D that are known, and those of all layers.
fn spectra(spectra: &Spectra, settings: &Preset) -> serde_json::Result<Value> {
    let exact = spectra.record(settings);
    let layers = serde_json::to_value(ByLayer(&exact.layers))?;
    let mut found = Map::from_iter([("step".to_owned(), json!(exact.step))]);
    for slope in &SLOPES {
        if let Some(value) = (slope.access)(&exact) {
            found.insert(slope.name.to_owned(), json!(value));
        }
    }
    found.insert("layers".to_owned(), layers);
    Ok(found.into())
}

/// A lane in a list of all lanes.
fn lane(lane: LaneId, state: &Snapshot) -> Value {
    json!({
        "lane": lane,
        "step": state.step,
        "steps": state.steps,
        "status": status(&state.status),
        "directory": state.directory,
    })
}

fn status(status: &Status) -> &'static str {
    match status {
        Status::Starting => "starting",
        Status::Running => "running",
        Status::Paused => "paused",
        Status::Finished => "finished",
        Status::Failed(_) => "failed",
        Status::Still(_) => "ended",
    }
}
