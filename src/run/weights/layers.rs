//! The tensors that a network has, from its list of layers alone.

use crate::preset::{LayerSpec, Misfit, NetworkSpec, Preset, Shape, residual, residual::leaves};

/// Which network of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    G,
    D,
    /// The moving average of G.
    Ema,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::G, Self::D, Self::Ema];

    /// `g`, `d`, `ema`: the first part of its tensors' keys in a weights file.
    pub fn name(self) -> &'static str {
        match self {
            Self::G => "g",
            Self::D => "d",
            Self::Ema => "ema",
        }
    }

    /// The part of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// The key of a layer in the settings of spectral normalization: those of G are in force for its average.
    pub fn setting(self, layer: &str) -> String {
        match self {
            Self::G | Self::Ema => format!("g.{layer}"),
            Self::D => format!("d.{layer}"),
        }
    }

    /// Its layers and the shape of what goes in.
    pub fn spec(self, preset: &Preset) -> (&NetworkSpec, Shape) {
        match self {
            Self::G | Self::Ema => (&preset.generator, Shape::Flat(preset.latent)),
            Self::D => (&preset.discriminator, preset.data.sample_shape()),
        }
    }
}

/// A layer that has tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its path in the equivalent `nn.Sequential`: `0`, `0.conv1`.
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A layer with a weight matrix.
    Matrix {
        /// PyTorch's shape of the weight.
        shape: Vec<usize>,
        bias: bool,
        /// Whether input channels come first in that shape.
        transposed: bool,
    },
    /// Batch normalization over so many channels.
    Norm { channels: usize },
}

impl Layer {
    /// Rows and columns of the matrix whose largest singular value is meant; none of batch normalization.
    pub fn matrix(&self) -> Option<(usize, usize)> {
        let Kind::Matrix {
            shape, transposed, ..
        } = &self.kind
        else {
            return None;
        };
        let rows = shape[usize::from(*transposed)];
        Some((rows, shape.iter().product::<usize>() / rows.max(1)))
    }

    /// Names and shapes of its tensors but u and v.
    pub fn tensors(&self) -> Vec<(&'static str, Vec<usize>)> {
        match &self.kind {
            Kind::Matrix { shape, bias, .. } => {
                let rows = self.matrix().map_or(0, |(rows, _)| rows);
                let bias = bias.then(|| ("bias", vec![rows]));
                [("weight", shape.clone())]
                    .into_iter()
                    .chain(bias)
                    .collect()
            }
            Kind::Norm { channels } => ["weight", "bias", "running_mean", "running_var"]
                .map(|name| (name, vec![*channels]))
                .to_vec(),
        }
    }
}

/// The layers of a network that have tensors, in order.
///
/// # Errors
/// The first layer that does not fit its input.
pub fn layers(part: Part, preset: &Preset) -> Result<Vec<Layer>, Misfit> {
    let (spec, input) = part.spec(preset);
    let leaves = leaves(&spec.layers, input)?;
    Ok(leaves
        .into_iter()
        .filter_map(|leaf| {
            let kind = kind(leaf.layer, leaf.input)?;
            let name = leaf.name;
            Some(Layer { name, kind })
        })
        .collect())
}

fn kind(layer: LayerSpec, input: Shape) -> Option<Kind> {
    let channels = residual::channels(input);
    let (shape, bias, transposed) = match layer {
        LayerSpec::Linear { out, bias } => (vec![out, input.features()], bias, false),
        LayerSpec::Conv2d {
            out, kernel, bias, ..
        } => (vec![out, channels, kernel, kernel], bias, false),
        LayerSpec::ConvTranspose2d {
            out, kernel, bias, ..
        } => (vec![channels, out, kernel, kernel], bias, true),
        LayerSpec::BatchNorm => return Some(Kind::Norm { channels }),
        _ => return None,
    };
    Some(Kind::Matrix {
        shape,
        bias,
        transposed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        preset::builtin::{builtin, names},
        run::{Device, StateTensor},
    };

    /// What the engine has and what is said here are the same, for every preset that ships.
    #[test]
    fn they_are_the_tensors_of_the_engine() {
        for name in names() {
            let mut preset = builtin(name).unwrap();
            if name.starts_with("stl") || name.starts_with("cifar") {
                preset.latent = 2;
            }
            let engine = Device::Cpu.build(&preset, 0).unwrap();
            let mut state = engine.state().unwrap().into_iter().peekable();
            for part in [Part::G, Part::D, Part::Ema] {
                for layer in layers(part, &preset).unwrap() {
                    for (tensor, shape) in layer.tensors() {
                        let StateTensor {
                            key, shape: held, ..
                        } = state.next().unwrap();
                        let path = format!("{}.{}.{tensor}", part.name(), layer.name);
                        assert_eq!(key.replace("weight_orig", "weight"), path, "{name}");
                        assert_eq!(shape, held, "{name} {key}");
                        if key.ends_with("weight_orig") {
                            let (rows, columns) = layer.matrix().unwrap();
                            assert_eq!(state.next().unwrap().shape, [rows]);
                            assert_eq!(state.next().unwrap().shape, [columns]);
                        }
                    }
                }
            }
            assert_eq!(state.next(), None, "{name}");
        }
    }
}
