//! Marks of changes: a letter under the curves for each journal entry that changed the training.

use crate::{
    model::{Entry, Event, Updates},
    preset::setting,
};

/// Returns the letter of an event, or `None` if it does not affect training.
pub(crate) fn letter(event: &Event) -> Option<char> {
    match event {
        Event::Set { key, .. } => Some(setting::letter(key)),
        Event::Alarm { .. } => Some('!'),
        Event::Rewind { .. } => Some('R'),
        Event::Fork { .. } => Some('F'),
        Event::Step { updates, .. } => match updates {
            Updates::Both => None,
            Updates::Discriminator => Some('D'),
            Updates::Generator => Some('G'),
        },
        Event::Refused { .. }
        | Event::Pause
        | Event::Resume
        | Event::NotApplied { .. }
        | Event::Mark { .. }
        | Event::Continue { .. }
        | Event::Steps { .. }
        | Event::Device { .. }
        | Event::AlarmEnd { .. }
        | Event::Join { .. }
        | Event::Note { .. }
        | Event::Unknown(_) => None,
    }
}

/// A change on a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub step: u64,
    pub letter: char,
}

/// Returns the marks of the entries of a journal, in their order.
pub(crate) fn marks(entries: &[Entry]) -> Vec<Mark> {
    let mark = |entry: &Entry| {
        Some(Mark {
            step: entry.step,
            letter: letter(&entry.event)?,
        })
    };
    entries.iter().filter_map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::journal::tests::entry;

    #[test]
    fn changes_that_training_reads_have_letters_and_pauses_none() {
        let change = |kind: &str, key: &str| entry(7, kind, key, "", "key");
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
