//! Values that parse and yet cannot be.

mod network;

use super::{
    Preset,
    data::{Centres, Data, Source},
    matrix::matrices,
    network::Shape,
    setting,
    spectral::MAX_ITERATIONS,
};
use network::network;

const MAX_BATCH: usize = 65_536;
const MAX_LATENT: usize = 65_536;
const MAX_N_DIS: usize = 1000;
const MAX_SIDE: usize = 256;
const MAX_MODES: usize = 1000;
const MAX_GRID: usize = 32;
const MAX_SAMPLES: usize = 1024;
const MAX_SCORED: usize = 10_000;
const MAX_KEPT: usize = 1000;

/// Something impossible in a preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The dotted path of the value at fault.
    pub path: String,
    pub message: String,
    pub help: Option<String>,
}

/// Looks for the first impossible value.
///
/// # Errors
/// A value out of its range, layers that do not fit each other, the data or the latent vector, networks too large
/// for any machine, exceptions for layers that have no matrix.
pub fn check(preset: &Preset) -> Result<(), Issue> {
    scalars(preset)?;
    data(&preset.data)?;
    let latent = Shape::Flat(preset.latent);
    let sample = preset.data.sample_shape();
    network(preset, "generator", &preset.generator, latent, sample)?;
    let score = Shape::Flat(1);
    network(
        preset,
        "discriminator",
        &preset.discriminator,
        sample,
        score,
    )?;
    exceptions(preset)
}

fn require(holds: bool, path: &str, value: impl std::fmt::Display) -> Result<(), Issue> {
    if holds {
        return Ok(());
    }
    Err(Issue {
        path: path.to_owned(),
        message: format!("`{path}` cannot be {value}"),
        help: setting::values(path).map(|values| format!("it takes {values}")),
    })
}

fn positive(path: &str, value: f32) -> Result<(), Issue> {
    require(value.is_finite() && value > 0.0, path, value)
}

fn scalars(preset: &Preset) -> Result<(), Issue> {
    let Preset {
        latent,
        batch,
        n_dis,
        samples,
        scores,
        checkpoints,
        spectral,
        ..
    } = preset;
    require((1..=MAX_LATENT).contains(latent), "latent", latent)?;
    require((1..=MAX_BATCH).contains(batch), "batch", batch)?;
    require((1..=MAX_N_DIS).contains(n_dis), "n_dis", n_dis)?;
    positive("gain", preset.gain)?;
    require((0.0..1.0).contains(&preset.ema), "ema", preset.ema)?;
    if let Some(bound) = preset.clip {
        positive("clip", bound)?;
    }
    if let Some(steps) = preset.decay_steps {
        require(steps >= 1, "decay_steps", steps)?;
    }
    require(samples.every >= 1, "samples.every", samples.every)?;
    require(
        (1..=MAX_SAMPLES).contains(&samples.count),
        "samples.count",
        samples.count,
    )?;
    require(
        (2..=MAX_SCORED).contains(&scores.count),
        "scores.count",
        scores.count,
    )?;
    let seconds = checkpoints.seconds;
    let path = "checkpoints.seconds";
    require(seconds.is_finite() && seconds >= 0.0, path, seconds)?;
    require(
        (1..=MAX_KEPT).contains(&checkpoints.keep),
        "checkpoints.keep",
        checkpoints.keep,
    )?;
    iterations("spectral.iterations", spectral.iterations)?;
    positive("spectral.layer_gain", spectral.layer_gain)
}

fn iterations(path: &str, iterations: usize) -> Result<(), Issue> {
    require(iterations <= MAX_ITERATIONS, path, iterations)
}

fn data(data: &Data) -> Result<(), Issue> {
    let noise = data.noise();
    require(noise.is_finite() && noise >= 0.0, "data.noise", noise)?;
    match data {
        Data::Mixture {
            centres,
            sigma,
            scale,
            noise: _,
        } => {
            match centres {
                &Centres::Ring { modes, radius } => {
                    let within = (1..=MAX_MODES).contains(&modes);
                    require(within, "data.centres.modes", modes)?;
                    positive("data.centres.radius", radius)?;
                }
                &Centres::Grid { side, spacing } => {
                    let within = (1..=MAX_GRID).contains(&side);
                    require(within, "data.centres.side", side)?;
                    positive("data.centres.spacing", spacing)?;
                }
                Centres::Points(points) => self::points(points)?,
            }
            positive("data.sigma", *sigma)?;
            positive("data.scale", *scale)
        }
        Data::Images { source, shape, .. } => {
            if let Source::Path(path) = source {
                require(!path.is_empty(), "data.source", "an empty path")?;
            }
            let sides = [shape.1, shape.2];
            let channels = matches!(shape.0, 1 | 3);
            require(channels, "data.shape.0", shape.0)?;
            for (path, side) in ["data.shape.1", "data.shape.2"].iter().zip(sides) {
                require((1..=MAX_SIDE).contains(&side), path, side)?;
            }
            Ok(())
        }
    }
}

fn points(points: &[(f32, f32)]) -> Result<(), Issue> {
    let within = (1..=MAX_MODES).contains(&points.len());
    let count = format!("a list of {} points", points.len());
    require(within, "data.centres", count)?;
    for (index, (x, y)) in points.iter().enumerate() {
        let path = format!("data.centres.0.{index}");
        let finite = x.is_finite() && y.is_finite();
        require(finite, &path, format!("({x}, {y})"))?;
    }
    Ok(())
}

fn exceptions(preset: &Preset) -> Result<(), Issue> {
    let known = matrix_layers(preset);
    for (key, layer) in &preset.spectral.layers {
        let path = format!("spectral.layers.{key}");
        if !known.contains(key) {
            let message = format!("`{key}` names no layer with a matrix");
            let help = format!("the layers with a matrix are {}", known.join(", "));
            return Err(Issue {
                path,
                message,
                help: Some(help),
            });
        }
        if let Some(count) = layer.iterations {
            let path = format!("{path}.iterations");
            require(count <= MAX_ITERATIONS, &path, count)
                .map_err(|issue| taking(issue, "spectral.iterations"))?;
        }
        if let Some(gain) = layer.layer_gain {
            positive(&format!("{path}.layer_gain"), gain)
                .map_err(|issue| taking(issue, "spectral.layer_gain"))?;
        }
    }
    Ok(())
}

/// The issue with the help that belongs to another setting of the same kind.
fn taking(issue: Issue, setting: &str) -> Issue {
    let help = setting::values(setting).map(|values| format!("it takes {values}"));
    Issue { help, ..issue }
}

/// Keys of all layers that have a weight matrix: D's, then G's.
pub fn matrix_layers(preset: &Preset) -> Vec<String> {
    let matrices = matrices(preset).into_iter();
    matrices.map(|matrix| matrix.key).collect()
}
