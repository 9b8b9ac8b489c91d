//! The panel of settings: all that can be changed while a run goes on.

use super::entry::Entry;
use crate::tui::{app::action::Action, line::field::Field};

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

impl Panel {
    /// The entries that the search lets through.
    pub fn shown(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let words = self.search.text().to_lowercase();
        entries.retain(|entry| {
            let text = format!("{} {}", entry.setting.path, entry.setting.about).to_lowercase();
            words.split_whitespace().all(|word| text.contains(word))
        });
        // Those named so come before those described so.
        entries.sort_by_key(|entry| {
            let path = entry.setting.path.to_lowercase();
            !words.split_whitespace().all(|word| path.contains(word))
        });
        entries
    }

    /// Moves the selection among `count` entries; whether the key was one that does.
    pub fn travel(&mut self, action: Action, count: usize) -> bool {
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
    use crate::{run::fake, tui::settings::entry::entries};

    #[test]
    fn search_takes_words_in_any_order_and_the_selection_stays_inside() {
        let preset = fake::preset();
        let mut panel = Panel {
            search: Field::of("ADAM rate"),
            ..Panel::default()
        };
        let shown = panel.shown(entries(&preset, &preset, &preset));
        assert!(shown.len() >= 2 && shown.iter().all(|e| e.setting.about.contains("Adam")));
        for (action, expected) in [
            (Action::Up, 0),
            (Action::Last, shown.len() - 1),
            (Action::Down, shown.len() - 1),
            (Action::First, 0),
        ] {
            assert!(panel.travel(action, shown.len()));
            assert_eq!(panel.selected, expected);
        }
        assert!(panel.travel(Action::Down, 0) && panel.selected == 0);
        assert!(!panel.travel(Action::Pause, 3));
    }
}
