//! The search in the help and in the journal.

use super::{App, Effect, action::Action, view::View};
use crate::tui::{
    line::field::Field,
    words::{journal::spoken, spelled::searchable},
};

/// The words that are searched for.
#[derive(Debug, Default)]
pub struct Search {
    /// The words and the cursor.
    pub field: Field,
    /// Whether they are being typed.
    pub typing: bool,
}

impl Search {
    /// Returns whether a text holds all words, in capitals or not, signs by their names too. Every text does if there are
    /// none.
    pub fn finds(&self, text: &str) -> bool {
        let text = searchable(text);
        let words = self.field.text().to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    }

    /// Returns whether anything is searched for.
    pub fn is_on(&self) -> bool {
        self.typing || !self.field.text().is_empty()
    }
}

impl App {
    /// Inserts a character into the words that are typed.
    pub(super) fn type_search(&mut self, character: char) {
        self.search.field.insert(character);
        self.searched();
    }

    /// Handles an action while the words are typed.
    pub(super) fn update_search(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Choose => self.search.typing = false,
            Action::Back => {
                self.search = Search::default();
                self.searched();
            }
            Action::Up | Action::Down if self.help.is_some() => {
                return self.scroll(if action == Action::Up { -3 } else { 3 });
            }
            action => {
                if self.search.field.update(action) {
                    self.searched();
                }
            }
        }
        None
    }

    /// Shows what was found from its beginning.
    fn searched(&mut self) {
        self.help = self.help.map(|_| 0);
        self.views.journal.release();
    }

    /// Ends the search; whether there was one.
    pub(super) fn end_search(&mut self) -> bool {
        std::mem::take(&mut self.search).is_on()
    }

    /// Returns whether the journal shows only what is searched for.
    pub(crate) fn searches_journal(&self) -> bool {
        self.view == View::Journal && self.help.is_none() && self.search.is_on()
    }

    /// Returns whether an entry of the journal holds the words that are searched for.
    pub(super) fn finds(&self, entry: &crate::model::Entry) -> bool {
        let words = spoken(entry, &self.look.theme).0;
        let text = format!("{} {} {words}", entry.step, entry.cause.name());
        self.search.finds(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_must_be_there() {
        let search = |words: &str| Search {
            field: Field::of(words),
            typing: false,
        };
        let text = "Spectral normalization of D";
        assert!(search("").finds(text) && !search("").is_on());
        assert!(search("norm SPEC").finds(text) && search("d").is_on());
        assert!(!search("norm generator").finds(text));
        assert!(search("sigma drift").finds("σ drifts"));
    }
}
