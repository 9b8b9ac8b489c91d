//! The layers of a network with inferred shapes. Weights, sizes and names of layers come from here.

use super::{
    kind::Kind,
    network::{LayerSpec, Shape},
    residual::Branches,
    shape::{Misfit, infer},
    weight::{Convolution, Weight},
};

/// A single layer (not a block) and its place in the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its path in the equivalent `nn.Sequential`: its position, or its block's and its own name in it (`0`,
    /// `0.conv1`).
    pub name: String,
    /// The layer as the preset has it; inside a block, one of its parts.
    pub spec: LayerSpec,
    /// Shape of one input sample.
    pub input: Shape,
    /// Shape of one output sample.
    pub output: Shape,
}

impl Layer {
    /// The last part of its name: `0`, `conv1`.
    pub fn own_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }

    /// What it does.
    pub fn kind(&self) -> Kind {
        self.spec.kind(self.input.channels())
    }

    /// The layer's weight, if it has one.
    pub fn weight(&self) -> Option<Weight> {
        match self.kind() {
            Kind::Weight(weight) => Some(weight),
            _ => None,
        }
    }

    /// Names and shapes of the layer's tensors in PyTorch, without u, v and counters.
    pub fn tensors(&self) -> Vec<(&'static str, Vec<usize>)> {
        match self.kind() {
            Kind::Weight(weight) => {
                let bias = weight.bias.then(|| ("bias", vec![weight.matrix().rows]));
                let tensors = [("weight", weight.shape)].into_iter().chain(bias);
                tensors.collect()
            }
            Kind::Norm { channels } => ["weight", "bias", "running_mean", "running_var"]
                .map(|name| (name, vec![channels]))
                .to_vec(),
            Kind::Activation | Kind::Resampling | Kind::Reshape | Kind::Block(_) => vec![],
        }
    }

    /// Number of trained parameters: weights and biases, scales and shifts.
    pub fn parameters(&self) -> u128 {
        match self.kind() {
            Kind::Weight(weight) => {
                let biases = if weight.bias { weight.matrix().rows } else { 0 };
                weight.numbers().saturating_add(biases as u128)
            }
            Kind::Norm { channels } => 2 * channels as u128,
            Kind::Activation | Kind::Resampling | Kind::Reshape | Kind::Block(_) => 0,
        }
    }

    /// Multiplications in one forward pass of one sample: the size of the weight times the positions of its kernel.
    pub fn multiplications(&self) -> u128 {
        self.weight().map_or(0, |weight| {
            let places = if weight.is_transposed() {
                self.input.pixels()
            } else {
                self.output.pixels()
            };
            weight.numbers().saturating_mul(places as u128)
        })
    }

    /// The layer in words: `Linear 128→1`, `Conv2d 64→128 4×4 s2`, `LeakyReLU 0.1`.
    pub fn words(&self) -> String {
        let Some(weight) = self.weight() else {
            return self.spec.words();
        };
        let (name, from, to) = (
            self.spec.name(),
            self.input.channels(),
            weight.matrix().rows,
        );
        let kernel = match weight.convolution {
            None => String::new(),
            Some(Convolution {
                kernel, stride: 1, ..
            }) => format!(" {kernel}×{kernel}"),
            Some(Convolution { kernel, stride, .. }) => format!(" {kernel}×{kernel} s{stride}"),
        };
        format!("{name} {from}→{to}{kernel}")
    }
}

/// The layer or block at one position of a network.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    Layer(Layer),
    /// A residual block: the outputs of its branches are added. An empty branch is the identity.
    Block {
        main: Vec<Layer>,
        shortcut: Vec<Layer>,
    },
}

impl Entry {
    /// The layers of this position, main branch before shortcut.
    pub(crate) fn layers(&self) -> impl Iterator<Item = &Layer> {
        let (first, second) = match self {
            Self::Layer(layer) => (std::slice::from_ref(layer), &[][..]),
            Self::Block { main, shortcut } => (&main[..], &shortcut[..]),
        };
        first.iter().chain(second)
    }
}

/// Returns the layers and blocks of a network in order.
///
/// # Errors
/// Names the first layer that does not fit its input; for a layer inside a block, the block.
pub(crate) fn entries(layers: &[LayerSpec], input: Shape) -> Result<Vec<Entry>, Misfit> {
    let named = layers.iter().enumerate();
    let named = named.map(|(position, &spec)| (position.to_string(), spec));
    let layers = sequence(named.collect(), input)?.into_iter().enumerate();
    let entry = |(position, layer): (usize, Layer)| {
        let Some(Branches { main, shortcut }) = layer.spec.branches(layer.input.channels()) else {
            return Ok(Entry::Layer(layer));
        };
        let branch = |specs: Vec<(&str, LayerSpec)>| {
            let named = specs.into_iter();
            let named = named.map(|(own, spec)| (format!("{}.{own}", layer.name), spec));
            sequence(named.collect(), layer.input).map_err(|misfit| Misfit {
                position,
                layer: layer.spec.name(),
                input: layer.input,
                ..misfit
            })
        };
        Ok(Entry::Block {
            main: branch(main)?,
            shortcut: branch(shortcut)?,
        })
    };
    layers.map(entry).collect()
}

/// Returns all single layers of a network, those of blocks included, main branch before shortcut.
///
/// # Errors
/// Names the first layer that does not fit its input; for a layer inside a block, the block.
pub fn layers(layers: &[LayerSpec], input: Shape) -> Result<Vec<Layer>, Misfit> {
    let entries = entries(layers, input)?;
    Ok(entries.iter().flat_map(Entry::layers).cloned().collect())
}

/// Places named layers one after the other, starting at `input`.
fn sequence(named: Vec<(String, LayerSpec)>, mut input: Shape) -> Result<Vec<Layer>, Misfit> {
    let specs: Vec<LayerSpec> = named.iter().map(|(_, spec)| *spec).collect();
    let outputs = infer(&specs, input)?;
    let layers = named.into_iter().zip(outputs);
    let layer = |((name, spec), output)| Layer {
        name,
        spec,
        input: std::mem::replace(&mut input, output),
        output,
    };
    Ok(layers.map(layer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Layout;

    const IMAGE: Shape = Shape::Image {
        channels: 8,
        height: 7,
        width: 7,
    };

    #[test]
    fn a_transposed_convolution_has_its_output_channels_in_the_rows() {
        let spec = LayerSpec::ConvTranspose2d {
            out: 3,
            kernel: 4,
            stride: 2,
            padding: 1,
            bias: true,
        };
        let [layer] = &layers(&[spec], IMAGE).unwrap()[..] else {
            panic!("one layer");
        };
        let weight = layer.weight().unwrap();
        assert_eq!(weight.shape, [8, 3, 4, 4]);
        let (blocks, rows, columns) = (8, 3, 16);
        let layout = Layout {
            blocks,
            rows,
            columns,
        };
        assert_eq!(weight.matrix(), layout);
        assert_eq!(layer.words(), "ConvTranspose2d 8→3 4×4 s2");
        assert_eq!(layer.parameters(), 8 * 3 * 16 + 3);
        assert_eq!(layer.multiplications(), 8 * 3 * 16 * 49);
    }

    #[test]
    fn layers_of_a_block_are_named_after_it_and_follow_each_other() {
        let block = LayerSpec::ResidualUp {
            out: 4,
            batch_norm: true,
        };
        let entries = entries(&[LayerSpec::Tanh, block], IMAGE).unwrap();
        let [Entry::Layer(first), Entry::Block { main, shortcut }] = &entries[..] else {
            panic!("a layer and a block: {entries:?}");
        };
        assert_eq!((&*first.name, first.output), ("0", IMAGE));
        let names: Vec<&str> = main.iter().chain(shortcut).map(Layer::own_name).collect();
        let expected = "bn1 relu1 up conv1 bn2 relu2 conv2 shortcut up";
        assert_eq!(names.join(" "), expected);
        assert_eq!(main[3].name, "1.conv1");
        for branch in [main, shortcut] {
            assert_eq!(branch[0].input, IMAGE);
            assert!(branch.windows(2).all(|two| two[0].output == two[1].input));
        }
        assert_eq!(main.last().unwrap().output, shortcut[1].output);
    }

    #[test]
    fn what_is_too_large_inside_a_block_is_said_of_the_block() {
        let block = LayerSpec::ResidualUp {
            out: 1,
            batch_norm: false,
        };
        let input = Shape::Image {
            channels: 1 << 12,
            height: 1 << 6,
            width: 1 << 6,
        };
        let misfit = layers(&[LayerSpec::ReLU, LayerSpec::ReLU, block], input).unwrap_err();
        assert_eq!(
            misfit.to_string(),
            "layer 2 (ResidualUp) gets 4096×64×64, but may not make more than 16,777,216 numbers of a sample"
        );
    }
}
