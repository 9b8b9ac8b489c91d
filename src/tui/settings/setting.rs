//! The settings that can be changed while a run goes on, as the screen shows them.

use crate::preset::{Loss, OnDisable, Preset, number::exact};

/// One setting: its path, a short name and its value as `--set` writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub key: &'static str,
    pub name: &'static str,
    pub value: String,
}

/// All of them, those a person looks for first first.
pub fn all(preset: &Preset) -> Vec<Setting> {
    let setting = |key, name, value| Setting { key, name, value };
    let pair = |(a, b): (f32, f32)| format!("({}, {})", exact(a), exact(b));
    let (g, d, spectral) = (&preset.generator, &preset.discriminator, &preset.spectral);
    vec![
        setting("spectral.enabled", "SN", spectral.enabled.to_string()),
        setting(
            "spectral.iterations",
            "iterations",
            spectral.iterations.to_string(),
        ),
        setting("gain", "gain", exact(preset.gain)),
        setting("loss", "loss", loss(preset.loss).to_owned()),
        setting(
            "discriminator.learning_rate",
            "lr D",
            exact(d.learning_rate),
        ),
        setting("generator.learning_rate", "lr G", exact(g.learning_rate)),
        setting("n_dis", "n_dis", preset.n_dis.to_string()),
        setting("batch", "batch", preset.batch.to_string()),
        setting("discriminator.betas", "β D", pair(d.betas)),
        setting("generator.betas", "β G", pair(g.betas)),
        setting("decay", "decay", preset.decay.to_string()),
        setting("ema", "ema", exact(preset.ema)),
        setting(
            "spectral.layer_gain",
            "layer gain",
            exact(spectral.layer_gain),
        ),
        setting(
            "spectral.on_disable",
            "on disable",
            on_disable(spectral.on_disable).to_owned(),
        ),
        setting(
            "spectral.generator",
            "SN of G",
            spectral.generator.to_string(),
        ),
        setting(
            "samples.every",
            "samples every",
            preset.samples.every.to_string(),
        ),
    ]
}

/// A value as a person reads it.
pub fn spoken(value: &str) -> String {
    match value {
        "true" => "on".to_owned(),
        "false" => "off".to_owned(),
        other => other.trim_matches(['(', ')']).replace(", ", " "),
    }
}

/// The value of the setting at this path as a person reads it.
pub fn spoken_of(key: &str, value: &str) -> String {
    match value {
        "None" | "()" if key.starts_with("spectral.layers.") => "as network".to_owned(),
        "None" => "off".to_owned(),
        other => spoken(other),
    }
}

/// The short name of the setting at this path; the path itself where it has none.
pub fn name(preset: &Preset, key: &str) -> String {
    if let Some(layer) = key.strip_prefix("spectral.layers.") {
        return match layer.rsplit_once('.') {
            Some((layer, "enabled")) => format!("SN of {layer}"),
            Some((layer, "iterations")) => format!("iterations of {layer}"),
            Some((layer, "layer_gain")) => format!("layer gain of {layer}"),
            _ => format!("exceptions of {layer}"),
        };
    }
    let found = all(preset).into_iter().find(|setting| setting.key == key);
    found.map_or_else(|| key.to_owned(), |setting| setting.name.to_owned())
}

fn loss(loss: Loss) -> &'static str {
    match loss {
        Loss::Hinge => "hinge",
        Loss::NonSaturating => "non_saturating",
        Loss::Wasserstein => "wasserstein",
        Loss::LeastSquares => "least_squares",
    }
}

fn on_disable(on_disable: OnDisable) -> &'static str {
    match on_disable {
        OnDisable::Fold => "fold",
        OnDisable::Raw => "raw",
    }
}
