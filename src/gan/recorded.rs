//! What an update measured, on the device.

use std::{cell::RefCell, ops::Range, rc::Rc};

use crate::nn::{
    Backend, Network, Objective, RecordLayout,
    backend::Result,
    module::Module,
    spectral::{FIGURES, NORM, SIGMA},
};

/// Room on the device for what updates of one network measure: a record that an update fills, and a history of records,
/// long enough for the updates between two looks of the host.
pub struct Recorder<B: Backend> {
    pub record: B::Buffer,
    layout: Rc<Layout>,
    history: Rc<RefCell<B::Buffer>>,
    turn: usize,
}

/// Records of the history: those between two looks, and one that stands while the next is made.
const fn turns<B: Backend>() -> usize {
    B::CHECK_INTERVAL + 1
}

/// Where an update's measures stand in a record, and what they are of.
struct Layout {
    places: RecordLayout,
    /// Keys of the parts of the gradient; none of batch normalization.
    parts: Vec<Option<String>>,
    /// Layers of D, then of G, whose figures are recorded.
    layers: [Vec<Figures>; 2],
}

/// The measures of one update, where they were made; there until as many updates more have been made as the history has
/// records.
pub struct Recorded<B: Backend> {
    layout: Rc<Layout>,
    history: Rc<RefCell<B::Buffer>>,
    place: Range<usize>,
}

/// A layer's figures in a record.
struct Figures {
    key: String,
    /// Where they begin.
    place: usize,
}

/// A value for each layer, by its key.
pub type ByLayer = Vec<(String, f32)>;

impl Layout {
    /// Of an update of `trained`, which D or G is and `other` is not, with so many scores and norms of ∇x D. Figures are
    /// those of `trained` alone where this is G, else of both.
    fn new<B: Backend>(
        trained: &Network<B>,
        other: &Network<B>,
        (scores, samples): (usize, usize),
    ) -> Self {
        let (mut keys, mut parts) = (Vec::new(), Vec::new());
        for module in trained.leaves() {
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
        let mut places = RecordLayout {
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
        Self {
            places,
            parts: keys,
            layers,
        }
    }
}

impl<B: Backend> Recorder<B> {
    /// Room for the measures of updates of `trained`, see [`Layout::new`].
    pub fn new(
        backend: &B,
        trained: &Network<B>,
        other: &Network<B>,
        samples: (usize, usize),
    ) -> Result<Self> {
        let layout = Layout::new(trained, other, samples);
        let length = layout.places.length();
        Ok(Self {
            record: backend.zeros(length)?,
            layout: Rc::new(layout),
            history: Rc::new(RefCell::new(backend.zeros(turns::<B>() * length)?)),
            turn: 0,
        })
    }

    /// The turn of the next update in the history, as the device is told it.
    pub fn next(&mut self) -> f32 {
        self.turn = (self.turn + 1) % turns::<B>();
        self.turn as f32
    }

    /// What the last update measured.
    pub fn last(&self) -> Recorded<B> {
        Recorded {
            layout: self.layout.clone(),
            history: self.history.clone(),
            place: self.layout.places.history_row(self.turn as f32),
        }
    }

    /// How many scores, and how many norms of ∇x D.
    pub fn samples(&self) -> (usize, usize) {
        (self.layout.places.scores, self.layout.places.samples)
    }

    /// Records loss and scores of D's raw outputs (1, samples); gives the derivative of the loss by each of them.
    pub fn loss(
        &mut self,
        backend: &B,
        raw: &B::Buffer,
        objective: &Objective,
        knobs: &B::Buffer,
    ) -> Result<B::Buffer> {
        backend.loss(raw, objective, knobs, &mut self.record, &self.layout.places)
    }

    /// Records |gain| times the norm of each sample's gradient, and multiplies it by the sample's slope.
    pub fn scale_samples(
        &mut self,
        backend: &B,
        gradients: &mut B::Buffer,
        slopes: &B::Buffer,
        knobs: &B::Buffer,
    ) -> Result<()> {
        let (record, places) = (&mut self.record, &self.layout.places);
        backend.scale_samples(gradients, slopes, places.samples, knobs, record, places)
    }

    /// Measures the gradient that stands in the memory of the first of `networks`, and copies the figures of all.
    pub fn measure<const N: usize>(
        &mut self,
        backend: &B,
        networks: [&Network<B>; N],
        knobs: &B::Buffer,
        guard: &mut B::Buffer,
    ) -> Result<()> {
        let memories = networks.map(|network| network.memory().borrow());
        let figures = memories.each_ref().map(|memory| &memory.figures);
        let gradients = memories
            .first()
            .and_then(|memory| memory.gradients.as_ref());
        let Some(gradients) = gradients else {
            return Ok(());
        };
        let history = &mut *self.history.borrow_mut();
        let (record, places) = (&mut self.record, &self.layout.places);
        backend.measure(gradients, &figures, record, places, (history, knobs), guard)
    }
}

impl<B: Backend> Recorded<B> {
    /// The numbers, on the host.
    ///
    /// # Errors
    /// Those of the device.
    pub fn read(&self, backend: &B) -> Result<Numbers> {
        let numbers = backend.read(&self.history.borrow(), self.place.clone())?;
        let Layout {
            places,
            parts,
            layers,
        } = &*self.layout;
        let column = |layers: &[Figures], figure: usize| {
            let of = |layer: &Figures| (layer.key.clone(), numbers[layer.place + figure]);
            layers.iter().map(of).collect::<ByLayer>()
        };
        let part_norms = parts.iter().zip(&numbers[places.part_norms()]);
        Ok(Numbers {
            loss: numbers[RecordLayout::LOSS],
            norm: numbers[RecordLayout::NORM],
            layer_norms: part_norms
                .filter_map(|(key, &norm)| Some((key.clone()?, norm)))
                .collect(),
            sigma: layers.each_ref().map(|layers| column(layers, SIGMA)),
            weight_norm: layers.each_ref().map(|layers| column(layers, NORM)),
            scores: numbers[places.scores()].to_vec(),
            sample_norms: numbers[places.sample_norms()].to_vec(),
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
