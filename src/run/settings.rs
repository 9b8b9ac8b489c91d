//! Settings by their path. STAND-IN: its four functions forward to `preset` once it has them.

use crate::preset::Preset;

/// `preset` with the setting at `key` replaced by the RON value `value`.
pub fn set(preset: &Preset, key: &str, value: &str) -> Result<Preset, String> {
    fn parse<T: serde::de::DeserializeOwned>(value: &str) -> Result<T, String> {
        ron::from_str(value).map_err(|error| error.to_string())
    }
    let mut changed = preset.clone();
    match key {
        "spectral.enabled" => changed.spectral.enabled = parse(value)?,
        "spectral.iterations" => changed.spectral.iterations = parse(value)?,
        "gain" => changed.gain = parse(value)?,
        "batch" => changed.batch = parse(value)?,
        "n_dis" => changed.n_dis = parse(value)?,
        "latent" => changed.latent = parse(value)?,
        _ => return Err(format!("no setting `{key}`")),
    }
    Ok(changed)
}

/// The RON value of the setting at `key`.
pub fn get(preset: &Preset, key: &str) -> Option<String> {
    match key {
        "spectral.enabled" => Some(preset.spectral.enabled.to_string()),
        "spectral.iterations" => Some(preset.spectral.iterations.to_string()),
        "gain" => Some(preset.gain.to_string()),
        "batch" => Some(preset.batch.to_string()),
        "n_dis" => Some(preset.n_dis.to_string()),
        "latent" => Some(preset.latent.to_string()),
        _ => None,
    }
}

/// Whether the setting at `key` can change while a run is under way.
pub fn is_live(key: &str) -> bool {
    !matches!(key, "latent" | "steps" | "data.shape")
        && !key.ends_with(".layers")
        && !key.contains(".layers[")
}

/// The RON text of a preset, accepted back by `run`.
pub fn print(preset: &Preset) -> String {
    ron::ser::to_string_pretty(preset, ron::ser::PrettyConfig::new()).unwrap_or_default()
}
