//! Every setting of a preset: its path, what it is, what it takes, and whether it can change while a run goes on.

/// A setting by its dotted path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub path: &'static str,
    pub about: &'static str,
    /// The values it takes.
    pub values: &'static str,
}

const fn setting(path: &'static str, about: &'static str, values: &'static str) -> Setting {
    Setting {
        path,
        about,
        values,
    }
}

const RATE: &str = "a finite number, 0 or more";
const BETAS: &str = "a pair (β1, β2) of numbers, each at least 0 and under 1";
const POSITIVE: &str = "a finite number above 0";
const SWITCH: &str = "true or false";
const ITERATIONS: &str = "a whole number from 0 to 50";
const INIT: &str = "Torch or Normal(0.02), the standard deviation a finite number above 0";
const LAYERS: &str = "a list of layers: [Linear(out: 128), ReLU, …]";

/// What can change while a run goes on, in the order in which a person would look for it.
pub const LIVE: &[Setting] = &[
    setting(
        "spectral.enabled",
        "spectral normalization of the discriminator",
        SWITCH,
    ),
    setting(
        "spectral.generator",
        "spectral normalization of the generator",
        SWITCH,
    ),
    setting(
        "spectral.iterations",
        "power iterations in one update; 0 freezes u and v",
        ITERATIONS,
    ),
    setting(
        "spectral.layer_gain",
        "factor on each normalized weight W/σ",
        POSITIVE,
    ),
    setting(
        "spectral.on_disable",
        "what a weight becomes when its normalization is switched off",
        "fold (layer_gain·W/σ) or raw (W)",
    ),
    setting(
        "spectral.layers",
        "exceptions by layer",
        "a map from layer to settings: {\"d.0\": (iterations: 3)}; each of enabled, iterations and layer_gain is optional",
    ),
    setting("gain", "factor on the discriminator's output", POSITIVE),
    setting(
        "loss",
        "the pair of losses",
        "hinge, non_saturating, wasserstein or least_squares",
    ),
    setting(
        "n_dis",
        "discriminator updates for each generator update",
        "a whole number from 1 to 1000",
    ),
    setting(
        "batch",
        "real samples, and as many generated ones, in one update",
        "a whole number from 1 to 65536",
    ),
    setting(
        "generator.learning_rate",
        "Adam's step size for the generator",
        RATE,
    ),
    setting(
        "discriminator.learning_rate",
        "Adam's step size for the discriminator",
        RATE,
    ),
    setting(
        "generator.betas",
        "Adam's decay rates for the generator",
        BETAS,
    ),
    setting(
        "discriminator.betas",
        "Adam's decay rates for the discriminator",
        BETAS,
    ),
    setting(
        "clip",
        "bound to which every weight and bias of the discriminator is clipped after its update; None: no clipping",
        "a finite number above 0, or None",
    ),
    setting(
        "ema",
        "decay of the generator's moving average; 0 keeps none",
        "a number, at least 0 and under 1",
    ),
    setting("decay", "whether learning rates fall linearly to 0", SWITCH),
    setting(
        "decay_steps",
        "length of the decay in steps; `steps` where None",
        "a whole number, 1 or more, or None",
    ),
    setting(
        "samples.every",
        "steps between two sample pictures",
        "a whole number, 1 or more",
    ),
    setting(
        "samples.count",
        "samples in a picture, points in a scatter",
        "a whole number from 1 to 1024",
    ),
    setting(
        "scores.every",
        "steps between two scorings; 0: at the end only",
        "a whole number, 0 or more",
    ),
    setting(
        "scores.count",
        "images that are scored, against as many real ones",
        "a whole number from 2 to 10000",
    ),
    setting(
        "spectra.every",
        "steps between two exact measures of the weights by SVD, which are recorded; 0: none",
        "a whole number, 0 or more",
    ),
    setting(
        "checkpoints.every",
        "steps between two checkpoints; 0: none by steps",
        "a whole number, 0 or more",
    ),
    setting(
        "checkpoints.seconds",
        "seconds between two checkpoints; 0: none by time",
        RATE,
    ),
    setting(
        "checkpoints.keep",
        "the latest checkpoints that are kept, beside marked ones",
        "a whole number from 1 to 1000",
    ),
    setting(
        "data",
        "what is learned; live where the shape of a sample stays",
        "Images(source: Digits, shape: (1, 28, 28)) or Mixture(centres: Ring(modes: 8, radius: 1.0), sigma: 0.01)",
    ),
    setting(
        "data.source",
        "where images come from",
        "Digits, Fashion, Dolls or Path(\"file or folder\")",
    ),
    setting(
        "data.fit",
        "how an image of other proportions takes the shape: its middle, all of it with black beside it, or stretched",
        "Crop, Pad or Stretch",
    ),
    setting(
        "data.flip",
        "whether each real image is mirrored left to right with probability ½",
        SWITCH,
    ),
    setting(
        "data.dequantize",
        "whether uniform noise fills the steps between 8-bit values of real images: (byte + u)/128 − 1, u in [0, 1)",
        SWITCH,
    ),
    setting(
        "data.noise",
        "standard deviation of Gaussian noise on real and generated samples as the discriminator sees them, in its units",
        "a finite number, 0 or more",
    ),
    setting(
        "data.sigma",
        "standard deviation of a mixture's modes",
        POSITIVE,
    ),
    setting(
        "data.scale",
        "the networks see a mixture's data divided by this",
        POSITIVE,
    ),
    setting(
        "data.centres",
        "where a mixture's modes are",
        "Ring(modes: 8, radius: 1.0) with up to 1000 modes, Grid(side: 5, spacing: 2.0) with a side up to 32, or Points([(0, 0), (1, 1)]) with up to 1000 points",
    ),
    setting(
        "about",
        "one sentence for the list of presets",
        "a text in quotes",
    ),
];

/// What is fixed once a run has started, and settings that hold others.
pub const OTHER: &[Setting] = &[
    setting(
        "data.shape",
        "size of the images",
        "(channels, height, width): 1 or 3 channels, sides from 1 to 256",
    ),
    setting(
        "latent",
        "length of the latent vector z",
        "a whole number from 1 to 65536",
    ),
    setting("generator", "latent vector to sample", "(layers: […])"),
    setting("discriminator", "sample to score", "(layers: […])"),
    setting(
        "generator.layers",
        "the generator's layers in order",
        LAYERS,
    ),
    setting(
        "discriminator.layers",
        "the discriminator's layers in order",
        LAYERS,
    ),
    setting(
        "generator.init",
        "what the generator's weights begin as: PyTorch's default, or normal numbers of this standard deviation with biases 0",
        INIT,
    ),
    setting("discriminator.init", "the same for the discriminator", INIT),
    setting(
        "spectral",
        "spectral normalization",
        "(enabled: true, iterations: 1)",
    ),
    setting(
        "samples",
        "the schedule of sample pictures",
        "(every: 100, count: 64)",
    ),
    setting(
        "scores",
        "the schedule of scores",
        "(every: 500, count: 1000)",
    ),
    setting(
        "spectra",
        "the schedule of exact spectral measures",
        "(every: 500)",
    ),
    setting(
        "checkpoints",
        "the schedule of checkpoints",
        "(every: 0, seconds: 60.0, keep: 3)",
    ),
    setting(
        "steps",
        "generator updates after which the run is done",
        "a whole number, 0 or more",
    ),
];

/// How each layer is written.
const FORMS: &[(&str, &str)] = &[
    ("Linear", "Linear(out: 128), also with bias: false"),
    (
        "Conv2d",
        "Conv2d(out: 64, kernel: 4, stride: 2, padding: 1), also with bias: false",
    ),
    (
        "ConvTranspose2d",
        "ConvTranspose2d(out: 64, kernel: 4, stride: 2, padding: 1), also with bias: false",
    ),
    ("BatchNorm", "BatchNorm, without anything after it"),
    ("ReLU", "ReLU, without anything after it"),
    ("LeakyReLU", "LeakyReLU(0.1), with its slope"),
    ("Tanh", "Tanh, without anything after it"),
    ("Sigmoid", "Sigmoid, without anything after it"),
    (
        "ResidualUp",
        "ResidualUp(out: 256), also with batch_norm: false",
    ),
    (
        "ResidualDown",
        "ResidualDown(out: 128), also with batch_norm: true, preactivation: false",
    ),
    (
        "Residual",
        "Residual(out: 128), also with batch_norm: true, preactivation: false",
    ),
    ("Upsample", "Upsample(2), with its factor"),
    ("AvgPool", "AvgPool(2), with its side"),
    ("SumPool", "SumPool, without anything after it"),
    ("Reshape", "Reshape(channels, height, width)"),
    ("Flatten", "Flatten, without anything after it"),
];

/// The table of settings in Markdown, the live ones first.
pub fn markdown() -> String {
    let mut table = "| setting | is | takes | live |\n| --- | --- | --- | --- |\n".to_owned();
    for (settings, live) in [(LIVE, "yes"), (OTHER, "")] {
        for Setting {
            path,
            about,
            values,
        } in settings
        {
            table.push_str(&format!("| `{path}` | {about} | {values} | {live} |\n"));
        }
    }
    table
}

/// The values that the setting at this path takes, or the one that holds it.
pub fn values(path: &str) -> Option<&'static str> {
    let mut path = path;
    loop {
        if let Some(setting) = LIVE.iter().chain(OTHER).find(|s| s.path == path) {
            return Some(setting.values);
        }
        path = path.rsplit_once('.')?.0;
    }
}

/// Whether there is such a setting in some preset.
pub fn exists(path: &str) -> bool {
    LIVE.iter().chain(OTHER).any(|s| s.path == path)
}

/// The names of all layers.
pub fn layer_names() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|(name, _)| *name)
}

/// How the layer of this name is written.
pub fn form(layer: &str) -> Option<&'static str> {
    FORMS
        .iter()
        .find(|(name, _)| *name == layer)
        .map(|(_, form)| *form)
}

/// Whether the setting at this path can change while a run goes on: all but network shapes, what weights begin as,
/// `latent`, `steps` and the shape of the data.
pub fn is_live(path: &str) -> bool {
    let whole = ["generator", "discriminator", "latent", "steps"];
    let with_parts = [
        "data.shape",
        "generator.layers",
        "discriminator.layers",
        "generator.init",
        "discriminator.init",
    ];
    !whole.contains(&path)
        && !with_parts.iter().any(|fixed| {
            path.strip_prefix(fixed)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_agree_with_what_is_live() {
        assert!(LIVE.iter().all(|s| is_live(s.path)));
        for fixed in [
            "latent",
            "steps",
            "data.shape.1",
            "generator.layers.0.out",
            "generator.init",
            "discriminator.init.0",
        ] {
            assert!(!is_live(fixed), "{fixed}");
        }
        assert!(is_live("spectral.layers.d.0.iterations") && is_live("generator.betas.0"));
    }

    #[test]
    fn a_part_takes_what_its_whole_takes() {
        assert_eq!(values("data.shape.1"), values("data.shape"));
        assert_eq!(values("no.such"), None);
    }
}
