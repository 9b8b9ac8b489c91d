//! The measures of an update, on the device.

use std::{ops::Range, sync::Arc};

use atomic_refcell::AtomicRefCell;

use crate::engine::nn::{
    Backend, Network, Objective, RecordLayout,
    backend::Result,
    module::Module,
    spectral::{FIGURES, NORM, SIGMA},
};

/// Device buffers for the measures of one network's updates: the record of the current update, and a ring buffer of
/// finished records. The ring holds the updates between two reads by the host.
pub(super) struct Recorder<B: Backend> {
    pub record: B::Buffer,
    layout: Arc<Layout>,
    history: Arc<AtomicRefCell<B::Buffer>>,
    /// Index of the last update's record in the ring buffer.
    slot: usize,
}

/// Records in the ring buffer: one for each update between two reads, and one more that stays valid during the next
/// update.
const fn slots<B: Backend>() -> usize {
    B::CHECK_INTERVAL + 1
}

/// The layout of a record, and the layers that its numbers belong to.
struct Layout {
    places: RecordLayout,
    /// Layer keys of the parts of the gradient; `None` for batch normalization.
    parts: Vec<Option<String>>,
    /// Layers of D, then of G, whose σ and ‖W‖F are recorded.
    layers: [Vec<Figures>; 2],
}

/// The measures of one update on the device. They are overwritten after as many more updates as the ring buffer has
/// records.
pub struct Recorded<B: Backend> {
    layout: Arc<Layout>,
    history: Arc<AtomicRefCell<B::Buffer>>,
    range: Range<usize>,
}

/// A layer's figures (σ and ‖W‖F) in a record.
struct Figures {
    key: String,
    /// Index of the first figure.
    start: usize,
}

/// A value for each layer, with the layer's key.
pub(super) type ByLayer = Vec<(String, f32)>;

impl Layout {
    /// The layout for updates of `trained`, with numbers of scores and of norms of ∇x D. An update of D records the
    /// figures of both networks, an update of G only those of G.
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
            let end = start + trained.sections().figures;
            [figures(trained, start), figures(other, end)]
        };
        Self {
            places,
            parts: keys,
            layers,
        }
    }
}

impl<B: Backend> Recorder<B> {
    /// Allocates buffers for the measures of updates of `trained`; `samples` are the numbers of scores and of norms of
    /// ∇x D.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn new(
        backend: &B,
        trained: &Network<B>,
        other: &Network<B>,
        samples: (usize, usize),
    ) -> Result<Self> {
        let layout = Layout::new(trained, other, samples);
        let length = layout.places.length();
        Ok(Self {
            record: backend.zeros(length)?,
            layout: Arc::new(layout),
            history: Arc::new(AtomicRefCell::new(backend.zeros(slots::<B>() * length)?)),
            slot: 0,
        })
    }

    /// Advances to the next record of the ring buffer. Returns its index, as the value of the knob
    /// [`HISTORY_ROW`](crate::engine::nn::knobs::HISTORY_ROW).
    pub(super) fn next(&mut self) -> f32 {
        self.slot = (self.slot + 1) % slots::<B>();
        self.slot as f32
    }

    /// The measures of the last update.
    pub(super) fn last(&self) -> Recorded<B> {
        Recorded {
            layout: self.layout.clone(),
            history: self.history.clone(),
            range: self.layout.places.history_row(self.slot as f32),
        }
    }

    /// Number of scores, and number of norms of ∇x D.
    pub(super) fn samples(&self) -> (usize, usize) {
        (self.layout.places.scores, self.layout.places.samples)
    }

    /// Records the loss and the scores of D's raw outputs (1, samples). Returns the derivative of the loss with respect to
    /// each output.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn loss(
        &mut self,
        backend: &B,
        raw: &B::Buffer,
        objective: &Objective,
        knobs: &B::Buffer,
    ) -> Result<B::Buffer> {
        backend.loss(raw, objective, knobs, &mut self.record, &self.layout.places)
    }

    /// Records |gain| times the norm of each sample's gradient, then multiplies the gradient by the sample's slope, the
    /// derivative of the loss.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn scale_samples(
        &mut self,
        backend: &B,
        gradients: &mut B::Buffer,
        slopes: &B::Buffer,
        knobs: &B::Buffer,
    ) -> Result<()> {
        let (record, places) = (&mut self.record, &self.layout.places);
        backend.scale_samples(gradients, slopes, places.samples, knobs, record, places)
    }

    /// Records the norms of the gradient in the memory of the first network, and the figures of all `networks`. Copies the
    /// record to the ring buffer and updates the guard.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn measure<const N: usize>(
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
    /// Copies the measures to the host.
    ///
    /// # Errors
    /// If the device fails.
    pub fn read(&self, backend: &B) -> Result<UpdateMeasures> {
        let numbers = backend.read(&self.history.borrow(), self.range.clone())?;
        let Layout {
            places,
            parts,
            layers,
        } = &*self.layout;
        let column = |layers: &[Figures], figure: usize| {
            let value = |layer: &Figures| (layer.key.clone(), numbers[layer.start + figure]);
            layers.iter().map(value).collect::<ByLayer>()
        };
        let part_norms = parts.iter().zip(&numbers[places.part_norms()]);
        Ok(UpdateMeasures {
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

/// The layers of a network whose figures are recorded: in D those with u and v, in G those with spectral normalization.
fn figures<B: Backend>(network: &Network<B>, start: usize) -> Vec<Figures> {
    let shown = |layer: &&crate::engine::nn::layer::Affine| match network.name {
        "g" => layer.is_normalized(),
        _ => layer.spectral.is_some(),
    };
    let layers = network.affine().enumerate();
    let layers = layers.filter(|(_, layer)| shown(layer));
    layers
        .map(|(index, layer)| Figures {
            key: format!("{}.{}", network.name, layer.name),
            start: start + index * FIGURES,
        })
        .collect()
}

/// The measures of one update, on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateMeasures {
    /// Mean loss over the batch.
    pub loss: f32,
    /// 2-norm of the gradient of the loss with respect to all learned parameters.
    pub norm: f32,
    /// 2-norm of the gradient with respect to weight and bias of each layer that has a weight matrix.
    pub layer_norms: ByLayer,
    /// σ of the layers of D and of G, from the current u and v and the weights before the update.
    pub sigma: [ByLayer; 2],
    /// ‖W‖F of the layers of D and of G, before the update.
    pub weight_norm: [ByLayer; 2],
    /// D's outputs: for real, then generated samples in an update of D; for generated samples in an update of G.
    pub scores: Vec<f32>,
    /// Norms of the gradient of D's output with respect to each generated sample. Empty in an update of D, and if D has
    /// batch normalization.
    pub sample_norms: Vec<f32>,
}
