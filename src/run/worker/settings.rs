//! Changes of settings, and their lines in the journal.

use std::sync::Arc;

use super::Worker;
use crate::{
    model::{Cause, Event},
    preset,
    run::lane::Refused,
};

impl Worker<'_> {
    /// Records that a planned change was refused and is not tried again.
    pub(super) fn refuse(&mut self, key: String, new: String) {
        let old = preset::get(self.lane.settings(), &key).unwrap_or_default();
        let refused = Event::Refused { key, old, new };
        self.record(self.lane.steps() + 1, refused, Cause::At);
    }

    pub(super) fn set(&mut self, key: &str, value: &str, cause: Cause) -> Result<(), Refused> {
        let Some((old, new)) = self.lane.set(key, value)? else {
            return Ok(());
        };
        self.settings_changed();
        let key = key.to_owned();
        self.record(self.lane.steps() + 1, Event::Set { key, old, new }, cause);
        Ok(())
    }

    /// Makes changes that the journal tells already.
    pub(super) fn set_again(&mut self, changes: &[(String, String)]) -> Result<(), Refused> {
        if self.lane.set_together(changes)? {
            self.settings_changed();
        }
        Ok(())
    }

    fn settings_changed(&mut self) {
        self.scored = false;
        self.tell_skipped();
        self.publisher.state.settings = Arc::clone(self.lane.settings());
    }
}
