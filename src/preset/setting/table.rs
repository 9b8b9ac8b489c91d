//! The table of settings.

use super::{
    OTHER, Setting,
    range::{
        ENDLESS,
        Range::{
            self, Betas, Centres, Form, Fraction, Group, Names, NotNegative, OrNone, Positive,
            Size, Start, Switch, Text, Whole,
        },
    },
};
use crate::preset::nudge::Notch::{self, Double, Ladder, One, Still, Turn};

/// A setting that can change during a run.
const fn live(
    path: &'static str,
    name: &'static str,
    letter: char,
    range: Range,
    notch: Notch,
    about: &'static str,
) -> Setting {
    Setting {
        path,
        name,
        letter,
        range,
        notch,
        about,
        live: true,
    }
}

/// A setting that is fixed once a run has started.
const fn fixed(path: &'static str, range: Range, about: &'static str) -> Setting {
    Setting {
        live: false,
        ..live(path, path, OTHER, range, Still, about)
    }
}

/// A group of live settings that have rows of their own.
const fn group(path: &'static str, form: &'static str, about: &'static str) -> Setting {
    live(path, path, OTHER, Group(form), Still, about)
}

const BOUNDS: Notch = Ladder(&["None", "1", "0.3", "0.1", "0.03", "0.01", "0.003"]);
const DECAYS: Notch = Ladder(&["0", "0.9", "0.98", "0.99", "0.995", "0.999", "0.9999"]);
const NOISE: Notch = Ladder(&["0", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5"]);
const INTERVALS: Notch = Ladder(&[
    "0", "10", "20", "50", "100", "200", "500", "1000", "2000", "5000",
]);
const LAYERS: Range = Form("a list of layers: [Linear(out: 128), ReLU, …]");

/// Every setting of a preset, live ones first, ordered by how often they are needed. The columns are path, short name,
/// letter, range, notch and description.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    live("spectral.enabled", "SN", 's', Switch, Turn, "spectral normalization of the discriminator"),
    live("spectral.iterations", "iterations", 'i', Whole(0, 50), One,
        "power iterations in one update; 0 freezes u and v"),
    live("gain", "gain", 'k', Positive, Double, "factor on the discriminator's output"),
    live("loss", "loss", 'l', Names(&["hinge", "non_saturating", "wasserstein", "least_squares"]), Turn,
        "the pair of losses"),
    live("discriminator.learning_rate", "lr D", 'r', NotNegative, Double, "Adam's step size for the discriminator"),
    live("generator.learning_rate", "lr G", 'r', NotNegative, Double, "Adam's step size for the generator"),
    live("n_dis", "n_dis", 'n', Whole(1, 1000), One, "discriminator updates for each generator update"),
    live("batch", "batch", 'B', Whole(1, 65_536), Double, "real samples, and as many generated ones, in one update"),
    live("discriminator.betas", "β D", 'b', Betas, Still, "Adam's decay rates for the discriminator"),
    live("generator.betas", "β G", 'b', Betas, Still, "Adam's decay rates for the generator"),
    live("decay", "decay", 'y', Switch, Turn, "whether learning rates fall linearly to 0"),
    live("ema", "ema", 'e', Fraction, DECAYS, "decay of the generator's moving average; 0 keeps none"),
    live("clip", "clip", 'c', OrNone(&Positive), BOUNDS,
        "bound to which every weight and bias of the discriminator is clipped after its update; None: no clipping"),
    live("data.noise", "noise", 'z', NotNegative, NOISE,
        "standard deviation of Gaussian noise on real and generated samples as the discriminator sees them, in its units"),
    live("spectral.layer_gain", "layer gain", 's', Positive, Double, "factor on each normalized weight W/σ"),
    live("spectral.on_disable", "on disable", 'f', Names(&["fold", "raw"]), Turn,
        "what a weight becomes when its normalization is switched off: layer_gain·W/σ (fold) or W (raw)"),
    live("spectral.generator", "SN of G", 's', Switch, Turn, "spectral normalization of the generator"),
    live("spectral.layers", "exceptions", 's',
        Form("a map from layer to settings: {\"d.0\": (iterations: 3)}; each of enabled, iterations and layer_gain is optional"),
        Still, "exceptions by layer"),
    live("decay_steps", "decay over", 'y', OrNone(&Whole(1, ENDLESS)), Double,
        "length of the decay in steps; `steps` where None"),
    live("samples.every", "samples every", OTHER, Whole(1, ENDLESS), Double, "steps between two sample pictures"),
    live("samples.count", "samples count", OTHER, Whole(1, 1024), Double, "samples in a picture, points in a scatter"),
    live("scores.every", "scores every", OTHER, Whole(0, ENDLESS), Double,
        "steps between two scorings; 0: at the end only"),
    live("scores.count", "scores count", OTHER, Whole(2, 10_000), Double,
        "images that are scored, against as many real ones"),
    live("spectra.every", "spectra every", OTHER, Whole(0, ENDLESS), INTERVALS,
        "steps between two exact measures of the weights by SVD, which are recorded; 0: none"),
    live("checkpoints.every", "save every", OTHER, Whole(0, ENDLESS), Double,
        "steps between two checkpoints; 0: none by steps"),
    live("checkpoints.seconds", "save seconds", OTHER, NotNegative, Double,
        "seconds between two checkpoints; 0: none by time"),
    live("checkpoints.keep", "saves kept", OTHER, Whole(1, 1000), Double,
        "the latest checkpoints that are kept, beside marked ones"),
    live("data.source", "source", OTHER, Form("Digits, Fashion, Dolls or Path(\"file or folder\")"), Still,
        "where images come from"),
    live("data.fit", "fit", OTHER, Names(&["Crop", "Pad", "Stretch"]), Turn,
        "how an image of other proportions takes the shape: its middle, all of it with black beside it, or stretched"),
    live("data.flip", "flip", OTHER, Switch, Turn,
        "whether each real image is mirrored left to right with probability 1/2"),
    live("data.dequantize", "dequantize", OTHER, Switch, Turn,
        "whether uniform noise fills the steps between 8-bit values of real images: (byte + u)/128 − 1, u in [0, 1)"),
    live("data.centres", "centres", OTHER, Centres, Still, "where a mixture's modes are"),
    live("data.sigma", "σ of modes", OTHER, Positive, Double, "standard deviation of a mixture's modes"),
    live("data.scale", "data scale", OTHER, Positive, Double, "the networks see a mixture's data divided by this"),
    live("about", "about", OTHER, Text, Still, "one sentence for the list of presets"),
    group("data",
        "Images(source: Digits, shape: (1, 28, 28)) or Mixture(centres: Ring(modes: 8, radius: 1.0), sigma: 0.01)",
        "what is learned; live where the shape of a sample stays"),
    group("spectral", "(enabled: true, iterations: 1)", "spectral normalization"),
    group("samples", "(every: 100, count: 64)", "the schedule of sample pictures"),
    group("scores", "(every: 500, count: 1000)", "the schedule of scores"),
    group("spectra", "(every: 500)", "the schedule of exact spectral measures"),
    group("checkpoints", "(every: 0, seconds: 60.0, keep: 3)", "the schedule of checkpoints"),
    fixed("data.shape", Size, "size of the images"),
    fixed("latent", Whole(1, 65_536), "length of the latent vector z"),
    fixed("generator", Group("(layers: […])"), "latent vector to sample"),
    fixed("discriminator", Group("(layers: […])"), "sample to score"),
    fixed("generator.layers", LAYERS, "the generator's layers in order"),
    fixed("discriminator.layers", LAYERS, "the discriminator's layers in order"),
    fixed("generator.init", Start,
        "what the generator's weights begin as: PyTorch's default, or normal numbers of this standard deviation with biases 0"),
    fixed("discriminator.init", Start,
        "what the discriminator's weights begin as: PyTorch's default, or normal numbers of this standard deviation with biases 0"),
    fixed("steps", Whole(0, ENDLESS), "generator updates after which the run is done"),
];
