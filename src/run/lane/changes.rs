//! Changes of settings between two steps.

use std::sync::Arc;

use super::Lane;
use crate::{
    preset::{self, Diagnostic, Preset},
    run::memory,
};

/// Why a change of a setting is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// It does not fit in memory.
    #[error("{0}")]
    Memory(String),
    /// It is no value for this setting, or cannot be had.
    #[error("{0}")]
    Setting(String),
}

impl Lane {
    /// Changes one setting from the next step on. Gives its old and its new value, or none where they are the same.
    ///
    /// # Errors
    /// A change that is refused; then nothing has changed.
    pub(crate) fn set(
        &mut self,
        key: &str,
        value: &str,
    ) -> Result<Option<(String, String)>, Refused> {
        let before = Arc::clone(&self.settings);
        let change = [(key.to_owned(), value.to_owned())];
        Ok(self.set_together(&change)?.then(|| {
            let value = |settings: &Preset| preset::get(settings, key).unwrap_or_default();
            (value(&before), value(&self.settings))
        }))
    }

    /// Changes settings, keys with values, from the next step on; only their outcome must be possible. Whether anything
    /// is other than before.
    ///
    /// # Errors
    /// Changes that are refused; then nothing has changed. One that the device failed at ends the run at the next step.
    pub(crate) fn set_together(&mut self, changes: &[(String, String)]) -> Result<bool, Refused> {
        let keys = || {
            let keys = changes.iter().map(|(key, _)| format!("`{key}`"));
            keys.collect::<Vec<_>>().join(", ")
        };
        let settings = changes.iter().map(|(key, value)| format!("{key}={value}"));
        let changed = preset::set_all(&self.settings, &settings.collect::<Vec<_>>());
        let changed = changed.map_err(|error| Refused::Setting(refusal(&keys(), error)))?;
        if let Some((key, _)) = changes.iter().find(|(key, _)| !preset::is_live(key)) {
            let message = format!("`{key}` is fixed once a run has started");
            return Err(Refused::Setting(message));
        }
        if changed == *self.settings {
            return Ok(false);
        }
        memory::admit(&changed, Some(&self.settings))
            .map_err(|why| Refused::Memory(format!("{}: {why}", keys())))?;
        let sizes = |of: &Preset| (of.batch, of.samples.count);
        if sizes(&changed) != sizes(&self.settings) {
            let admitted = self.engine.admit(&changed);
            admitted
                .unwrap_or_else(|error| Err(error.to_string()))
                .map_err(|why| Refused::Memory(format!("{}: {why}", keys())))?;
        }
        let refused = |error: &dyn std::error::Error| Refused::Setting(error.to_string());
        let dataset = if changed.data == self.settings.data {
            Arc::clone(&self.dataset)
        } else {
            let dataset = self.dataset.changed(&self.settings.data, &changed.data);
            Arc::new(dataset.map_err(|error| refused(&error))?)
        };
        let made = self.engine.reconfigure(&changed);
        made.map_err(|error| refused(&*self.broken_by(error)))?;
        if changed.data != self.settings.data || changed.batch != self.settings.batch {
            self.dataset = dataset;
            self.prefetch
                .change(Arc::clone(&self.dataset), changed.batch);
        }
        self.settings = Arc::new(changed);
        Ok(true)
    }
}

/// Why a setting is refused. A place within the value says nothing to a person who turned a knob.
fn refusal(keys: &str, error: Diagnostic) -> String {
    let error = Diagnostic {
        span: None,
        ..error
    };
    format!("{keys}: {error}")
}
