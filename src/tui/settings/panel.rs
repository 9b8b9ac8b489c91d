//! The panel of settings: all that can be changed while a run goes on.

use crate::{
    preset::{Preset, number::exact, set::paths, setting},
    tui::{app::action::Action, line::field::Field},
};

/// What the panel remembers.
#[derive(Debug, Default)]
pub struct Panel {
    /// Number of the selected setting among those shown.
    pub selected: usize,
    /// Only settings that hold every word of it, in their path or what they are, are shown.
    pub search: Field,
    /// What is being typed; none while keys move about.
    pub typing: Option<Typing>,
    /// Why the last value was refused.
    pub error: Option<String>,
}

/// What is being typed in the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typing {
    Search,
    /// A new value of the selected setting.
    Value(Field),
}

/// A line of the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: &'static str,
    pub about: &'static str,
    pub takes: &'static str,
    /// The value in force, as RON.
    pub now: String,
    /// The value that the preset had at the start, where it is another.
    pub preset: Option<String>,
    /// The value with all that is pending, where it is another.
    pub pending: Option<String>,
}

/// What can be said of all live settings of a run.
pub fn entries(in_force: &Preset, initial: &Preset, intended: &Preset) -> Vec<Entry> {
    let [now, initial, intended] = [in_force, initial, intended].map(paths);
    let value = |all: &[(String, String)], path: &str| {
        let found = all.iter().find(|(known, _)| known == path);
        found.map(|(_, value)| one_line(value))
    };
    setting::LIVE
        .iter()
        .filter(|setting| setting.path != "about")
        .filter_map(|setting| {
            let in_force = value(&now, setting.path)?;
            let other = |all| value(all, setting.path).filter(|value| *value != in_force);
            Some(Entry {
                path: setting.path,
                about: setting.about,
                takes: setting.values,
                preset: other(&initial),
                pending: other(&intended),
                now: in_force,
            })
        })
        .collect()
}

/// A value in one line, numbers as the rest of the screen writes them.
fn one_line(value: &str) -> String {
    match value.parse::<f32>() {
        Ok(number) if value.contains('.') => exact(number),
        _ => value.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

impl Panel {
    /// The entries that the search lets through.
    pub fn shown(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let words = self.search.text().to_lowercase();
        entries.retain(|entry| {
            let text = format!("{} {}", entry.path, entry.about).to_lowercase();
            words.split_whitespace().all(|word| text.contains(word))
        });
        // Those named so come before those described so.
        entries.sort_by_key(|entry| {
            let path = entry.path.to_lowercase();
            !words.split_whitespace().all(|word| path.contains(word))
        });
        entries
    }

    /// Moves the selection among `count` entries; whether the key was one that does.
    pub fn move_selection(&mut self, action: Action, count: usize) -> bool {
        let last = count.saturating_sub(1);
        let to = match action {
            Action::Up => self.selected.min(last).saturating_sub(1),
            Action::Down => self.selected + 1,
            Action::PageUp => self.selected.min(last).saturating_sub(10),
            Action::PageDown => self.selected + 10,
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        };
        self.selected = to.min(last);
        self.error = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preset::set, run::fake};

    #[test]
    fn entries_tell_what_is_in_force_pending_and_the_presets() {
        let initial = fake::preset();
        let now = set(&initial, "gain", "2").unwrap();
        let intended = set(&now, "loss", "wasserstein").unwrap();
        let all = entries(&now, &initial, &intended);
        let of = |path: &str| all.iter().find(|entry| entry.path == path).unwrap();
        assert_eq!(of("gain").now, "2");
        assert_eq!(of("gain").preset.as_deref(), Some("4"));
        assert_eq!(of("gain").pending, None);
        assert_eq!(of("loss").pending.as_deref(), Some("wasserstein"));
        assert!(all.iter().any(|entry| entry.path == "data.sigma"));
        assert!(all.iter().all(|entry| entry.path != "data.source"));
    }

    #[test]
    fn search_takes_words_in_any_order_and_the_selection_stays_inside() {
        let preset = fake::preset();
        let mut panel = Panel {
            search: Field::of("ADAM rate"),
            ..Panel::default()
        };
        let shown = panel.shown(entries(&preset, &preset, &preset));
        assert!(shown.len() >= 2 && shown.iter().all(|e| e.about.contains("Adam")));
        for (action, expected) in [
            (Action::Up, 0),
            (Action::Last, shown.len() - 1),
            (Action::Down, shown.len() - 1),
            (Action::First, 0),
        ] {
            assert!(panel.move_selection(action, shown.len()));
            assert_eq!(panel.selected, expected);
        }
        assert!(panel.move_selection(Action::Down, 0) && panel.selected == 0);
        assert!(!panel.move_selection(Action::Pause, 3));
    }
}
