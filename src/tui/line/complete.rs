//! Completion of the command line.

mod lanes;
mod path;

use super::command::{WORDS, states};
use crate::{
    model::{LaneId, RunRequest, Snapshot},
    preset::{
        Preset,
        complete::{Candidate, live, presets, settings, values},
        load,
    },
    tui::app::{lanes::Lanes, view::layers},
};

/// Returns completions, most likely first, and the byte at which the word that they replace begins. `before` is the
/// text before the cursor, `preset` the settings after all pending changes.
pub(crate) fn candidates(
    before: &str,
    snapshot: &Snapshot,
    preset: &Preset,
    lanes: &Lanes,
) -> (usize, Vec<Candidate>) {
    if let Some(request) = before.trim_start().strip_prefix("preset ") {
        let (start, candidates) = of_a_request(request);
        return (before.len() - request.len() + start, candidates);
    }
    if before.trim_start().starts_with("note ") {
        return (before.len(), Vec::new());
    }
    if let Some(found) = lanes::of_settings(before, snapshot, preset, lanes) {
        return found;
    }
    if let Some(equals) = before.find('=') {
        let (path, value) = (before[..equals].trim(), &before[equals + 1..]);
        let path = path.strip_prefix("set ").unwrap_or(path).trim();
        let start = before.len() - value.trim_start().len();
        return (start, matching(value.trim_start(), values(preset, path)));
    }
    let start = before.rfind(' ').map_or(0, |at| at + 1);
    let (head, word) = (before[..start].trim(), &before[start..]);
    let all = match head {
        "" => words().chain(live(preset)).collect(),
        "set" => live(preset),
        "lane" => lanes::named(lanes.names().into_iter(), "a lane that is going"),
        "join" => {
            let others = lanes.names().into_iter().filter(|lane| *lane != LaneId::A);
            lanes::named(others, "end it")
        }
        "sn" | "layer" => layers::all_keys(snapshot)
            .into_iter()
            .map(|key| Candidate::new(key, "a layer"))
            .collect(),
        head if head.starts_with("sn ") || head.starts_with("layer ") => {
            ["on", "off"].map(|text| Candidate::new(text, "")).to_vec()
        }
        "rewind" => states(snapshot)
            .map(|state| {
                let about = if state.marked {
                    "marked"
                } else {
                    "saved on schedule"
                };
                Candidate::new(state.step.to_string(), about)
            })
            .collect(),
        "pace" => vec![
            Candidate::new("5", "steps a second at most"),
            Candidate::new("full", "as fast as it goes"),
        ],
        _ => Vec::new(),
    };
    (start, matching(word, all))
}

/// Completions of a preset's name and options.
fn of_a_request(text: &str) -> (usize, Vec<Candidate>) {
    let start = path::word(text);
    let (head, word) = (&text[..start], &text[start..]);
    let mut words = head.split_whitespace();
    let name = words.next();
    let preset = name.and_then(|name| load(name).ok()).map(|n| n.preset);
    let known = RunRequest::options();
    let is_known = |word: &&str| known.iter().any(|(name, _)| name == word);
    let all = match (&preset, words.last().filter(is_known)) {
        _ if name.is_none() => presets(),
        (_, Some("--data")) => return (start, path::candidates(word)),
        (_, Some(option)) if option != "--set" => Vec::new(),
        (Some(preset), _) if word.contains('=') => {
            let (path, value) = word.split_once('=').unwrap_or((word, ""));
            let start = text.len() - value.len();
            return (start, matching(value, values(preset, path)));
        }
        (preset, last) => {
            let options = known.iter();
            let options = options.map(|(name, takes)| Candidate::new(format!("{name} "), takes));
            let settings = preset.iter().flat_map(settings);
            let options: Vec<Candidate> = match last {
                Some("--set") => Vec::new(),
                _ => options.collect(),
            };
            options.into_iter().chain(settings).collect()
        }
    };
    (start, matching(word, all))
}

/// Returns the completions that start with the word, then those that contain it.
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
    WORDS.iter().map(|word| {
        let space = if word.takes.is_empty() { "" } else { " " };
        Candidate::new(format!("{}{space}", word.name), word.about)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        preset::{get, set, setting::SETTINGS},
        run::fake,
    };

    fn texts(before: &str) -> (usize, Vec<String>) {
        let snapshot = Snapshot {
            measures: Some(std::sync::Arc::new(fake::measures(1))),
            ..fake::snapshot()
        };
        let lanes = Lanes::default();
        let (start, all) = candidates(before, &snapshot, &snapshot.settings, &lanes);
        (start, all.into_iter().map(|c| c.text).collect())
    }

    #[test]
    fn a_preset_goes_on_with_options_and_its_own_settings() {
        assert!(texts("preset ci").1.contains(&"cifar10".to_owned()));
        let (start, all) = texts("preset ring --s");
        assert_eq!(start, "preset ring ".len());
        assert_eq!(all[..4], ["--setting ", "--set ", "--steps ", "--seed "]);
        let (start, all) = texts("preset ring --set loss=");
        assert_eq!(start, "preset ring --set loss=".len());
        assert!(all.contains(&"wasserstein".to_owned()));
        let (_, all) = texts("preset ring data.cen");
        assert_eq!(all[0], "data.centres=");
        assert!(
            texts("preset cifar10 --data src/tui/line/comp")
                .1
                .contains(&"src/tui/line/complete/".to_owned())
        );
    }

    #[test]
    fn every_live_setting_is_offered_and_takes_what_is_offered() {
        let preset = fake::preset();
        let (_, all) = texts("");
        for setting in SETTINGS.iter().filter(|setting| setting.live) {
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
