//! The networks of a run, and their layers with tensors.

use crate::preset::{self, Layer, Misfit, NetworkSpec, Preset, Shape};

/// A network of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The generator.
    G,
    /// The discriminator.
    D,
    /// The moving average of G.
    Ema,
}

impl Part {
    /// All networks, in the order of a file.
    pub const ALL: [Self; 3] = [Self::G, Self::D, Self::Ema];

    /// `g`, `d` or `ema`: the prefix of its keys in a weights file.
    pub fn name(self) -> &'static str {
        match self {
            Self::G => "g",
            Self::D => "d",
            Self::Ema => "ema",
        }
    }

    /// The network with this [`name`](Part::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// The key of a layer in the settings of spectral normalization. The average of G has the settings of G.
    pub fn settings_key(self, layer: &str) -> String {
        match self {
            Self::G | Self::Ema => format!("g.{layer}"),
            Self::D => format!("d.{layer}"),
        }
    }

    /// The network's settings and the shape of its input.
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
/// If a layer does not fit its input; the error names the first one.
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
        files::tensors::StateTensor,
        preset::builtin::{builtin, names},
        run::Device,
    };

    #[test]
    fn the_layers_of_all_presets_have_the_tensors_of_the_engine() {
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
