//! A text field of one line.

use crate::tui::app::action::Action;

/// The maximum length of the text, in bytes.
const MAX_BYTES: usize = 2000;

/// A text and its cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    text: String,
    /// The index in bytes, at a boundary of characters.
    cursor: usize,
}

impl Field {
    /// Creates a field with the cursor at the end of the text.
    pub fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            cursor: text.len(),
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Returns the text after the cursor.
    pub fn after(&self) -> &str {
        &self.text[self.cursor..]
    }

    /// Inserts a character at the cursor. Control characters are dropped, and so is what exceeds the maximum length.
    pub fn insert(&mut self, character: char) {
        if !character.is_control() && self.text.len() < MAX_BYTES {
            self.text.insert(self.cursor, character);
            self.cursor += character.len_utf8();
        }
    }

    /// Replaces the text from byte `start` to the cursor.
    pub fn replace(&mut self, start: usize, text: &str) {
        if self.text.is_char_boundary(start) && start <= self.cursor {
            self.text.replace_range(start..self.cursor, text);
            self.cursor = start + text.len();
        }
    }

    /// Handles an editing action. Returns false for every other action.
    pub fn update(&mut self, action: Action) -> bool {
        match action {
            Action::Left => self.cursor -= self.width_before(),
            Action::Right => self.cursor += self.width_after(),
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = self.text.len(),
            Action::Erase => {
                let start = self.cursor - self.width_before();
                self.replace(start, "");
            }
            Action::EraseNext => {
                let end = self.cursor + self.width_after();
                self.text.replace_range(self.cursor..end, "");
            }
            Action::EraseWord => {
                let before = self.before().trim_end();
                let word = before.trim_end_matches(['.', '=']);
                let start = if word.len() < before.len() {
                    word.len()
                } else {
                    before.rfind([' ', '.', '=']).map_or(0, |at| at + 1)
                };
                self.replace(start, "");
            }
            Action::EraseLine => self.replace(0, ""),
            _ => return false,
        }
        true
    }

    fn width_before(&self) -> usize {
        self.before().chars().next_back().map_or(0, char::len_utf8)
    }

    fn width_after(&self) -> usize {
        self.after().chars().next().map_or(0, char::len_utf8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_is_that_of_a_shell() {
        let mut field = Field::of("gain=2");
        for (action, expected) in [
            (Action::Left, "gain=|2"),
            (Action::Erase, "gain|2"),
            (Action::EraseNext, "gain|"),
            (Action::EraseNext, "gain|"),
            (Action::First, "|gain"),
            (Action::Erase, "|gain"),
            (Action::Left, "|gain"),
            (Action::Last, "gain|"),
            (Action::Right, "gain|"),
            (Action::EraseLine, "|"),
        ] {
            assert!(field.update(action));
            assert_eq!(format!("{}|{}", field.before(), field.after()), expected);
        }
        "β=σ\n"
            .chars()
            .for_each(|character| field.insert(character));
        assert_eq!(field.text(), "β=σ");
        field.update(Action::Erase);
        assert_eq!(field.before(), "β=");
        assert!(!field.update(Action::Pause));
    }

    #[test]
    fn words_end_at_dots_and_equal_signs() {
        let mut field = Field::of("spectral.iterations=12 ");
        for expected in [
            "spectral.iterations=",
            "spectral.iterations",
            "spectral.",
            "spectral",
            "",
        ] {
            field.update(Action::EraseWord);
            assert_eq!(field.text(), expected);
        }
        field.update(Action::EraseWord);
        assert_eq!(field.text(), "");
    }
}
