//! Marks of changes: a letter under the curves for each journal entry that changed the training.

use ratatui::style::Style;

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
    /// The tint of its lane. `None` for a change of the curves in front.
    pub tint: Option<Style>,
    /// The letter of the lane that begins here, which stands at the top.
    pub lane: Option<char>,
}

/// Returns the mark of an entry of the journal, or `None` if it does not affect training.
pub(crate) fn mark(entry: &Entry) -> Option<Mark> {
    let lane = match &entry.event {
        Event::Fork { lane, .. } => lane.as_ref().and_then(|lane| lane.chars().next()),
        _ => None,
    };
    Some(Mark {
        step: entry.step,
        letter: letter(&entry.event)?,
        tint: None,
        lane,
    })
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
        let letters: String = all
            .iter()
            .filter_map(mark)
            .map(|mark| mark.letter)
            .collect();
        assert_eq!(letters, "sr!*");
    }
}
