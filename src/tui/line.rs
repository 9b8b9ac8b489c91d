//! The command line: what is being typed, what was typed before, and how it may go on.

pub mod command;
pub mod complete;
pub mod field;

use super::app::action::Action;
use crate::{
    model::Snapshot,
    preset::{Preset, complete::Candidate},
};
use complete::candidates;
use field::Field;

/// Lines that are remembered.
const REMEMBERED: usize = 200;

/// The line at the bottom of the screen while it is open.
#[derive(Debug, Default)]
pub struct CommandLine {
    pub field: Field,
    /// Why the line was not carried out.
    pub error: Option<String>,
    /// Ways to go on, and which of them stands in the line; none before Tab.
    pub completion: Option<Completion>,
    /// Place in the history, and the line as it was before.
    recalled: Option<(usize, Field)>,
}

/// Candidates that Tab goes through.
#[derive(Debug)]
pub struct Completion {
    /// First byte of the word that they replace.
    start: usize,
    pub candidates: Vec<Candidate>,
    pub chosen: Option<usize>,
}

/// Lines that were carried out, the latest last.
#[derive(Debug, Default)]
pub struct Said(Vec<String>);

impl Said {
    pub fn push(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() || self.0.last().is_some_and(|last| last == line) {
            return;
        }
        self.0.push(line.to_owned());
        let excess = self.0.len().saturating_sub(REMEMBERED);
        self.0.drain(..excess);
    }
}

impl CommandLine {
    /// A line that begins with this.
    pub fn with(text: &str) -> Self {
        Self {
            field: Field::of(text),
            ..Self::default()
        }
    }

    /// Takes a symbol.
    pub fn insert(&mut self, symbol: char) {
        self.field.insert(symbol);
        self.changed();
    }

    fn changed(&mut self) {
        self.error = None;
        self.completion = None;
        self.recalled = None;
    }

    /// Acts on a key that is no symbol; whether it meant something here.
    pub fn update(
        &mut self,
        action: Action,
        said: &Said,
        snapshot: &Snapshot,
        preset: &Preset,
    ) -> bool {
        match action {
            Action::Complete => self.complete(1, snapshot, preset),
            Action::CompleteBack => self.complete(-1, snapshot, preset),
            Action::Up => self.recall(said, true),
            Action::Down => self.recall(said, false),
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

    /// Puts the next candidate into the line; the first time as much as all have in common.
    fn complete(&mut self, by: isize, snapshot: &Snapshot, preset: &Preset) {
        self.error = None;
        if self.completion.is_none() {
            let before = self.field.before();
            let (start, candidates) = candidates(before, snapshot, preset);
            let word = before[start..].to_owned();
            let common = common(&candidates);
            if candidates.is_empty() {
                self.error = Some("nothing known goes on like this".to_owned());
                return;
            }
            if let [only] = &candidates[..] {
                let text = only.text.clone();
                self.field.replace(start, &text);
                return;
            }
            let longer = common.len() > word.len() && common.starts_with(&word);
            self.completion = Some(Completion {
                start,
                candidates,
                chosen: None,
            });
            if longer {
                self.field.replace(start, &common);
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

    fn recall(&mut self, said: &Said, older: bool) {
        self.error = None;
        self.completion = None;
        let now = self.recalled.as_ref().map(|(at, _)| *at);
        let next = match (now, older) {
            (None, true) => said.0.len().checked_sub(1),
            (Some(at), true) => at.checked_sub(1).or(Some(0)),
            (None, false) => None,
            (Some(at), false) => Some(at + 1).filter(|&at| at < said.0.len()),
        };
        let draft = self.recalled.take().map(|(_, draft)| draft);
        match (next, draft) {
            (Some(at), draft) => {
                let draft = draft.unwrap_or_else(|| self.field.clone());
                self.field = Field::of(&said.0[at]);
                self.recalled = Some((at, draft));
            }
            (None, Some(draft)) => self.field = draft,
            (None, None) => {}
        }
    }
}

/// What all candidates begin with.
fn common(candidates: &[Candidate]) -> String {
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

    fn press(line: &mut CommandLine, actions: &[Action], said: &Said) -> String {
        let snapshot = fake::snapshot();
        for &action in actions {
            line.update(action, said, &snapshot, &snapshot.settings);
        }
        line.field.text().to_owned()
    }

    fn typed(text: &str) -> CommandLine {
        let mut line = CommandLine::default();
        text.chars().for_each(|symbol| line.insert(symbol));
        line
    }

    #[test]
    fn tab_completes_what_is_common_then_goes_through_all() {
        let none = Said::default();
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
    fn the_history_is_walked_and_the_draft_is_kept() {
        let mut said = Said::default();
        ["pause", "gain=2", "gain=2", " "]
            .iter()
            .for_each(|line| said.push(line));
        let mut line = typed("lo");
        let (up, down) = (Action::Up, Action::Down);
        assert_eq!(press(&mut line, &[down], &said), "lo");
        assert_eq!(press(&mut line, &[up], &said), "gain=2");
        assert_eq!(press(&mut line, &[up, up], &said), "pause");
        assert_eq!(press(&mut line, &[down], &said), "gain=2");
        assert_eq!(press(&mut line, &[down], &said), "lo");
    }
}
