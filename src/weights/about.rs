//! What a file of weights says of itself, beside its tensors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::preset::{self, Preset};

/// Number of this form of the text.
const SCHEMA: u32 = 1;

/// Name of the text in the metadata of weights and exports.
pub const NAME: &str = "weights";
/// The same in a checkpoint, where more stands beside these fields.
const OF_A_CHECKPOINT: &str = "checkpoint";

/// Where weights come from, and what a reader of one network must know besides its tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub schema: u32,
    /// Name of the preset.
    pub name: String,
    pub seed: u64,
    /// Steps made.
    pub step: u64,
    /// The preset in force, as RON.
    pub settings: String,
    /// Of an export: `g`, `d` or `ema`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Of an export: the form of its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Of an export of D: the factor on its output that its layers do not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<f32>,
    /// Of an export: the factors on W/σ that its keys cannot say, by layer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub layer_gain: BTreeMap<String, f32>,
}

impl About {
    /// Of all networks of a run after `step` steps.
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

    /// What metadata say, `find` giving their texts by name; none where they say nothing of it.
    ///
    /// # Errors
    /// A text that is there and cannot be read.
    pub fn find<'a>(find: impl Fn(&str) -> Option<&'a str>) -> Result<Option<Self>, String> {
        let Some(text) = find(NAME).or_else(|| find(OF_A_CHECKPOINT)) else {
            return Ok(None);
        };
        let about: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match about.schema {
            SCHEMA => Ok(Some(about)),
            other => Err(format!(
                "its metadata are of schema {other}, this program reads {SCHEMA}"
            )),
        }
    }

    /// The same as a text.
    ///
    /// # Errors
    /// None that is known: the fields are plain.
    pub fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    fn found(name: &str, text: &str) -> Result<Option<About>, String> {
        About::find(|asked| (asked == name).then_some(text))
    }

    #[test]
    fn a_checkpoint_says_the_same_and_more() {
        let about = About::run("ring", 3, 70, &builtin("ring").unwrap());
        let text = about.text().unwrap();
        assert_eq!(found(NAME, &text), Ok(Some(about.clone())));
        let more = text.replacen('{', r#"{"numerics":1,"updates_d":140,"journal":["{}"],"#, 1);
        assert_eq!(found("checkpoint", &more), Ok(Some(about)));
        assert_eq!(found("other", &text), Ok(None));
    }

    #[test]
    fn texts_that_cannot_be_read_are_told() {
        let about = About::run("ring", 3, 70, &builtin("ring").unwrap());
        let later = About { schema: 2, ..about };
        let message = found(NAME, &later.text().unwrap()).unwrap_err();
        assert!(
            message.contains("schema 2, this program reads 1"),
            "{message}"
        );
        for wrong in ["", "{}", "[1]", "{\"schema\": -1}"] {
            assert!(found(NAME, wrong).is_err(), "{wrong}");
        }
    }
}
