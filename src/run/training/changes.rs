//! Changes of settings between two steps.

use std::sync::Arc;

use super::Training;
use crate::{
    model::{Assignment, Change},
    preset::{self, Diagnostic, Preset},
    run::{engine::Failure, memory},
    rundir::checkpoint::Position,
};

/// The reason why a change of a setting was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// Memory is not sufficient for changes of these settings, or cannot be checked.
    #[error("{keys}: {source}")]
    Memory { keys: String, source: Failure },
    /// The value is invalid, or the setting cannot change.
    #[error("{0}")]
    Setting(String),
}

impl Training {
    /// Changes settings together from the next step on. Returns those whose values differ from before, each once.
    ///
    /// # Errors
    /// If the changes are refused. Then nothing has changed.
    pub(crate) fn set(&mut self, wanted: &[Assignment]) -> Result<Vec<Change>, Refused> {
        let before = Arc::clone(&self.settings);
        let pairs: Vec<_> = wanted
            .iter()
            .map(|it| (it.key.clone(), it.value.clone()))
            .collect();
        let mut changes: Vec<Change> = Vec::new();
        if self.set_all(&pairs)? {
            for (key, _) in pairs {
                let value = |settings: &Preset| preset::get(settings, &key).unwrap_or_default();
                let (old, new) = (value(&before), value(&self.settings));
                if old != new && changes.iter().all(|change| change.key != key) {
                    changes.push(Change { key, old, new });
                }
            }
        }
        Ok(changes)
    }

    /// Changes several settings, given as (key, value), from the next step on. Only the combination must be valid. Returns
    /// whether the settings differ from before.
    ///
    /// # Errors
    /// If the changes are refused. Then nothing has changed. If the device failed, the next step fails as well.
    pub(crate) fn set_all(&mut self, changes: &[(String, String)]) -> Result<bool, Refused> {
        let keys = || names(changes.iter().map(|(key, _)| key));
        let changed = self.changed(changes.iter().map(|(key, value)| (&**key, &**value)))?;
        if changed == *self.settings {
            return Ok(false);
        }
        let short = |source| Refused::Memory {
            keys: keys(),
            source,
        };
        memory::check(&changed, Some(&self.settings)).map_err(|error| short(error.into()))?;
        let sizes = |of: &Preset| (of.batch, of.samples.count);
        if sizes(&changed) != sizes(&self.settings)
            && let Some(shortage) = self.engine.shortage(&changed).map_err(short)?
        {
            return Err(short(shortage.into()));
        }
        let refused = |error: &dyn std::error::Error| Refused::Setting(error.to_string());
        let dataset = if changed.data == self.settings.data {
            Arc::clone(&self.dataset)
        } else {
            let dataset = self.dataset.changed(&self.settings.data, &changed.data);
            Arc::new(dataset.map_err(|error| refused(&error))?)
        };
        let made = self.engine.reconfigure(&changed);
        made.map_err(|error| refused(&*self.mark_broken(error)))?;
        if changed.data != self.settings.data || changed.batch != self.settings.batch {
            self.dataset = dataset;
            self.prefetch
                .change(Arc::clone(&self.dataset), changed.batch);
        }
        self.settings = Arc::new(changed);
        Ok(true)
    }

    /// Checks that these settings can change, without the memory that they need.
    ///
    /// # Errors
    /// If they cannot.
    pub(crate) fn check(&self, wanted: &[Assignment]) -> Result<(), Refused> {
        let pairs = wanted.iter().map(|it| (&*it.key, &*it.value));
        self.changed(pairs).map(drop)
    }

    /// The settings after these changes, (key, value).
    fn changed<'a>(
        &self,
        changes: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> Result<Preset, Refused> {
        let settings = changes.clone().map(|(key, value)| format!("{key}={value}"));
        let changed = preset::set_all(&self.settings, &settings.collect::<Vec<_>>());
        let changed = changed.map_err(|error| {
            let keys = names(changes.clone().map(|(key, _)| key));
            Refused::Setting(refusal(&keys, error))
        })?;
        let mut keys = changes.map(|(key, _)| key);
        match keys.find(|key| !preset::is_live(key)) {
            Some(key) => {
                let message = format!("`{key}` is fixed once a run has started");
                Err(Refused::Setting(message))
            }
            None => Ok(changed),
        }
    }
}

/// The names of settings as a list.
fn names(keys: impl Iterator<Item = impl std::fmt::Display>) -> String {
    let keys = keys.map(|key| format!("`{key}`"));
    keys.collect::<Vec<_>>().join(", ")
}

impl Training {
    /// Makes the changes with which a fork begins, after the restoration of its state. No change for other states.
    ///
    /// # Errors
    /// If a change is refused.
    pub(crate) fn begin_fork(&mut self, position: &Position) -> Result<(), Refused> {
        for group in &position.changes {
            let changes = group.iter();
            let changes = changes.map(|change| (change.key.clone(), change.new.clone()));
            self.set_all(&changes.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// The message of a refused setting, without the position in the text: the user may not have typed it.
fn refusal(keys: &str, error: Diagnostic) -> String {
    let error = Diagnostic {
        span: None,
        ..error
    };
    format!("{keys}: {error}")
}
