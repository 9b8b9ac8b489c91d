//! What the command line can go on with.

mod path;

use super::{
    command::{WORDS, states},
    nudge, order,
    view::layers,
};
use crate::{
    preset::{Preset, builtin, get, is_live, load, set, set::paths, setting},
    run::Snapshot,
};

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Takes the place of the word that is being typed.
    pub text: String,
    /// What it is, in a few words.
    pub about: String,
}

/// All ways to go on, in the order in which a person would look for them, and the byte at which the word begins that
/// they replace. `before` is what stands before the cursor, `preset` the settings with all that is pending.
pub fn candidates(before: &str, snapshot: &Snapshot, preset: &Preset) -> (usize, Vec<Candidate>) {
    if let Some(order) = before.trim_start().strip_prefix("preset ") {
        let (start, candidates) = of_an_order(order);
        return (before.len() - order.len() + start, candidates);
    }
    if let Some(equals) = before.find('=') {
        let (path, value) = (before[..equals].trim(), &before[equals + 1..]);
        let path = path.strip_prefix("set ").unwrap_or(path).trim();
        let start = before.len() - value.trim_start().len();
        return (start, matching(value.trim_start(), values(path, preset)));
    }
    let start = before.rfind(' ').map_or(0, |at| at + 1);
    let (head, word) = (before[..start].trim(), &before[start..]);
    let all = match head {
        "" => words().chain(live(snapshot, preset)).collect(),
        "set" => live(snapshot, preset).collect(),
        "sn" | "layer" => layers::keys(snapshot)
            .into_iter()
            .map(|key| candidate(&key, "a layer"))
            .collect(),
        head if head.starts_with("sn ") || head.starts_with("layer ") => {
            ["on", "off"].map(|text| candidate(text, "")).to_vec()
        }
        "rewind" => states(snapshot)
            .map(|state| {
                let about = match state.marked {
                    true => "marked",
                    false => "saved on schedule",
                };
                candidate(&state.step.to_string(), about)
            })
            .collect(),
        "pace" => vec![
            candidate("5", "steps a second at most"),
            candidate("full", "as fast as it goes"),
        ],
        _ => Vec::new(),
    };
    (start, matching(word, all))
}

/// Ways to go on with a preset's name and options.
fn of_an_order(text: &str) -> (usize, Vec<Candidate>) {
    let start = path::word(text);
    let (head, word) = (&text[..start], &text[start..]);
    let mut words = head.split_whitespace();
    let name = words.next();
    let preset = name.and_then(|name| load(name).ok()).map(|n| n.preset);
    let all = match (&preset, words.last()) {
        _ if name.is_none() => presets(),
        (_, Some("--data")) => return (start, path::candidates(word)),
        (_, Some("--steps" | "--seed" | "--at" | "--setting")) => Vec::new(),
        (Some(preset), _) if word.contains('=') => {
            let (path, value) = word.split_once('=').unwrap_or((word, ""));
            let start = text.len() - value.len();
            return (start, matching(value, values(path, preset)));
        }
        (preset, last) => {
            let options = order::OPTIONS.iter();
            let options = options.map(|(name, takes)| candidate(&format!("{name} "), takes));
            let settings = preset.iter().flat_map(paths);
            let settings = settings.map(|(path, _)| candidate(&format!("{path}="), "a setting"));
            let options: Vec<Candidate> = match last {
                Some("--set") => Vec::new(),
                _ => options.collect(),
            };
            options.into_iter().chain(settings).collect()
        }
    };
    (start, matching(word, all))
}

fn candidate(text: &str, about: &str) -> Candidate {
    Candidate {
        text: text.to_owned(),
        about: about.to_owned(),
    }
}

/// Those that begin with the word, then those that hold it.
fn matching(word: &str, all: Vec<Candidate>) -> Vec<Candidate> {
    let word = word.to_lowercase();
    let (begin, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|candidate| candidate.text.to_lowercase().starts_with(&word));
    let holding = others
        .into_iter()
        .filter(|candidate| candidate.text.to_lowercase().contains(&word));
    begin.into_iter().chain(holding).collect()
}

fn words() -> impl Iterator<Item = Candidate> {
    WORDS.iter().map(|word| Candidate {
        text: format!(
            "{}{}",
            word.name,
            if word.takes.is_empty() { "" } else { " " }
        ),
        about: word.about.to_owned(),
    })
}

/// Every live setting of this preset: those of the table first, then parts of them and exceptions by layer.
fn live(snapshot: &Snapshot, preset: &Preset) -> impl Iterator<Item = Candidate> {
    let table = setting::LIVE
        .iter()
        .filter(|setting| get(preset, setting.path).is_some())
        .map(|setting| (setting.path.to_owned(), setting.about));
    let parts = paths(preset)
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| is_live(path) && !setting::exists(path))
        .map(|path| (path, "a part of a setting"));
    let layers = layers::keys(snapshot).into_iter().flat_map(|key| {
        ["enabled", "iterations", "layer_gain"].map(|field| {
            (
                format!("spectral.layers.{key}.{field}"),
                "for this layer alone",
            )
        })
    });
    let mut seen: Vec<String> = Vec::new();
    let all: Vec<Candidate> = table
        .chain(layers)
        .chain(parts)
        .filter_map(|(path, about)| {
            if seen.contains(&path) {
                return None;
            }
            seen.push(path.clone());
            Some(candidate(&format!("{path}="), about))
        })
        .collect();
    all.into_iter()
}

fn presets() -> Vec<Candidate> {
    builtin::names()
        .map(|name| {
            let about = builtin::builtin(name).map_or_else(|_| String::new(), |p| p.about);
            candidate(name, &about)
        })
        .collect()
}

/// Names that settings take.
const NAMES: [&str; 7] = ["true", "false", "None", "Digits", "Fashion", "Dolls", "()"];

/// The values that a setting is known to take: its names, its neighbours, and what it is now.
fn values(path: &str, preset: &Preset) -> Vec<Candidate> {
    let Some(now) = get(preset, path) else {
        return Vec::new();
    };
    let ladder = nudge::LADDERS.iter().find(|(known, _)| *known == path);
    let names = ladder.map_or(&NAMES[..], |(_, ladder)| ladder);
    let neighbours = [false, true].map(|up| nudge::nudge(preset, path, up));
    let mut all = vec![candidate(&now, "as it is")];
    let others = names
        .iter()
        .map(|name| (*name).to_owned())
        .chain(neighbours.into_iter().flatten());
    for value in others {
        let known = all.iter().any(|candidate| candidate.text == value);
        if !known && set(preset, path, &value).is_ok() {
            all.push(candidate(&value, ""));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    fn texts(before: &str) -> (usize, Vec<String>) {
        let snapshot = Snapshot {
            measures: Some(std::sync::Arc::new(fake::measures(1))),
            ..fake::snapshot()
        };
        let (start, all) = candidates(before, &snapshot, &snapshot.settings);
        (start, all.into_iter().map(|c| c.text).collect())
    }

    #[test]
    fn a_preset_goes_on_with_options_and_its_own_settings() {
        assert!(texts("preset ci").1.contains(&"cifar10".to_owned()));
        let (start, all) = texts("preset ring --s");
        assert_eq!(start, "preset ring ".len());
        assert_eq!(all[..4], ["--steps ", "--set ", "--seed ", "--setting "]);
        let (start, all) = texts("preset ring --set loss=");
        assert_eq!(start, "preset ring --set loss=".len());
        assert!(all.contains(&"wasserstein".to_owned()));
        let (_, all) = texts("preset ring data.cen");
        assert_eq!(all[0], "data.centres=");
        assert!(
            texts("preset cifar10 --data src/tui/comp")
                .1
                .contains(&"src/tui/complete/".to_owned())
        );
    }

    #[test]
    fn every_live_setting_is_offered_and_takes_what_is_offered() {
        let preset = fake::preset();
        let (_, all) = texts("");
        for setting in setting::LIVE {
            let offered = all.contains(&format!("{}=", setting.path));
            assert_eq!(
                offered,
                get(&preset, setting.path).is_some(),
                "{}",
                setting.path
            );
        }
        assert!(
            all.iter()
                .all(|text| !text.starts_with("latent") && !text.starts_with("steps"))
        );
        for path in all.iter().filter(|text| text.ends_with('=')) {
            for value in texts(path).1 {
                set(&preset, path.trim_end_matches('='), &value).unwrap();
            }
        }
    }

    #[test]
    fn words_and_values_are_completed_where_they_stand() {
        assert_eq!(texts("pau"), (0, vec!["pause".to_owned()]));
        assert_eq!(texts("preset rin").0, 7);
        assert_eq!(texts("preset rin").1, ["ring"]);
        assert_eq!(texts("loss=was"), (5, vec!["wasserstein".to_owned()]));
        assert_eq!(
            texts("spectral.enabled = f"),
            (19, vec!["false".to_owned()])
        );
        assert_eq!(texts("set n_d").1[0], "n_dis=");
        assert_eq!(texts("sn d.0 o").1, ["on", "off"]);
        assert!(
            texts("layers.d.0.it")
                .1
                .contains(&"spectral.layers.d.0.iterations=".to_owned())
        );
        assert_eq!(texts("nonsense=").1, Vec::<String>::new());
    }
}
