//! What an update measured, on the device.

use crate::nn::{
    Backend, Network, Objective, Record,
    backend::Result,
    module::Module,
    spectral::{FIGURES, NORM, SIGMA},
};

/// The measures of one update, where they were made.
pub struct Recorded<B: Backend> {
    pub(super) numbers: B::Buffer,
    pub(super) places: Record,
    /// Keys of the parts of the gradient; none of batch normalization.
    parts: Vec<Option<String>>,
    /// Layers of D, then of G, whose figures are recorded.
    layers: [Vec<Figures>; 2],
}

/// A layer's figures in a record.
struct Figures {
    key: String,
    /// Where they begin.
    place: usize,
}

/// A value for each layer, by its key.
pub type ByLayer = Vec<(String, f32)>;

impl<B: Backend> Recorded<B> {
    /// Room for the measures of an update of `trained`, which D or G is and `other` is not, with so many scores and
    /// norms of ∇x D. Figures are those of `trained` alone where this is G, else of both.
    pub(super) fn new(
        backend: &B,
        trained: &Network<B>,
        other: &Network<B>,
        scores: usize,
        samples: usize,
    ) -> Result<Self> {
        let (mut keys, mut parts) = (Vec::new(), Vec::new());
        for module in trained.parts() {
            match module {
                Module::Affine(layer) => {
                    keys.push(Some(format!("{}.{}", trained.name, layer.name)));
                    let end = layer.bias.as_ref().unwrap_or(&layer.weight).end;
                    parts.push(layer.weight.start..end);
                }
                Module::BatchNorm(norm) => {
                    keys.push(None);
                    parts.push(norm.gamma.start..norm.beta.end);
                }
                _ => {}
            }
        }
        let of_g = trained.name == "g";
        let mut places = Record {
            parts,
            figures: trained.sections().figures,
            scores,
            samples,
        };
        let start = places.figures().start;
        let layers = if of_g {
            [Vec::new(), figures(trained, start)]
        } else {
            places.figures += other.sections().figures;
            let behind = start + trained.sections().figures;
            [figures(trained, start), figures(other, behind)]
        };
        Ok(Self {
            numbers: backend.zeros(places.length())?,
            places,
            parts: keys,
            layers,
        })
    }

    /// Records loss and scores of D's raw outputs (1, samples); gives the derivative of the loss by each of them.
    pub(super) fn loss(
        &mut self,
        backend: &B,
        raw: &B::Buffer,
        objective: &Objective,
        knobs: &B::Buffer,
    ) -> Result<B::Buffer> {
        backend.loss(raw, objective, knobs, &mut self.numbers, &self.places)
    }

    /// Measures the gradient that stands in the memory of the first of `networks`, and copies the figures of all.
    pub(super) fn measure<const N: usize>(
        &mut self,
        backend: &B,
        networks: [&Network<B>; N],
        guard: &mut B::Buffer,
    ) -> Result<()> {
        let memories = networks.map(|network| network.memory().borrow());
        let figures = memories.each_ref().map(|memory| &memory.figures);
        let gradients = memories
            .first()
            .and_then(|memory| memory.gradients.as_ref());
        match gradients {
            Some(gradients) => {
                backend.measure(gradients, &figures, &mut self.numbers, &self.places, guard)
            }
            None => Ok(()),
        }
    }

    /// The numbers, on the host.
    ///
    /// # Errors
    /// Those of the device.
    pub fn read(&self, backend: &B) -> Result<Numbers> {
        let numbers = backend.read(&self.numbers, 0..self.places.length())?;
        let column = |layers: &[Figures], figure: usize| {
            let of = |layer: &Figures| (layer.key.clone(), numbers[layer.place + figure]);
            layers.iter().map(of).collect::<ByLayer>()
        };
        let part_norms = self.parts.iter().zip(&numbers[self.places.part_norms()]);
        Ok(Numbers {
            loss: numbers[Record::LOSS],
            norm: numbers[Record::NORM],
            layer_norms: part_norms
                .filter_map(|(key, &norm)| Some((key.clone()?, norm)))
                .collect(),
            sigma: self.layers.each_ref().map(|layers| column(layers, SIGMA)),
            weight_norm: self.layers.each_ref().map(|layers| column(layers, NORM)),
            scores: numbers[self.places.scores()].to_vec(),
            sample_norms: numbers[self.places.sample_norms()].to_vec(),
        })
    }
}

/// The layers of a network that have u and v; of G the normalized ones alone.
fn figures<B: Backend>(network: &Network<B>, start: usize) -> Vec<Figures> {
    let shown = |layer: &&crate::nn::layer::Affine| match network.name {
        "g" => layer.is_normalized(),
        _ => layer.spectral.is_some(),
    };
    let layers = network.affine().enumerate();
    let layers = layers.filter(|(_, layer)| shown(layer));
    layers
        .map(|(index, layer)| Figures {
            key: format!("{}.{}", network.name, layer.name),
            place: start + index * FIGURES,
        })
        .collect()
}

/// The measures of one update.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    pub loss: f32,
    /// 2-norm of the gradient of the loss with respect to all that is learned.
    pub norm: f32,
    /// 2-norm over weight and bias of each layer with a weight matrix.
    pub layer_norms: ByLayer,
    /// σ of D's layers and of G's, with u and v as they are and the weights that the update met.
    pub sigma: [ByLayer; 2],
    /// ‖W‖F of the same.
    pub weight_norm: [ByLayer; 2],
    /// D's output: of real, then of generated samples in a D update, of generated ones in a G update.
    pub scores: Vec<f32>,
    /// Norms of the gradient of D's output with respect to each generated sample; empty in a D update and through a D
    /// with batch normalization.
    pub sample_norms: Vec<f32>,
}
