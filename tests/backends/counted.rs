//! Counts of the calls that a step makes on a device, and checks that it reads nothing back from a remote one.

use std::{cell::RefCell, collections::BTreeMap, ops::Range, sync::Arc};

use sn_tui::{
    engine::{
        gan::{Outcome, Trainer},
        nn::{
            Activation, Backend, Objective, Pooling, RecordLayout, Weights,
            backend::{ForwardOutput, GradientEpilogue, Result},
            layer::{Affine, BatchNorm},
            spectral::PowerIteration,
        },
        random::{Stream, latents},
    },
    preset::{Preset, builtin::builtin, set_all},
};

use crate::Slow;

thread_local! {
    static CALLS: RefCell<BTreeMap<&'static str, usize>> = const { RefCell::new(BTreeMap::new()) };
}

fn calls() -> BTreeMap<&'static str, usize> {
    CALLS.take()
}

/// The reference backend as a remote device: calls are counted, and numbers are rarely read back.
#[derive(Clone, Default)]
struct Counted(Slow);

type Buffer = Vec<f32>;

impl Counted {
    fn count(&self, name: &'static str) -> &Slow {
        CALLS.with_borrow_mut(|calls| *calls.entry(name).or_default() += 1);
        &self.0
    }
}

/// The same weights for the reference, which has the same buffers.
fn weights<'a>(weights: Weights<'a, Counted>) -> Weights<'a, Slow> {
    Weights {
        numbers: weights.numbers,
        figures: weights.figures,
        prepared: weights.prepared,
    }
}

fn epilogue<'a>(epilogue: GradientEpilogue<'a, Counted>) -> GradientEpilogue<'a, Slow> {
    GradientEpilogue {
        length: epilogue.length,
        activation: epilogue.activation,
        accumulated: epilogue.accumulated,
    }
}

impl Backend for Counted {
    type Buffer = Buffer;
    type Prepared = ();
    type Recording = ();

    const CHECK_INTERVAL: usize = 1000;

    fn zeros(&self, length: usize) -> Result<Buffer> {
        self.count("zeros").zeros(length)
    }
    fn write(&self, to: &mut Buffer, at: usize, numbers: &[f32]) -> Result<()> {
        self.count("write").write(to, at, numbers)
    }
    fn read(&self, from: &Buffer, range: Range<usize>) -> Result<Vec<f32>> {
        self.count("read").read(from, range)
    }
    fn upload(&self, x: &[f32], batch: usize, beside: Option<(&Buffer, usize)>) -> Result<Buffer> {
        self.count("upload").upload(x, batch, beside)
    }
    fn write_parts(&self, to: &mut Buffer, parts: &[&[f32]]) -> Result<()> {
        self.count("write_parts").write_parts(to, parts)
    }
    fn pack_activations(
        &self,
        from: &Buffer,
        range: Range<usize>,
        batch: usize,
        beside: Option<(&Buffer, usize)>,
    ) -> Result<Buffer> {
        self.count("pack_activations")
            .pack_activations(from, range, batch, beside)
    }
    fn constant(&self, value: f32, batch: usize) -> Result<Buffer> {
        self.count("constant").constant(value, batch)
    }
    fn download(&self, x: &Buffer, batch: usize) -> Result<Vec<f32>> {
        self.count("download").download(x, batch)
    }
    fn forward(
        &self,
        layers: &[Arc<Affine>],
        own: Weights<Self>,
        x: &Buffer,
        batch: usize,
        keep: bool,
    ) -> Result<ForwardOutput<Self>> {
        let reference = self.count("forward");
        let ForwardOutput { output, saved } =
            reference.forward(layers, weights(own), x, batch, keep)?;
        Ok(ForwardOutput { output, saved })
    }
    fn backward(
        &self,
        layers: &[Arc<Affine>],
        own: Weights<Self>,
        saved: Option<&Buffer>,
        upstream: &Buffer,
        batch: usize,
        under: Option<GradientEpilogue<Self>>,
        learned: Option<(&Buffer, &mut Buffer)>,
    ) -> Result<Option<Buffer>> {
        let (reference, under) = (self.count("backward"), under.map(epilogue));
        reference.backward(layers, weights(own), saved, upstream, batch, under, learned)
    }
    fn spectral_gradient(
        &self,
        layers: &[PowerIteration],
        own: Weights<Self>,
        gradients: &mut Buffer,
    ) -> Result<()> {
        let reference = self.count("spectral_gradient");
        reference.spectral_gradient(layers, weights(own), gradients)
    }
    fn batch_norm(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        x: &Buffer,
        batch: usize,
        statistics: Option<&mut Buffer>,
    ) -> Result<(Buffer, Buffer)> {
        self.count("batch_norm")
            .batch_norm(norm, numbers, x, batch, statistics)
    }
    fn batch_norm_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        passed: (&Buffer, &Buffer, bool),
        upstream: &Buffer,
        batch: usize,
        under: Option<GradientEpilogue<Self>>,
        gradients: Option<&mut Buffer>,
    ) -> Result<Option<Buffer>> {
        let (reference, under) = (self.count("batch_norm_gradient"), under.map(epilogue));
        reference.batch_norm_gradient(norm, numbers, passed, upstream, batch, under, gradients)
    }
    fn pool(
        &self,
        pooling: &Pooling,
        x: &Buffer,
        batch: usize,
        under: Option<GradientEpilogue<Self>>,
    ) -> Result<Buffer> {
        self.count("pool")
            .pool(pooling, x, batch, under.map(epilogue))
    }
    fn add_activate(
        &self,
        a: &Buffer,
        b: Option<&Buffer>,
        activation: Activation,
    ) -> Result<Buffer> {
        self.count("add_activate").add_activate(a, b, activation)
    }
    fn accumulate_gradient(
        &self,
        upstream: &Buffer,
        under: GradientEpilogue<Self>,
    ) -> Result<Buffer> {
        self.count("accumulate_gradient")
            .accumulate_gradient(upstream, epilogue(under))
    }
    fn power_iteration(
        &self,
        layers: &[PowerIteration],
        numbers: &mut Buffer,
        figures: &mut Buffer,
        guard: Option<&Buffer>,
    ) -> Result<()> {
        self.count("power_iteration")
            .power_iteration(layers, numbers, figures, guard)
    }
    fn loss(
        &self,
        raw: &Buffer,
        objective: &Objective,
        knobs: &Buffer,
        record: &mut Buffer,
        layout: &RecordLayout,
    ) -> Result<Buffer> {
        self.count("loss")
            .loss(raw, objective, knobs, record, layout)
    }
    fn scale_samples(
        &self,
        gradients: &mut Buffer,
        slopes: &Buffer,
        batch: usize,
        knobs: &Buffer,
        record: &mut Buffer,
        layout: &RecordLayout,
    ) -> Result<()> {
        self.count("scale_samples")
            .scale_samples(gradients, slopes, batch, knobs, record, layout)
    }
    fn measure(
        &self,
        gradients: &Buffer,
        figures: &[&Buffer],
        record: &mut Buffer,
        layout: &RecordLayout,
        history: (&mut Buffer, &Buffer),
        guard: &mut Buffer,
    ) -> Result<()> {
        self.count("measure")
            .measure(gradients, figures, record, layout, history, guard)
    }
    fn adam(
        &self,
        numbers: &mut Buffer,
        gradients: &Buffer,
        moments: [&mut Buffer; 2],
        knobs: &Buffer,
        guard: &Buffer,
    ) -> Result<()> {
        self.count("adam")
            .adam(numbers, gradients, moments, knobs, guard)
    }
    fn blend(
        &self,
        to: (&mut Buffer, Range<usize>),
        from: (&Buffer, usize),
        knobs: (&Buffer, usize),
        guard: &Buffer,
    ) -> Result<()> {
        self.count("blend").blend(to, from, knobs, guard)
    }
}

/// The `ring` preset with a D and a G of two layers with bias.
fn ring() -> Preset {
    let all = [
        "generator.layers=[Linear(out: 8), ReLU, Linear(out: 2)]",
        "discriminator.layers=[Linear(out: 8), LeakyReLU(0.1), Linear(out: 1)]",
        "batch=16",
        "n_dis=2",
    ];
    set_all(&builtin("ring").unwrap(), &all).unwrap()
}

fn step<B: Backend>(trainer: &mut Trainer<B>, scale: f32) -> Outcome {
    let mut real = |index| {
        let data = latents(5, Stream::Data, index, 2, 16);
        Ok(data.iter().map(|x| x * scale).collect())
    };
    trainer.step(&mut real).unwrap()
}

#[test]
fn a_step_makes_these_calls_and_reads_nothing() {
    let mut trainer = Trainer::new(Counted::default(), &ring(), 3).unwrap();
    step(&mut trainer, 1.0);
    assert_eq!(trainer.settle().unwrap(), Outcome::Applied);
    calls();
    assert_eq!(step(&mut trainer, 1.0), Outcome::Applied);
    // Two D updates and one G update. σ is computed once more because D's weights have moved.
    let expected = [
        ("adam", 3),
        ("pack_activations", 5),
        ("blend", 2),
        ("constant", 1),
        ("forward", 6),
        ("write_parts", 3),
        ("backward", 4),
        ("power_iteration", 3),
        ("loss", 3),
        ("measure", 3),
        ("scale_samples", 1),
        ("spectral_gradient", 2),
    ];
    assert_eq!(calls(), BTreeMap::from(expected));
    assert_eq!(trainer.settle().unwrap(), Outcome::Applied);
    assert_eq!(calls(), BTreeMap::from([("read", 1), ("write", 1)]));
}

#[test]
fn nothing_moves_after_a_non_finite_update_until_it_is_reported() {
    let mut trainer = Trainer::new(Counted::default(), &ring(), 3).unwrap();
    let mut straight = Trainer::new(Counted::default(), &ring(), 3).unwrap();
    let mut once = Trainer::new(Counted::default(), &ring(), 3).unwrap();
    for trainer in [&mut trainer, &mut straight, &mut once] {
        step(trainer, 1.0);
        step(trainer, 1.0);
    }
    step(&mut once, f32::NAN);
    let learned = |trainer: &Trainer<Counted>| {
        let state = trainer.state().unwrap().into_iter();
        let learned = |key: &str| !key.ends_with("_u") && !key.ends_with("_v");
        state.filter(|t| learned(&t.key)).collect::<Vec<_>>()
    };
    for scale in [f32::NAN, 1.0, 1.0] {
        assert_eq!(step(&mut trainer, scale), Outcome::Applied);
    }
    assert_eq!(learned(&trainer), learned(&straight));
    // u and v are those that the first non-finite update was made with.
    assert_eq!(trainer.state().unwrap(), once.state().unwrap());
    assert_eq!(trainer.settle().unwrap(), Outcome::NonFinite);
    assert_eq!(trainer.steps(), 2);
    let measures = trainer.measures().unwrap().unwrap();
    assert_eq!((measures.step, measures.loss_d.is_nan()), (3, true));
    // The next update is applied. It differs from that of `straight` because u and v stopped.
    assert_eq!(step(&mut trainer, 1.0), Outcome::Applied);
    assert_eq!(trainer.settle().unwrap(), Outcome::Applied);
    assert_ne!(learned(&trainer), learned(&straight));
    let finite = |t: &sn_tui::files::tensors::StateTensor| t.data.iter().all(|x| x.is_finite());
    assert!(trainer.state().unwrap().iter().all(finite));
}

#[test]
fn moments_stay_as_before_a_non_finite_update() {
    let frozen = set_all(&ring(), &["spectral.iterations=0"]).unwrap();
    let mut trainers = [0, 1].map(|_| Trainer::new(Counted::default(), &frozen, 3).unwrap());
    let [masked, straight] = &mut trainers;
    for trainer in [&mut *masked, &mut *straight] {
        step(trainer, 1.0);
    }
    step(masked, f32::NAN);
    assert_eq!(masked.settle().unwrap(), Outcome::NonFinite);
    for trainer in [&mut *masked, &mut *straight] {
        step(trainer, 1.0);
    }
    assert_eq!(masked.state().unwrap(), straight.state().unwrap());
}
