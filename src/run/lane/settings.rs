//! Changes of settings, and their journal entries.

use std::sync::Arc;

use super::Lane;
use crate::{
    model::{Cause, Event},
    preset,
    run::training::Refused,
};

impl Lane {
    /// Journals that a scheduled change was refused.
    pub(super) fn refuse(&mut self, key: String, new: String) {
        let old = preset::get(self.training.settings(), &key).unwrap_or_default();
        let refused = Event::Refused { key, old, new };
        self.record(self.training.steps() + 1, refused, Cause::At);
    }

    /// Changes a setting from the next step on, and journals it.
    ///
    /// # Errors
    /// If the change is refused.
    pub(super) fn set(&mut self, key: &str, value: &str, cause: Cause) -> Result<(), Refused> {
        let Some((old, new)) = self.training.set(key, value)? else {
            return Ok(());
        };
        self.settings_changed();
        let key = key.to_owned();
        self.record(
            self.training.steps() + 1,
            Event::Set { key, old, new },
            cause,
        );
        Ok(())
    }

    /// Repeats changes that are already in the journal.
    ///
    /// # Errors
    /// If the changes are refused.
    pub(super) fn set_again(&mut self, changes: &[(String, String)]) -> Result<(), Refused> {
        if self.training.set_all(changes)? {
            self.settings_changed();
        }
        Ok(())
    }

    fn settings_changed(&mut self) {
        self.scored = false;
        self.report_skipped();
        self.publisher.state.settings = Arc::clone(self.training.settings());
    }
}
