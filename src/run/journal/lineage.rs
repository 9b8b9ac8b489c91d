//! Which lines of a journal led to the present state: a rewind leaves the lines of the branch behind.

use crate::run::{Change, Updates};

/// What a line of the journal does to training when it is done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Set {
        key: String,
        value: String,
    },
    /// A planned change was refused.
    Refuse {
        key: String,
        value: String,
    },
    /// Steps of these networks from here on, so many where a number was asked for.
    Go {
        updates: Updates,
        count: Option<u64>,
    },
    /// A step was begun whose update was not finite: what it had done before that stays done.
    Attempt,
}

/// Begins the key of a line after which a run goes on as it stood after so many lines.
const MARK: &str = "journal:";

/// The kind of a line that moves the end of a run: `new` steps are to be made in all.
pub const STEPS: &str = "steps";

/// The key of a line after which a run goes on as it stood after `lines` lines.
pub fn key(lines: u64) -> String {
    format!("{MARK}{lines}")
}

/// The numbers, from 0, of the lines that led to where the journal ends, in their order.
pub fn lineage(lines: &[Option<Change>]) -> Vec<usize> {
    // The line before each one, as far as it led there.
    let mut before: Vec<Option<usize>> = Vec::with_capacity(lines.len());
    let mut last = None;
    for (number, line) in lines.iter().enumerate() {
        if let Some(back) = line.as_ref().and_then(returns_to) {
            last = match back {
                0 => None,
                back if back <= number => Some(back - 1),
                _ => last,
            };
        }
        before.push(last);
        last = Some(number);
    }
    let mut kept: Vec<usize> = std::iter::successors(last, |&number| before[number]).collect();
    kept.reverse();
    kept
}

/// Whether a state after so many `steps` and so many `lines` of a journal led to where the journal ends, and was not left
/// behind by a rewind.
pub fn led_here(journal: &[Option<Change>], lines: u64, steps: u64) -> bool {
    let Some(before) = usize::try_from(lines).ok().and_then(|n| journal.get(..n)) else {
        return false;
    };
    let kept = lineage(journal);
    let later = kept.iter().filter(|&&number| number >= before.len());
    let back = later.filter_map(|&number| {
        let line = journal[number].as_ref()?;
        (line.kind == "rewind").then(|| line.new.parse::<u64>().ok())?
    });
    kept.starts_with(&lineage(before)) && back.into_iter().all(|back| steps <= back)
}

/// The networks whose steps were last asked for by these lines; both where none did.
pub fn asked<'a>(lines: impl Iterator<Item = &'a Change>) -> Updates {
    let asked = lines.filter_map(|line| match Action::of(line) {
        Some(Action::Go { updates, .. }) => Some(updates),
        _ => None,
    });
    asked.last().unwrap_or_default()
}

/// Steps to which the run was asked to go by this line; none where it says nothing of that.
pub fn total(line: &Change) -> Option<u64> {
    (line.kind == STEPS)
        .then(|| line.new.parse().ok())
        .flatten()
}

/// So many lines stand after which a run goes on at this one.
fn returns_to(line: &Change) -> Option<usize> {
    let lines = line.key.strip_prefix(MARK)?.parse().ok()?;
    (line.kind == "rewind").then_some(lines)
}

impl Action {
    /// What this line did to training; none where it was something to read.
    pub fn of(line: &Change) -> Option<Self> {
        let go = |updates| Self::Go {
            updates,
            count: line.new.parse().ok(),
        };
        Some(match line.kind.as_str() {
            "set" => Self::Set {
                key: line.key.clone(),
                value: line.new.clone(),
            },
            "refused" => Self::Refuse {
                key: line.key.clone(),
                value: line.new.clone(),
            },
            "step_d" => go(Updates::Discriminator),
            "step_g" => go(Updates::Generator),
            "step" => go(Updates::Both),
            "resume" => Self::Go {
                updates: Updates::Both,
                count: None,
            },
            "not_applied" => Self::Attempt,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, key: &str) -> Option<Change> {
        Some(Change {
            step: 1,
            kind: kind.into(),
            key: key.into(),
            old: String::new(),
            new: String::new(),
            cause: "key".into(),
        })
    }

    #[test]
    fn a_rewind_leaves_its_branch_behind() {
        let set = || line("set", "gain");
        let back = |lines| line("rewind", &key(lines));
        assert_eq!(lineage(&[set(), None, set()]), [0, 1, 2]);
        // 0 1 [2 3] 4: back to after two lines.
        assert_eq!(lineage(&[set(), set(), set(), set(), back(2)]), [0, 1, 4]);
        // Back into the branch that was left.
        let lines = [set(), set(), back(1), set(), back(2), set()];
        assert_eq!(lineage(&lines), [0, 1, 4, 5]);
        assert_eq!(lineage(&[set(), back(0), set()]), [1, 2]);
        // A line of the future is none to go back to.
        assert_eq!(lineage(&[set(), back(7), set()]), [0, 1, 2]);
        assert!(lineage(&[]).is_empty());
    }

    #[test]
    fn states_of_a_branch_that_was_left_led_nowhere() {
        let set = || line("set", "gain");
        let rewind = |lines, step: &str| {
            let line = line("rewind", &key(lines)).unwrap();
            Some(Change {
                new: step.into(),
                ..line
            })
        };
        // Saved at step 100 after one line and at step 500 after two; then back to step 100.
        let journal = [set(), set(), rewind(1, "100"), set()];
        assert!(led_here(&journal, 1, 100));
        assert!(!led_here(&journal, 2, 500));
        assert!(led_here(&journal, 3, 120) && led_here(&journal, 4, 300));
        assert!(!led_here(&journal, 5, 100), "lines that are not there");
        // No line between the two.
        let journal = [rewind(0, "100")];
        assert!(led_here(&journal, 0, 100) && !led_here(&journal, 0, 500));
        assert!(led_here(&[], 0, 7));
    }

    #[test]
    fn lines_say_what_they_did() {
        let step = Change {
            new: "5".into(),
            ..line("step_d", "").unwrap()
        };
        let five = Action::Go {
            updates: Updates::Discriminator,
            count: Some(5),
        };
        assert_eq!(Action::of(&step), Some(five));
        assert_eq!(Action::of(&line("alarm", "x").unwrap()), None);
        assert_eq!(
            Action::of(&line("not_applied", "").unwrap()),
            Some(Action::Attempt)
        );
    }
}
