//! What a step asks of a device, by count, and that it never reads from it.

use std::{cell::RefCell, collections::BTreeMap};

use dfdx::prelude::*;
use sn_tui::{
    gan::{Outcome, Trainer},
    nn::{Backend, Matrix, Scalar, adam::Rates, backend::DeviceError},
    preset::{Loss, Preset, builtin::builtin, set_all},
    random::{Stream, latents},
    spectral::{Layout, Vectors},
};

use crate::Slow;

thread_local! {
    static CALLS: RefCell<BTreeMap<&'static str, usize>> = const { RefCell::new(BTreeMap::new()) };
}

fn count(name: &'static str) {
    CALLS.with_borrow_mut(|calls| *calls.entry(name).or_default() += 1);
}

fn calls() -> BTreeMap<&'static str, usize> {
    CALLS.take()
}

/// The portable backend on the CPU, its calls counted.
struct Counted;

type Result<T> = std::result::Result<T, DeviceError<Slow>>;
type M = Matrix<Cpu>;
type S0 = Scalar<Cpu>;

impl Backend for Counted {
    type Device = Cpu;
    type Buffer = M;

    fn read<S: Shape>(x: &Tensor<S, f32, Cpu>) -> Vec<f32> {
        count("read");
        x.as_vec()
    }
    fn still_finite(flag: &S0, loss: &S0, norm: &S0) -> Result<S0> {
        count("still_finite");
        Slow::still_finite(flag, loss, norm)
    }
    fn keep(flag: &S0, new: &mut M, old: &M) -> Result<()> {
        count("keep");
        Slow::keep(flag, new, old)
    }
    fn keep_buffer(flag: &S0, new: &mut M, old: &M) -> Result<()> {
        count("keep_buffer");
        Slow::keep_buffer(flag, new, old)
    }
    fn iterate(w: &M, layout: &Layout, vectors: &mut Vectors<Cpu>, n: usize) -> Result<(S0, S0)> {
        count("iterate");
        Slow::iterate(w, layout, vectors, n)
    }
    fn buffer(x: &M) -> Result<M> {
        count("buffer");
        Slow::buffer(x)
    }
    fn matrix(buffer: &M, like: &M) -> Result<M> {
        count("matrix");
        Slow::matrix(buffer, like)
    }
    fn zeros(like: &M) -> Result<M> {
        count("zeros");
        Slow::zeros(like)
    }
    fn backward(y: Matrix<Cpu, OwnedTape<f32, Cpu>>, upstream: M) -> Result<Gradients<f32, Cpu>> {
        count("backward");
        Slow::backward(y, upstream)
    }
    fn gradient(gradients: &mut Gradients<f32, Cpu>, of: &M) -> Result<M> {
        count("gradient");
        Slow::gradient(gradients, of)
    }
    fn adam(w: &mut M, gradient: &M, moments: (&mut M, &mut M), rates: &Rates) -> Result<()> {
        count("adam");
        Slow::adam(w, gradient, moments, rates)
    }
    fn blend(average: &mut M, value: &M, decay: f32) -> Result<()> {
        count("blend");
        Slow::blend(average, value, decay)
    }
    fn loss(scores: &M, sides: &M, loss: Loss, linear: bool, batch: usize) -> Result<(S0, M)> {
        count("loss");
        Slow::loss(scores, sides, loss, linear, batch)
    }
    fn norms(device: &Cpu, groups: &[&[M]]) -> Result<(Vec<S0>, S0)> {
        count("norms");
        Slow::norms(device, groups)
    }
    fn column_norms(gradient: &M, of: &M) -> Result<M> {
        count("column_norms");
        Slow::column_norms(gradient, of)
    }
    fn scale_columns(gradient: M, row: &M) -> Result<M> {
        count("scale_columns");
        Slow::scale_columns(gradient, row)
    }
    fn side_by_side(first: &M, second: &M) -> Result<M> {
        count("side_by_side");
        Slow::side_by_side(first, second)
    }
}

/// D: two layers with bias; G: the same.
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
fn a_step_asks_for_so_much_and_reads_nothing() {
    let mut trainer = Trainer::<Counted>::new(Cpu::default(), &ring(), 3).unwrap();
    calls();
    assert_eq!(step(&mut trainer, 1.0), Outcome::Applied);
    // Two D updates and a G update of four parameters each.
    let expected = [
        ("adam", 12),
        ("backward", 4),
        ("blend", 4),
        ("buffer", 3),
        ("column_norms", 1),
        ("gradient", 13),
        ("iterate", 4),
        ("keep", 16),
        ("keep_buffer", 24),
        ("loss", 3),
        ("norms", 3),
        ("scale_columns", 1),
        ("side_by_side", 2),
        ("still_finite", 3),
    ];
    assert_eq!(calls(), BTreeMap::from(expected));
    assert_eq!(trainer.settle().unwrap(), Outcome::Applied);
    assert_eq!(calls(), BTreeMap::from([("read", 1)]));
}

#[test]
fn from_an_update_that_is_not_finite_on_nothing_moves_until_it_is_told() {
    let mut trainer = Trainer::<Slow>::new(Cpu::default(), &ring(), 3).unwrap();
    let mut straight = Trainer::<Slow>::new(Cpu::default(), &ring(), 3).unwrap();
    for trainer in [&mut trainer, &mut straight] {
        step(trainer, 1.0);
        step(trainer, 1.0);
    }
    let learned = |trainer: &Trainer<Slow>| {
        let state = trainer.state().into_iter();
        let learned = |key: &str| !key.ends_with("_u") && !key.ends_with("_v");
        state.filter(|t| learned(&t.key)).collect::<Vec<_>>()
    };
    for scale in [f32::NAN, 1.0, 1.0] {
        assert_eq!(step(&mut trainer, scale), Outcome::Applied);
    }
    assert_eq!(learned(&trainer), learned(&straight));
    assert_eq!(trainer.settle().unwrap(), Outcome::NonFinite);
    assert_eq!(trainer.steps(), 2);
    let measures = trainer.measures().unwrap();
    assert_eq!((measures.step, measures.loss_d.is_nan()), (3, true));
    // The moments are those before it, too: with u and v frozen both would make the same step.
    assert_eq!(step(&mut trainer, 1.0), Outcome::Applied);
    assert_eq!(trainer.settle().unwrap(), Outcome::Applied);
    assert_ne!(learned(&trainer), learned(&straight));
    let finite = |t: &sn_tui::nn::StateTensor| t.data.iter().all(|x| x.is_finite());
    assert!(trainer.state().iter().all(finite));
}

#[test]
fn moments_are_those_before_an_update_that_is_not_finite() {
    let frozen = set_all(&ring(), &["spectral.iterations=0"]).unwrap();
    let mut trainers = [0, 1].map(|_| Trainer::<Slow>::new(Cpu::default(), &frozen, 3).unwrap());
    let [masked, straight] = &mut trainers;
    for trainer in [&mut *masked, &mut *straight] {
        step(trainer, 1.0);
    }
    step(masked, f32::NAN);
    assert_eq!(masked.settle().unwrap(), Outcome::NonFinite);
    for trainer in [&mut *masked, &mut *straight] {
        step(trainer, 1.0);
    }
    assert_eq!(masked.state(), straight.state());
}
