//! Entries of the journal.

use super::Lane;
use crate::{
    model::{Cause, Entry, Event},
    rundir::about::Environment,
};

impl Lane {
    /// Records an event that a user requested, before the next step.
    pub(in crate::run) fn journal(&mut self, event: Event, cause: Cause) {
        self.record(self.training.steps() + 1, event, cause);
    }

    /// Writes the note of a program's request as an entry of its own. Without a note it does nothing.
    pub(in crate::run) fn keep_note(&mut self, cause: &Cause) {
        if let Cause::Ctl {
            by,
            note: Some(text),
        } = cause
        {
            let (by, text) = (by.clone(), text.clone());
            self.journal(Event::Note { text }, Cause::Ctl { by, note: None });
        }
    }

    /// Adds an entry to the journal and to the snapshot, unless it repeats an existing line.
    pub(super) fn record(&mut self, step: u64, event: Event, cause: Cause) {
        self.record_with(step, event, cause, &Environment::new());
    }

    /// Records an event, with a description of the environment in its line.
    pub(super) fn record_with(
        &mut self,
        step: u64,
        event: Event,
        cause: Cause,
        environment: &Environment,
    ) {
        let entry = Entry { step, event, cause };
        if self.again.take(&entry) {
            return;
        }
        if let Err(error) = self.journal.append(&entry, environment) {
            self.publisher.notice(error.to_string(), true);
        }
        self.publisher.add_entry(entry);
    }
}
