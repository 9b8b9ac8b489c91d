//! Changes of settings, and their lines in the journal.

use std::sync::Arc;

use super::Worker;
use crate::{model::Change, preset, run::lane::Refused};

impl Worker<'_> {
    /// The journal's line of a planned change that was refused and is not tried again.
    pub(super) fn refuse(&mut self, key: &str, value: String) {
        self.record(Change {
            step: self.lane.steps() + 1,
            kind: "refused".to_owned(),
            key: key.to_owned(),
            old: preset::get(self.lane.settings(), key).unwrap_or_default(),
            new: value,
            cause: "at".to_owned(),
        });
    }

    pub(super) fn set(&mut self, key: &str, value: &str, cause: &str) -> Result<(), Refused> {
        let Some((old, new)) = self.lane.set(key, value)? else {
            return Ok(());
        };
        self.settings_changed();
        self.record(Change {
            step: self.lane.steps() + 1,
            kind: "set".to_owned(),
            key: key.to_owned(),
            old,
            new,
            cause: cause.to_owned(),
        });
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
