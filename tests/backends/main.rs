//! Every device against the reference backend: values and all gradients, for odd sizes, strides, paddings and batches.

mod blocks;
mod counted;
#[path = "../common/devices.rs"]
mod devices;
#[path = "../common/engine.rs"]
mod engine;
#[path = "../common/gpu.rs"]
mod gpu;
mod layers;
mod pointwise;
mod reuse;
#[cfg(feature = "cuda")]
mod rounding;
mod scores;
mod spectral;
mod updates;

use proptest::prelude::*;
use rand::Rng;
use sn_tui::{
    engine::{
        nn::{Mode, Network},
        random::{Stream, generator},
    },
    preset::{LayerSpec, Shape, Spectral},
};

use devices::{Device, Slow};
use engine::{PassOutput, pass};

/// Requests the gradients of the input and of the parameters.
const ALL: [bool; 2] = [true, true];

/// Deterministic numbers between −1 and 1, from `salt` and the count.
fn draw(salt: u64, count: usize) -> Vec<f32> {
    let mut rng = generator(salt, Stream::Weights, count as u64);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// Checks numbers of two backends for equality up to rounding. The tolerance is relative to the largest number and to
/// 1, because sums in another order leave rounding of that size after cancellation.
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

fn assert_alike(what: &str, fast: &PassOutput, slow: &PassOutput) {
    assert_near(&format!("{what}: output"), &fast.output, &slow.output);
    if let (Some(fast), Some(slow)) = (&fast.input, &slow.input) {
        assert_near(&format!("{what}: input"), fast, slow);
    }
    assert_eq!(fast.parameters.len(), slow.parameters.len());
    let parameters = fast.parameters.iter().zip(&slow.parameters);
    for (i, (fast, slow)) in parameters.enumerate() {
        assert_near(&format!("{what}: parameter {i}"), fast, slow);
    }
    let statistics = (&fast.statistics, &slow.statistics);
    assert_near(&format!("{what}: statistics"), statistics.0, statistics.1);
}

/// Activations as layers; `None` is the identity.
fn activations() -> impl Strategy<Value = Option<LayerSpec>> {
    prop_oneof![
        Just(None),
        Just(Some(LayerSpec::ReLU)),
        (0.0f32..0.9).prop_map(|slope| Some(LayerSpec::LeakyReLU(slope))),
        Just(Some(LayerSpec::Tanh)),
        Just(Some(LayerSpec::Sigmoid)),
    ]
}

fn wants() -> impl Strategy<Value = [bool; 2]> {
    (any::<bool>(), any::<bool>()).prop_map(|(input, parameters)| [input, parameters])
}

/// The settings of a network with spectral normalization on or off.
fn normalization(enabled: bool, layer_gain: f32) -> Spectral {
    Spectral {
        enabled,
        layer_gain,
        ..Spectral::default()
    }
}

/// A network of these layers that is the same for a seed on every backend; `None` if the layers do not fit each other.
/// All parameters are drawn, and running statistics differ from their initial values.
fn network<B: Device>(
    layers: &[LayerSpec],
    input: Shape,
    spectral: &Spectral,
    seed: u64,
) -> Option<Network<B>> {
    let mut network = engine::network(layers, input, spectral, seed)?;
    let state = network.state("d").unwrap();
    let norms: Vec<String> = state
        .iter()
        .filter_map(|tensor| Some(tensor.key.strip_suffix(".running_mean")?.to_owned()))
        .collect();
    let drawn: Vec<(String, Vec<f32>)> = state
        .iter()
        .enumerate()
        .filter_map(|(index, tensor)| {
            let (layer, name) = tensor.key.rsplit_once('.')?;
            let own = norms.iter().any(|norm| norm == layer);
            let mut numbers = draw(seed ^ ((index as u64) << 8), tensor.data.len());
            match name {
                "weight" => numbers.iter_mut().for_each(|x| *x += 0.5),
                "running_var" => numbers.iter_mut().for_each(|x| *x = *x * 0.5 + 1.0),
                _ => {}
            }
            own.then(|| (tensor.key.clone(), numbers))
        })
        .collect();
    let find = |key: &str| {
        let found = drawn.iter().find(|(known, _)| known == key);
        found.map(|(_, numbers)| &numbers[..])
    };
    network.load("d", find).unwrap();
    Some(network)
}

/// The result of one pass from drawn inputs and upstream gradients. In [`Mode::Evaluate`] it also checks that
/// evaluation without a tape gives the same output.
fn run_pass<B: Device>(
    network: &Network<B>,
    (features, batch): (usize, usize),
    way: (Mode, [bool; 2]),
    salt: u64,
) -> PassOutput {
    let x = draw(salt ^ 7, features * batch);
    let passed = pass(network, &x, batch, way, |length| draw(salt, length));
    if way.0 == Mode::Evaluate {
        let untaped = network.evaluate(&x, batch).unwrap();
        assert_eq!(untaped, passed.output, "without a tape");
    }
    passed
}

/// Runs a network of these layers on every device and on the reference, and compares everything.
fn compare(
    layers: &[LayerSpec],
    input: Shape,
    spectral: &Spectral,
    batch: usize,
    way: (Mode, [bool; 2]),
    salt: u64,
) {
    let slow = network::<Slow>(layers, input, spectral, salt).unwrap();
    let size = (input.features(), batch);
    let slow = run_pass(&slow, size, way, salt);
    fn fast<B: Device>(
        (layers, input, spectral): (&[LayerSpec], Shape, &Spectral),
        size: (usize, usize),
        way: (Mode, [bool; 2]),
        salt: u64,
        slow: &PassOutput,
    ) {
        let network = network::<B>(layers, input, spectral, salt).unwrap();
        let fast = run_pass(&network, size, way, salt);
        let backend = std::any::type_name::<B>();
        assert_alike(&format!("{backend}: {layers:?}, {way:?}"), &fast, slow);
    }
    on_each_fast_device!(fast((layers, input, spectral), size, way, salt, &slow));
}
