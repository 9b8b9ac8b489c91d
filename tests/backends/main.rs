//! The CPU's fast paths against the portable ones: values and all gradients, for odd sizes, strides, paddings and
//! batches.

mod blocks;
mod counted;
mod layers;
mod pointwise;
mod reuse;
mod spectral;
mod updates;

use dfdx::prelude::*;
use proptest::prelude::*;
use rand::Rng;
use sn_tui::{
    nn::{
        Backend, Matrix, Mode, Network, Portable, Wants, build::BuildError, layer::Fresh,
        module::Module, op::batch_norm::Statistics,
    },
    preset::{LayerSpec, Shape, Spectral, WeightInit},
    random::{Stream, generator},
};

type Slow = Portable<Cpu>;

const ALL: Wants = Wants {
    input: true,
    parameters: true,
};

/// A matrix of numbers in ±1 that depends on `salt` and the shape alone.
fn draw(salt: u64, shape: (usize, usize)) -> Matrix<Cpu> {
    let mut rng = generator(salt, Stream::Weights, (shape.0 * 31 + shape.1) as u64);
    let data = (0..shape.0 * shape.1)
        .map(|_| rng.random_range(-1.0..1.0))
        .collect::<Vec<_>>();
    Cpu::default().tensor_from_vec(data, shape)
}

/// Both paths sum numbers of about 1, in different orders: what cancels leaves rounding of that size.
fn assert_near(what: &str, fast: &[f32], slow: &[f32]) {
    assert_eq!(fast.len(), slow.len(), "{what}");
    let size = slow.iter().fold(1.0f32, |a, b| a.max(b.abs()));
    for (i, (a, b)) in fast.iter().zip(slow).enumerate() {
        assert!(
            (a - b).abs() <= 1e-4 * size,
            "{what}[{i}]: {a} for {b} (size {size})"
        );
    }
}

/// Activations as layers; none is the identity.
fn activations() -> impl Strategy<Value = Option<LayerSpec>> {
    prop_oneof![
        Just(None),
        Just(Some(LayerSpec::ReLU)),
        (0.0f32..0.9).prop_map(|slope| Some(LayerSpec::LeakyReLU(slope))),
        Just(Some(LayerSpec::Tanh)),
        Just(Some(LayerSpec::Sigmoid)),
    ]
}

fn wants() -> impl Strategy<Value = Wants> {
    (any::<bool>(), any::<bool>()).prop_map(|(input, parameters)| Wants { input, parameters })
}

/// The settings of a network that is normalized, or not.
fn normalization(enabled: bool, layer_gain: f32) -> Spectral {
    Spectral {
        enabled,
        layer_gain,
        ..Spectral::default()
    }
}

/// A network of these layers, the same for a seed on every backend: all that is learned is drawn, running statistics
/// are not those of the start. None where the layers do not fit each other.
fn network<B: Backend<Device = Cpu>>(
    layers: &[LayerSpec],
    input: Shape,
    spectral: &Spectral,
    seed: u64,
) -> Option<Network<B>> {
    let device = Cpu::default();
    let fresh = Fresh {
        init: WeightInit::Torch,
        seed,
    };
    let mut network = match Network::<B>::new(&device, "d", layers, input, fresh, 0) {
        Ok(network) => network,
        Err(BuildError::Misfit { .. }) => return None,
        Err(BuildError::Device(error)) => panic!("{error:?}"),
    };
    for (index, module) in network.parts_mut().enumerate() {
        if let Module::BatchNorm(norm) = module {
            let column = |salt| draw(seed ^ (index as u64) << 8 ^ salt, *norm.gamma.shape());
            norm.running = Statistics {
                mean: column(0),
                variance: column(1) * 0.5 + 1.0,
            };
            (norm.gamma, norm.beta) = (column(2) + 0.5, column(3));
        }
    }
    network.reconfigure(spectral, false, seed).unwrap();
    Some(network)
}

/// What one pass gives: its output, the gradients that are wanted, and the running statistics after it.
fn pass<B: Backend<Device = Cpu>>(
    network: &mut Network<B>,
    x: &Matrix<Cpu>,
    (mode, wants): (Mode, Wants),
    salt: u64,
) -> Vec<(String, Vec<f32>)> {
    let y = network
        .forward(x.clone().leaky_traced(), mode, wants)
        .unwrap();
    let untaped = (mode == Mode::Evaluate).then(|| network.evaluate(x.clone()).unwrap());
    let mut numbers = vec![("output".to_owned(), y.as_vec())];
    if let Some(untaped) = untaped {
        assert_eq!(untaped.as_vec(), numbers[0].1, "without a tape");
    }
    let upstream = draw(salt, *y.shape());
    let mut gradients = B::backward(y, B::buffer(&upstream).unwrap()).unwrap();
    let mut of = |what: String, leaf: &Matrix<Cpu>| {
        let gradient = B::gradient(&mut gradients, leaf).unwrap();
        numbers.push((what, values::<B>(gradient, leaf)));
    };
    if wants.input {
        of("input".to_owned(), x);
    }
    if wants.parameters {
        for (i, parameter) in network.parameters().into_iter().enumerate() {
            of(format!("parameter {i}"), parameter);
        }
    }
    for (i, statistics) in network.statistics().into_iter().enumerate() {
        numbers.push((format!("mean {i}"), statistics.mean.as_vec()));
        numbers.push((format!("variance {i}"), statistics.variance.as_vec()));
    }
    numbers
}

/// The numbers of a buffer of the size of `like`.
fn values<B: Backend<Device = Cpu>>(buffer: B::Buffer, like: &Matrix<Cpu>) -> Vec<f32> {
    B::matrix(&buffer, like).unwrap().as_vec()
}

/// Runs a network of these layers on both paths and compares everything.
fn compare<B: Backend<Device = Cpu>>(
    layers: &[LayerSpec],
    input: Shape,
    spectral: &Spectral,
    batch: usize,
    (mode, wants): (Mode, Wants),
    salt: u64,
) {
    let mut fast = network::<B>(layers, input, spectral, salt).unwrap();
    let mut slow = network::<Slow>(layers, input, spectral, salt).unwrap();
    let x = draw(salt ^ 7, (input.features(), batch));
    let fast = pass(&mut fast, &x, (mode, wants), salt);
    let slow = pass(&mut slow, &x, (mode, wants), salt);
    assert_eq!(fast.len(), slow.len());
    for ((what, fast), (_, slow)) in fast.iter().zip(&slow) {
        assert_near(&format!("{what} of {layers:?}"), fast, slow);
    }
}
