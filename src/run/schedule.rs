//! Changes that are decided before the run starts (`--at`).

use std::collections::VecDeque;

use crate::preset::Scheduled;

/// Scheduled changes that still wait, by step; those of one step in the order they were given.
#[derive(Clone, Debug, Default)]
pub struct Schedule(VecDeque<Scheduled>);

impl Schedule {
    pub fn new(mut changes: Vec<Scheduled>) -> Self {
        changes.sort_by_key(|change| change.step);
        Self(changes.into())
    }

    /// Takes the next change that is due before `step`.
    pub fn due(&mut self, step: u64) -> Option<Scheduled> {
        self.0.pop_front_if(|change| change.step <= step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake::at;

    #[test]
    fn changes_come_due_by_step_in_the_order_given() {
        let mut schedule = Schedule::new(vec![
            at(9, "gain", "1.0"),
            at(2, "gain", "2.0"),
            at(2, "gain", "3.0"),
        ]);
        assert_eq!(schedule.due(1), None);
        assert_eq!(schedule.due(2), Some(at(2, "gain", "2.0")));
        assert_eq!(schedule.due(2), Some(at(2, "gain", "3.0")));
        assert_eq!(schedule.due(8), None);
        assert_eq!(schedule.due(9), Some(at(9, "gain", "1.0")));
    }
}
