//! Values that parse and yet cannot be.

use super::{
    Preset,
    data::{Centres, Data, Source},
    network::{LayerSpec, NetworkSpec, Shape},
    number::grouped,
    setting,
    shape::{Misfit, infer, parameters_by_layer},
    spectral::MAX_ITERATIONS,
};

/// Most parameters of one network.
pub const MAX_PARAMETERS: u128 = 100_000_000;
/// Most numbers between the layers of one network over a whole batch.
pub const MAX_ACTIVATIONS: u128 = 1 << 30;

const MAX_BATCH: usize = 65_536;
const MAX_LATENT: usize = 65_536;
const MAX_N_DIS: usize = 1000;
const MAX_LAYERS: usize = 256;
const MAX_KERNEL: usize = 255;
const MAX_SIDE: usize = 256;
const MAX_MODES: usize = 1000;
const MAX_GRID: usize = 32;
const MAX_SAMPLES: usize = 1024;

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

/// [`require`] for the parts of a layer, which have their own ranges.
fn require_in_layer(
    holds: bool,
    path: &str,
    value: impl std::fmt::Display,
    values: &str,
) -> Result<(), Issue> {
    require(holds, path, value).map_err(|issue| Issue {
        help: Some(format!("it takes {values}")),
        ..issue
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
        spectral,
        ..
    } = preset;
    require((1..=MAX_LATENT).contains(latent), "latent", latent)?;
    require((1..=MAX_BATCH).contains(batch), "batch", batch)?;
    require((1..=MAX_N_DIS).contains(n_dis), "n_dis", n_dis)?;
    positive("gain", preset.gain)?;
    require((0.0..1.0).contains(&preset.ema), "ema", preset.ema)?;
    if let Some(steps) = preset.decay_steps {
        require(steps >= 1, "decay_steps", steps)?;
    }
    require(samples.every >= 1, "samples.every", samples.every)?;
    require(
        (1..=MAX_SAMPLES).contains(&samples.count),
        "samples.count",
        samples.count,
    )?;
    iterations("spectral.iterations", spectral.iterations)?;
    positive("spectral.layer_gain", spectral.layer_gain)
}

fn iterations(path: &str, iterations: usize) -> Result<(), Issue> {
    require(iterations <= MAX_ITERATIONS, path, iterations)
}

fn data(data: &Data) -> Result<(), Issue> {
    match data {
        Data::Mixture {
            centres,
            sigma,
            scale,
        } => {
            match *centres {
                Centres::Ring { modes, radius } => {
                    let within = (1..=MAX_MODES).contains(&modes);
                    require(within, "data.centres.modes", modes)?;
                    positive("data.centres.radius", radius)?;
                }
                Centres::Grid { side, spacing } => {
                    let within = (1..=MAX_GRID).contains(&side);
                    require(within, "data.centres.side", side)?;
                    positive("data.centres.spacing", spacing)?;
                }
            }
            positive("data.sigma", *sigma)?;
            positive("data.scale", *scale)
        }
        Data::Images { source, shape } => {
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

fn network(
    preset: &Preset,
    name: &str,
    network: &NetworkSpec,
    input: Shape,
    output: Shape,
) -> Result<(), Issue> {
    let rate = network.learning_rate;
    let path = format!("{name}.learning_rate");
    require(rate.is_finite() && rate >= 0.0, &path, rate)?;
    for (index, beta) in [network.betas.0, network.betas.1].into_iter().enumerate() {
        require(
            (0.0..1.0).contains(&beta),
            &format!("{name}.betas.{index}"),
            beta,
        )?;
    }
    layers(name, &network.layers)?;
    let shapes =
        infer(&network.layers, input).map_err(|misfit| does_not_fit(name, preset, misfit))?;
    if shapes.last() != Some(&output) {
        return Err(wrong_output(name, &shapes, output));
    }
    sizes(preset, name, network, input, &shapes)
}

fn layers(name: &str, layers: &[LayerSpec]) -> Result<(), Issue> {
    let list = format!("{name}.layers");
    require(layers.len() <= MAX_LAYERS, &list, "longer than 256 layers")?;
    if !layers.iter().any(LayerSpec::has_matrix) {
        return Err(Issue {
            path: list,
            message: format!("the {name} has no layer that could learn"),
            help: Some("it needs a Linear, Conv2d or ConvTranspose2d".to_owned()),
        });
    }
    for (position, layer) in layers.iter().enumerate() {
        let at = |field: &str| format!("{list}.{position}.{field}");
        match *layer {
            LayerSpec::Linear { out, .. } => units(&at("out"), out)?,
            LayerSpec::Conv2d {
                out,
                kernel,
                stride,
                padding,
                ..
            }
            | LayerSpec::ConvTranspose2d {
                out,
                kernel,
                stride,
                padding,
                ..
            } => {
                units(&at("out"), out)?;
                for (field, size, least) in [
                    ("kernel", kernel, 1),
                    ("stride", stride, 1),
                    ("padding", padding, 0),
                ] {
                    let within = (least..=MAX_KERNEL).contains(&size);
                    let values = format!("a whole number from {least} to {MAX_KERNEL}");
                    require_in_layer(within, &at(field), size, &values)?;
                }
            }
            LayerSpec::LeakyReLU(slope) => {
                require_in_layer(slope.is_finite(), &at("0"), slope, "a finite slope")?;
            }
            LayerSpec::BatchNorm
            | LayerSpec::ReLU
            | LayerSpec::Tanh
            | LayerSpec::Sigmoid
            | LayerSpec::Reshape(..)
            | LayerSpec::Flatten => {}
        }
    }
    Ok(())
}

fn units(path: &str, out: usize) -> Result<(), Issue> {
    require_in_layer(out >= 1, path, out, "a whole number, 1 or more")
}

fn does_not_fit(name: &str, preset: &Preset, misfit: Misfit) -> Issue {
    let source = match (misfit.position, name) {
        (0, "generator") => format!(", the latent vector of length {}", preset.latent),
        (0, _) => ", the data's shape".to_owned(),
        _ => String::new(),
    };
    Issue {
        path: format!("{name}.layers.{}", misfit.position),
        message: format!(
            "{name} layer {} ({}) gets {}{source}, but {}",
            misfit.position, misfit.layer, misfit.input, misfit.expected
        ),
        help: misfit.help,
    }
}

fn wrong_output(name: &str, shapes: &[Shape], output: Shape) -> Issue {
    let made = shapes.last().map_or_else(String::new, Shape::to_string);
    let (message, help) = if name == "generator" {
        (
            format!("the generator makes {made}, but the data's samples are {output}"),
            "change its last layers, or the data's shape",
        )
    } else {
        (
            format!("the discriminator ends in {made}, but one score for each sample is wanted"),
            "end with Flatten (after an image) and Linear(out: 1)",
        )
    };
    Issue {
        path: format!("{name}.layers.{}", shapes.len().saturating_sub(1)),
        message,
        help: Some(help.to_owned()),
    }
}

/// Refuses what would not fit into any machine, and batches too small for batch normalization.
fn sizes(
    preset: &Preset,
    name: &str,
    network: &NetworkSpec,
    input: Shape,
    shapes: &[Shape],
) -> Result<(), Issue> {
    let counts = parameters_by_layer(&network.layers, input)
        .map_err(|misfit| does_not_fit(name, preset, misfit))?;
    let total: u128 = counts
        .iter()
        .fold(0, |sum, &count| sum.saturating_add(count));
    if total > MAX_PARAMETERS {
        let largest = (0..counts.len()).max_by_key(|&i| counts[i]).unwrap_or(0);
        return Err(Issue {
            path: format!("{name}.layers.{largest}"),
            message: format!(
                "the {name} has {} parameters, most of them in layer {largest}",
                grouped(total)
            ),
            help: Some(format!("at most {} are allowed", grouped(MAX_PARAMETERS))),
        });
    }
    let batch = preset.batch;
    let features: u128 = shapes.iter().map(|shape| shape.features() as u128).sum();
    let activations = features.saturating_mul(batch as u128);
    if activations > MAX_ACTIVATIONS {
        return Err(Issue {
            path: "batch".to_owned(),
            message: format!(
                "a batch of {batch} makes {} numbers between the layers of the {name}",
                grouped(activations)
            ),
            help: Some(format!(
                "at most {} are allowed: use a smaller batch or smaller layers",
                grouped(MAX_ACTIVATIONS)
            )),
        });
    }
    let single = network
        .layers
        .iter()
        .zip(shapes)
        .position(|(layer, shape)| {
            *layer == LayerSpec::BatchNorm
                && matches!(
                    shape,
                    Shape::Flat(_)
                        | Shape::Image {
                            height: 1,
                            width: 1,
                            ..
                        }
                )
        });
    match single {
        Some(position) if batch < 2 => Err(Issue {
            path: "batch".to_owned(),
            message: format!(
                "{name} layer {position} (BatchNorm) has no variance in a batch of {batch}"
            ),
            help: Some("use a batch of 2 or more".to_owned()),
        }),
        _ => Ok(()),
    }
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
    let of = |letter: &'static str, network: &NetworkSpec| {
        let layers = network.layers.iter().enumerate();
        layers
            .filter(|(_, layer)| layer.has_matrix())
            .map(|(position, _)| format!("{letter}.{position}"))
            .collect::<Vec<_>>()
    };
    [of("d", &preset.discriminator), of("g", &preset.generator)].concat()
}
