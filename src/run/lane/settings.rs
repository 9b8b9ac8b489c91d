//! Changes of settings, and their journal entries.

use std::sync::Arc;

use super::Lane;
use crate::{
    model::{Assignment, Cause, Change, Event},
    preset,
    run::training::Refused,
};

impl Lane {
    /// Journals that a scheduled change was refused.
    pub(super) fn refuse(&mut self, key: String, new: String) {
        let old = preset::get(self.training.settings(), &key).unwrap_or_default();
        self.journal(Event::Refused { key, old, new }, Cause::At);
    }

    /// Changes settings together from the next step on, and journals them. Returns those that changed.
    ///
    /// # Errors
    /// If the changes are refused. Then nothing has changed.
    pub(super) fn set(
        &mut self,
        wanted: &[Assignment],
        cause: Cause,
    ) -> Result<Vec<Change>, Refused> {
        let changes = self.training.set(wanted)?;
        if !changes.is_empty() {
            self.settings_changed();
        }
        for Change { key, old, new } in changes.clone() {
            self.journal(Event::Set { key, old, new }, cause.clone());
        }
        Ok(changes)
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
