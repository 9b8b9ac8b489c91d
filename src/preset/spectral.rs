//! The settings of spectral normalization.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Spectral normalization of D and, on request, of G (Miyato et al. 2018).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spectral {
    /// Whether D's weights are divided by their largest singular value.
    pub enabled: bool,
    /// Whether G's weights are divided by their largest singular value.
    pub generator: bool,
    /// Power iterations in one update; 0 freezes u and v.
    pub iterations: usize,
    /// Factor on each normalized weight W/σ.
    pub layer_gain: f32,
    /// What a layer's weight becomes when its normalization is switched off.
    pub on_disable: OnDisable,
    /// Exceptions by layer, under the layer's key in the weights file (`"d.0"`, `"g.3"`).
    pub layers: BTreeMap<String, LayerSpectral>,
}

impl Default for Spectral {
    fn default() -> Self {
        Self {
            enabled: true,
            generator: false,
            iterations: 1,
            layer_gain: 1.0,
            on_disable: OnDisable::Fold,
            layers: BTreeMap::new(),
        }
    }
}

/// What a layer's weight becomes when its normalization is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDisable {
    /// The normalized weight layer_gain·W/σ, which leaves the network's function unchanged.
    Fold,
    /// The raw W.
    Raw,
}

/// Exceptions for one layer. An absent field follows the network's setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LayerSpectral {
    /// Whether the layer computes with W/σ.
    pub enabled: Option<bool>,
    /// Power iterations per update.
    pub iterations: Option<usize>,
    /// Factor on W/σ.
    pub layer_gain: Option<f32>,
}

impl LayerSpectral {
    /// Names of the fields, which are also settings of the network.
    pub const FIELDS: [&str; 3] = ["enabled", "iterations", "layer_gain"];
}

/// Splits the path of an exception (`spectral.layers.d.0.enabled`) into the layer and the field, if it names one.
pub(crate) fn exception(path: &str) -> Option<(&str, Option<&'static str>)> {
    let rest = path.strip_prefix("spectral.layers.")?;
    let of_field = |field| Some((rest.strip_suffix(field)?.strip_suffix('.')?, Some(field)));
    let found = LayerSpectral::FIELDS.into_iter().find_map(of_field);
    Some(found.unwrap_or((rest, None)))
}

/// The settings in force for one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalizedLayer {
    /// Whether the layer computes with W/σ.
    pub enabled: bool,
    /// Power iterations per update.
    pub iterations: usize,
    /// Factor on W/σ.
    pub layer_gain: f32,
}

impl Spectral {
    /// The settings in force for the layer with this key (`d.0`, `g.3`).
    pub fn layer(&self, key: &str) -> NormalizedLayer {
        let own = self.layers.get(key).copied().unwrap_or_default();
        let network = if key.starts_with("g.") {
            self.generator
        } else {
            self.enabled
        };
        NormalizedLayer {
            enabled: own.enabled.unwrap_or(network),
            iterations: own.iterations.unwrap_or(self.iterations),
            layer_gain: own.layer_gain.unwrap_or(self.layer_gain),
        }
    }
}
