//! The metadata of a weights file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::preset::{self, Preset};

/// Version of the format of [`About`].
const SCHEMA: u32 = 1;

/// Key of the JSON text in the metadata of weights and exports.
pub(crate) const KEY: &str = "weights";
/// Key of the JSON text in the metadata of a checkpoint, which has these fields and others.
const CHECKPOINT_KEY: &str = "checkpoint";

/// The run that weights come from, and what their tensors do not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub schema: u32,
    /// Name of the preset.
    pub name: String,
    pub seed: u64,
    /// Completed steps.
    pub step: u64,
    /// The settings in force, as RON.
    pub settings: String,
    /// The network of an export: `g`, `d` or `ema`. `None` for the weights of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The format of an export, see [`Form::name`](super::Form::name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The gain, a factor on D's output that no layer contains. Only in an export of D.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<f32>,
    /// The layer gain (the factor on W/σ) of each layer of an export whose tensors do not contain it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub layer_gain: BTreeMap<String, f32>,
}

/// An error of reading [`About`] from metadata.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("schema {0}; this program reads {SCHEMA}")]
    Schema(u32),
}

impl About {
    /// The metadata of all networks of a run after `step` steps.
    pub fn run(name: &str, seed: u64, step: u64, settings: &Preset) -> Self {
        Self {
            schema: SCHEMA,
            name: name.to_owned(),
            seed,
            step,
            settings: preset::print(settings, name),
            network: None,
            format: None,
            gain: None,
            layer_gain: BTreeMap::new(),
        }
    }

    /// Reads the description from a file's metadata, of which `find` gives the text of a key. `None` if there is none.
    ///
    /// # Errors
    /// If the text is invalid or has another schema.
    pub fn find<'a>(find: impl Fn(&str) -> Option<&'a str>) -> Result<Option<Self>, Unreadable> {
        let Some(text) = find(KEY).or_else(|| find(CHECKPOINT_KEY)) else {
            return Ok(None);
        };
        let about: Self = serde_json::from_str(text)?;
        match about.schema {
            SCHEMA => Ok(Some(about)),
            other => Err(Unreadable::Schema(other)),
        }
    }

    /// The description as JSON text.
    ///
    /// # Errors
    /// Never: all fields can be serialized.
    pub fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    fn found(key: &str, text: &str) -> Result<Option<About>, Unreadable> {
        About::find(|wanted| (wanted == key).then_some(text))
    }

    #[test]
    fn the_description_is_read_from_weights_and_checkpoints() {
        let about = About::run("ring", 3, 70, &builtin("ring").unwrap());
        let text = about.text().unwrap();
        assert_eq!(found(KEY, &text).unwrap().as_ref(), Some(&about));
        let more = text.replacen('{', r#"{"numerics":1,"updates_d":140,"journal":["{}"],"#, 1);
        assert_eq!(found("checkpoint", &more).unwrap(), Some(about));
        assert_eq!(found("other", &text).unwrap(), None);
    }

    #[test]
    fn invalid_descriptions_are_errors() {
        let about = About::run("ring", 3, 70, &builtin("ring").unwrap());
        let later = About { schema: 2, ..about };
        let error = found(KEY, &later.text().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "schema 2; this program reads 1");
        for wrong in ["", "{}", "[1]", "{\"schema\": -1}"] {
            assert!(found(KEY, wrong).is_err(), "{wrong}");
        }
    }
}
