//! Completion of the commands about lanes.

use super::matching;
use crate::{
    model::{Event, LaneId, Snapshot},
    preset::{
        Preset,
        complete::{Candidate, live, values},
    },
    tui::{app::lanes::Lanes, line::command::lanes::FROM},
};

/// Completions of `fork` and `all`, which take several settings; `None` for another command.
pub(super) fn of_settings(
    before: &str,
    snapshot: &Snapshot,
    preset: &Preset,
    lanes: &Lanes,
) -> Option<(usize, Vec<Candidate>)> {
    let (command, text) = before.trim_start().split_once(' ')?;
    if !["fork", "all"].contains(&command) {
        return None;
    }
    let start = text.rfind([' ', ';']).map_or(0, |at| at + 1);
    let (head, word) = (text[..start].trim(), &text[start..]);
    if let Some((path, value)) = word.split_once('=') {
        let start = before.len() - value.len();
        return Some((start, matching(value, values(preset, path))));
    }
    let mut all = Vec::new();
    match (command, head) {
        ("fork", FROM) => {
            let ended = ended(snapshot, lanes).into_iter();
            all = named(ended, "a lane that has ended");
        }
        ("fork", "") => {
            let from = format!("{FROM} ");
            all.push(Candidate::new(from, "bring a lane back that has ended"));
            all.splice(0..0, live(preset));
        }
        _ => all = live(preset),
    }
    Some((before.len() - word.len(), matching(word, all)))
}

/// The lanes that have ended, by the journal.
fn ended(snapshot: &Snapshot, lanes: &Lanes) -> Vec<LaneId> {
    let others = lanes.others.iter().map(|other| &*other.snapshot);
    let journals = others.chain([snapshot]).flat_map(|lane| &lane.changes);
    let ended = journals.filter_map(|entry| match &entry.event {
        Event::Join { lane } => lane.parse().ok(),
        _ => None,
    });
    let mut ended: Vec<LaneId> = ended.collect();
    ended.retain(|lane| !lanes.names().contains(lane));
    ended.sort_unstable();
    ended.dedup();
    ended
}

/// Lanes as candidates.
pub(super) fn named(lanes: impl Iterator<Item = LaneId>, about: &'static str) -> Vec<Candidate> {
    lanes
        .map(|lane| Candidate::new(lane.to_string(), about))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::candidates, *};
    use crate::{
        model::{Cause, Entry},
        run::fake,
        tui::app::lanes::LaneView,
    };

    #[test]
    fn lanes_and_several_settings_are_completed() {
        let joined = Entry {
            step: 9,
            event: Event::Join {
                lane: "c".to_owned(),
            },
            cause: Cause::Key,
        };
        let snapshot = Snapshot {
            changes: vec![joined],
            ..fake::snapshot()
        };
        let b = LaneView {
            id: LaneId::A.next().unwrap(),
            snapshot: std::sync::Arc::new(fake::snapshot()),
            history: Default::default(),
        };
        let lanes = Lanes {
            selected: LaneId::A,
            others: vec![b],
        };
        let offered = |before: &str| {
            let (start, all) = candidates(before, &snapshot, &snapshot.settings, &lanes);
            let texts = all.into_iter().map(|candidate| candidate.text);
            (before[start..].to_owned(), texts.collect::<Vec<_>>())
        };
        let one = |word: &str, text: &str| (word.to_owned(), vec![text.to_owned()]);
        assert_eq!(offered("join "), one("", "b"));
        assert_eq!(offered("lane ").1, ["a", "b"]);
        assert_eq!(offered("fork --f"), one("--f", "--from "));
        assert_eq!(offered("fork --from "), one("", "c"));
        assert_eq!(offered("fork gain=2 loss=was"), one("was", "wasserstein"));
        assert_eq!(offered("all gain=2;n_d").1[0], "n_dis=");
        assert!(
            offered("fork --from c n_d")
                .1
                .contains(&"n_dis=".to_owned())
        );
        assert_eq!(offered("note ga").1, Vec::<String>::new());
    }
}
