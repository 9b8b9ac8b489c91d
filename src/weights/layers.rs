//! The tensors that a network has, from its list of layers alone.

use crate::preset::{self, Layer, Misfit, NetworkSpec, Preset, Shape};

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

/// The layers of a network that have tensors, in order.
///
/// # Errors
/// The first layer that does not fit its input.
pub fn layers(part: Part, preset: &Preset) -> Result<Vec<Layer>, Misfit> {
    let (spec, input) = part.spec(preset);
    let mut layers = preset::layers(&spec.layers, input)?;
    layers.retain(|layer| !layer.tensors().is_empty());
    Ok(layers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        preset::builtin::{builtin, names},
        run::Device,
        tensors::StateTensor,
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
                            let (rows, columns) = layer.weight().unwrap().matrix().size();
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
