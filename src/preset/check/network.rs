//! Checks a network: ranges of its layers, their shapes, and sizes beyond any machine.

use super::{Issue, require};
use crate::preset::{
    Preset,
    network::{LayerSpec, NetworkSpec, Shape},
    number::grouped,
    parameters::parameters_by_layer,
    setting,
    shape::{Misfit, infer},
};

/// Largest number of parameters of one network.
pub(super) const MAX_PARAMETERS: u128 = 100_000_000;
/// Largest number of activations of one network for a whole batch, input and output included.
pub(super) const MAX_ACTIVATIONS: u128 = 1 << 30;

const MAX_LAYERS: usize = 256;
const MAX_KERNEL: usize = 255;

/// Checks one network of a preset, `generator` or `discriminator`.
pub(super) fn network(
    preset: &Preset,
    name: &str,
    network: &NetworkSpec,
    input: Shape,
    output: Shape,
) -> Result<(), Issue> {
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
    let long = format!("longer than {MAX_LAYERS} layers");
    let takes = setting::words(&list).unwrap_or_default();
    require(layers.len() <= MAX_LAYERS, &list, long, &takes)?;
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
            LayerSpec::Linear { out, .. }
            | LayerSpec::ResidualUp { out, .. }
            | LayerSpec::ResidualDown { out, .. }
            | LayerSpec::Residual { out, .. } => units(&at("out"), out)?,
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
                    require(within, &at(field), size, &values)?;
                }
            }
            LayerSpec::Upsample(factor) | LayerSpec::AvgPool(factor) => {
                let within = (1..=MAX_KERNEL).contains(&factor);
                let values = format!("a whole number from 1 to {MAX_KERNEL}");
                require(within, &at("0"), factor, &values)?;
            }
            LayerSpec::LeakyReLU(slope) => {
                // The derivative is computed from the output, whose sign a negative slope would lose.
                let within = slope.is_finite() && slope >= 0.0;
                require(within, &at("0"), slope, "a finite slope, 0 or more")?;
            }
            LayerSpec::BatchNorm
            | LayerSpec::ReLU
            | LayerSpec::Tanh
            | LayerSpec::Sigmoid
            | LayerSpec::SumPool
            | LayerSpec::Reshape(..)
            | LayerSpec::Flatten => {}
        }
    }
    Ok(())
}

fn units(path: &str, out: usize) -> Result<(), Issue> {
    require(out >= 1, path, out, "a whole number, 1 or more")
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

/// Refuses networks too large for any machine, and batches too small for batch normalization.
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
    let shapes_in_and_out = std::iter::once(&input).chain(shapes);
    let features: u128 = shapes_in_and_out
        .map(|shape| shape.features() as u128)
        .sum();
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
