//! The state of the panel of live settings.

use super::entry::Entry;
use crate::tui::{app::action::Action, line::field::Field};

/// The state of the panel.
#[derive(Debug, Default)]
pub struct Panel {
    /// Index of the selected entry among those shown.
    pub selected: usize,
    /// Words that an entry must contain, in its path or description, to be shown.
    pub search: Field,
    /// The input that is being typed, if any.
    pub typing: Option<Typing>,
    /// Why the last value was refused, if it was.
    pub error: Option<String>,
}

/// An input of the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typing {
    Search,
    /// A new value of the selected setting.
    Value(Field),
}

impl Panel {
    /// Returns the entries that match the search.
    pub fn shown(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let words = self.search.text().to_lowercase();
        entries.retain(|entry| {
            let text = format!("{} {}", entry.setting.path, entry.setting.about).to_lowercase();
            words.split_whitespace().all(|word| text.contains(word))
        });
        // Matches of the path come before matches of the description.
        entries.sort_by_key(|entry| {
            let path = entry.setting.path.to_lowercase();
            !words.split_whitespace().all(|word| path.contains(word))
        });
        entries
    }

    /// Moves the selection among `count` entries. Returns whether the action moves a selection.
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
            assert!(panel.move_selection(action, shown.len()));
            assert_eq!(panel.selected, expected);
        }
        assert!(panel.move_selection(Action::Down, 0) && panel.selected == 0);
        assert!(!panel.move_selection(Action::Pause, 3));
    }
}
