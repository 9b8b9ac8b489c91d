//! The command line: its text, its history and its completions.

pub mod command;
pub(crate) mod complete;
pub(crate) mod field;

use super::app::{action::Action, lanes::Lanes};
use crate::{
    model::Snapshot,
    preset::{Preset, complete::Candidate},
};
use complete::candidates;
use field::Field;

/// The maximum number of lines in the history.
const MAX_HISTORY: usize = 200;

/// The line at the bottom of the screen while it is open.
#[derive(Debug, Default)]
pub struct CommandLine {
    /// The text and its cursor.
    pub field: Field,
    /// The reason why the line was not executed.
    pub error: Option<String>,
    /// What the line would do that is asked about. Enter then does it.
    pub question: Option<String>,
    /// The candidates of the word, after Tab.
    pub completion: Option<Completion>,
    /// The position in the history and the unfinished line, while the history is browsed.
    recalled: Option<(usize, Field)>,
}

/// The candidates that Tab cycles through.
#[derive(Debug)]
pub struct Completion {
    /// The index of the first byte of the word that they replace.
    start: usize,
    /// The possible continuations.
    pub candidates: Vec<Candidate>,
    /// The candidate in the line.
    pub chosen: Option<usize>,
}

/// The lines that were executed, the latest last.
#[derive(Debug, Default)]
pub struct CommandHistory(Vec<String>);

impl CommandHistory {
    /// Adds a line, unless it is empty or equal to the last one.
    pub fn push(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() || self.0.last().is_some_and(|last| last == line) {
            return;
        }
        self.0.push(line.to_owned());
        let excess = self.0.len().saturating_sub(MAX_HISTORY);
        self.0.drain(..excess);
    }
}

impl CommandLine {
    /// Opens the command line with a text in it.
    pub fn starting_with(text: &str) -> Self {
        Self {
            field: Field::of(text),
            ..Self::default()
        }
    }

    /// Inserts a character at the cursor.
    pub fn insert(&mut self, character: char) {
        self.field.insert(character);
        self.changed();
    }

    fn changed(&mut self) {
        self.error = None;
        self.question = None;
        self.completion = None;
        self.recalled = None;
    }

    /// Handles an action. Returns whether the line uses it.
    pub fn update(
        &mut self,
        action: Action,
        history: &CommandHistory,
        snapshot: &Snapshot,
        preset: &Preset,
        lanes: &Lanes,
    ) -> bool {
        match action {
            Action::Complete => self.complete(1, snapshot, preset, lanes),
            Action::CompleteBack => self.complete(-1, snapshot, preset, lanes),
            Action::Up => self.recall(history, true),
            Action::Down => self.recall(history, false),
            other => {
                let edited = self.field.update(other);
                if edited {
                    self.changed();
                }
                return edited;
            }
        }
        true
    }

    /// Completes the word: at first to the common prefix of all candidates, then to the candidate `by` places further.
    fn complete(&mut self, by: isize, snapshot: &Snapshot, preset: &Preset, lanes: &Lanes) {
        self.error = None;
        self.question = None;
        if self.completion.is_none() {
            let before = self.field.before();
            let (start, candidates) = candidates(before, snapshot, preset, lanes);
            let word = before[start..].to_owned();
            let common = common_prefix(&candidates);
            if candidates.is_empty() {
                self.error = Some("there is no completion".to_owned());
                return;
            }
            if let [only] = &candidates[..] {
                let text = only.text.clone();
                self.field.replace(start, &text);
                return;
            }
            // Without a word there is nothing to complete: all words are shown.
            let nothing = before.trim().is_empty();
            let longer = common.len() > word.len() && common.starts_with(&word);
            self.completion = Some(Completion {
                start,
                candidates,
                chosen: None,
            });
            if longer {
                self.field.replace(start, &common);
            }
            if longer || nothing {
                return;
            }
        }
        if let Some(completion) = &mut self.completion {
            let count = completion.candidates.len() as isize;
            let next = match completion.chosen {
                Some(at) => (at as isize + by).rem_euclid(count),
                None if by > 0 => 0,
                None => count - 1,
            } as usize;
            completion.chosen = Some(next);
            let text = completion.candidates[next].text.clone();
            self.field.replace(completion.start, &text);
        }
    }

    /// Moves through the history. Past its newest line, the unfinished line is restored.
    fn recall(&mut self, history: &CommandHistory, older: bool) {
        self.error = None;
        self.question = None;
        self.completion = None;
        let current = self.recalled.as_ref().map(|(at, _)| *at);
        let next = match (current, older) {
            (None, true) => history.0.len().checked_sub(1),
            (Some(at), true) => at.checked_sub(1).or(Some(0)),
            (None, false) => None,
            (Some(at), false) => Some(at + 1).filter(|&at| at < history.0.len()),
        };
        let draft = self.recalled.take().map(|(_, draft)| draft);
        match (next, draft) {
            (Some(at), draft) => {
                let draft = draft.unwrap_or_else(|| self.field.clone());
                self.field = Field::of(&history.0[at]);
                self.recalled = Some((at, draft));
            }
            (None, Some(draft)) => self.field = draft,
            (None, None) => {}
        }
    }
}

/// Returns the longest common prefix of all candidates.
fn common_prefix(candidates: &[Candidate]) -> String {
    let Some(first) = candidates.first() else {
        return String::new();
    };
    let mut length = first.text.len();
    for candidate in candidates {
        let same = first
            .text
            .char_indices()
            .zip(candidate.text.chars())
            .find(|((_, a), b)| a != b)
            .map_or(candidate.text.len(), |((at, _), _)| at);
        length = length.min(same);
    }
    first.text.get(..length).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    fn press(line: &mut CommandLine, actions: &[Action], history: &CommandHistory) -> String {
        let snapshot = fake::snapshot();
        for &action in actions {
            line.update(
                action,
                history,
                &snapshot,
                &snapshot.settings,
                &Lanes::default(),
            );
        }
        line.field.text().to_owned()
    }

    fn typed(text: &str) -> CommandLine {
        let mut line = CommandLine::default();
        text.chars().for_each(|character| line.insert(character));
        line
    }

    #[test]
    fn tab_completes_the_common_prefix_then_cycles() {
        let none = CommandHistory::default();
        let tab = Action::Complete;
        assert_eq!(press(&mut typed("pau"), &[tab], &none), "pause");
        let mut line = typed("spectral.e");
        assert_eq!(press(&mut line, &[tab], &none), "spectral.enabled=");
        assert_eq!(press(&mut line, &[tab], &none), "spectral.enabled=true");
        assert_eq!(press(&mut line, &[tab], &none), "spectral.enabled=false");
        assert_eq!(
            press(&mut line, &[Action::CompleteBack], &none),
            "spectral.enabled=true"
        );
        line.insert('x');
        assert!(line.completion.is_none());
        press(&mut line, &[tab], &none);
        assert!(line.error.is_some());
    }

    #[test]
    fn tab_on_an_empty_line_shows_the_words_first() {
        let none = CommandHistory::default();
        let mut line = CommandLine::default();
        assert_eq!(press(&mut line, &[Action::Complete], &none), "");
        assert!(line.completion.as_ref().unwrap().candidates.len() > 20);
        assert_eq!(press(&mut line, &[Action::Complete], &none), "pause");
    }

    #[test]
    fn the_history_is_browsed_and_the_unfinished_line_is_kept() {
        let mut history = CommandHistory::default();
        ["pause", "gain=2", "gain=2", " "]
            .iter()
            .for_each(|line| history.push(line));
        let mut line = typed("lo");
        let (up, down) = (Action::Up, Action::Down);
        assert_eq!(press(&mut line, &[down], &history), "lo");
        assert_eq!(press(&mut line, &[up], &history), "gain=2");
        assert_eq!(press(&mut line, &[up, up], &history), "pause");
        assert_eq!(press(&mut line, &[down], &history), "gain=2");
        assert_eq!(press(&mut line, &[down], &history), "lo");
    }
}
