//! Marks of changes: a letter under the curves for each journal entry that changed the training.

use crate::{model::Change, preset::setting};

/// Returns the letter of a change, or `None` if it does not affect training.
pub fn letter(change: &Change) -> Option<char> {
    match change.kind.as_str() {
        "set" => Some(setting::letter(&change.key)),
        "alarm" => Some('!'),
        "rewind" => Some('R'),
        "step_d" => Some('D'),
        "step_g" => Some('G'),
        _ => None,
    }
}

/// A change on a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub step: u64,
    pub letter: char,
}

/// Returns the marks of a list of changes, in their order.
pub fn marks(changes: &[Change]) -> Vec<Mark> {
    let mark = |change: &Change| {
        Some(Mark {
            step: change.step,
            letter: letter(change)?,
        })
    };
    changes.iter().filter_map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_training_reads_have_letters_and_pauses_none() {
        let change = |kind: &str, key: &str| Change {
            step: 7,
            kind: kind.to_owned(),
            key: key.to_owned(),
            old: String::new(),
            new: String::new(),
            cause: "key".to_owned(),
        };
        let all = [
            change("set", "spectral.enabled"),
            change("set", "discriminator.learning_rate"),
            change("pause", ""),
            change("alarm", ""),
            change("set", "something.new"),
        ];
        let letters: String = marks(&all).iter().map(|mark| mark.letter).collect();
        assert_eq!(letters, "sr!*");
    }
}
