//! Power iteration, and normalized weights with their gradients.

use proptest::prelude::*;
use sn_tui::{
    engine::nn::{
        Backend, Mode, Network, guard,
        spectral::{FIGURES, NORM, SIGMA},
    },
    preset::{LayerSpec, Shape, Spectral},
};

use crate::{
    Device, Slow, assert_near, draw,
    engine::{self, pass},
    on_each_device, on_each_fast_device,
};

/// A normalized network of (blocks, rows, side of the kernel): a transposed convolution of one pixel, or a dense layer
/// if the side is 0.
fn layer<B: Device>(
    (blocks, rows, side): (usize, usize, usize),
    spectral: &Spectral,
) -> (Network<B>, usize) {
    let (spec, input) = match side {
        0 => (
            LayerSpec::Linear {
                out: rows,
                bias: true,
            },
            Shape::Flat(blocks),
        ),
        kernel => (
            LayerSpec::ConvTranspose2d {
                out: rows,
                kernel,
                stride: 1,
                padding: 0,
                bias: false,
            },
            Shape::Image {
                channels: blocks,
                height: 1,
                width: 1,
            },
        ),
    };
    let network = engine::network(&[spec], input, spectral, 1).unwrap();
    (network, input.features())
}

fn load<B: Backend>(network: &mut Network<B>, weight: &[f32], salt: u64) {
    let state = network.state("d").unwrap();
    let drawn: Vec<(String, Vec<f32>)> = state
        .iter()
        .map(|tensor| {
            let numbers = match tensor.key.as_str() {
                "d.0.weight_orig" => weight.to_vec(),
                _ => draw(salt, tensor.data.len()),
            };
            (tensor.key.clone(), numbers)
        })
        .collect();
    let find = |key: &str| {
        let found = drawn.iter().find(|(known, _)| known == key);
        found.map(|(_, numbers)| &numbers[..])
    };
    assert!(network.load("d", find).unwrap().is_empty());
}

/// σ and ‖W‖F, u and v after some iterations, the output for a drawn input, and the gradients of the input and the
/// weight.
fn run<B: Device>(
    shape: (usize, usize, usize),
    (iterations, layer_gain): (usize, f32),
    weight: impl Fn(usize) -> Vec<f32>,
    salt: u64,
) -> [Vec<f32>; 5] {
    let spectral = Spectral {
        iterations,
        layer_gain,
        ..Spectral::default()
    };
    let (mut network, features) = layer::<B>(shape, &spectral);
    let length = network.parameters()[0].place.len();
    load(&mut network, &weight(length), salt);
    let guard = guard::new(&B::open()).unwrap();
    network.power_iteration(&guard).unwrap();
    let figures = {
        let memory = network.memory().borrow();
        B::open().read(&memory.figures, 0..FIGURES).unwrap()
    };
    let state = network.state("d").unwrap();
    let vectors = |name: &str| {
        let tensor = state.iter().find(|tensor| tensor.key.ends_with(name));
        tensor.unwrap().data.clone()
    };
    let x = draw(salt ^ 5, features * 3);
    let way = (Mode::Train, [true, true]);
    let passed = pass(&network, &x, 3, way, |length| draw(salt ^ 6, length));
    [
        vec![figures[SIGMA], figures[NORM]],
        [vectors("weight_u"), vectors("weight_v")].concat(),
        passed.output,
        passed.input.unwrap(),
        passed.parameters[0].clone(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spectral(shape in (1usize..9, 1usize..12, 0usize..4), iterations in 0usize..4, gain in 0.5f32..2.0, salt: u64) {
        let weight = |length| draw(salt ^ 9, length);
        let slow = run::<Slow>(shape, (iterations, gain), weight, salt);
        // Without iterations σ can be near 0 by chance, and everything computed from it is then rounding.
        prop_assume!(slow[0][0].abs() > 0.05);
        for fast in on_each_fast_device!(run(shape, (iterations, gain), weight, salt)) {
            for (i, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
                assert_near(["figures", "vectors", "output", "input", "gradient"][i], fast, slow);
            }
        }
    }
}

#[test]
fn a_weight_without_a_singular_value_is_not_normalized() {
    fn check<B: Device>(value: f32) {
        let shape = (4, 3, 0);
        let [_, vectors, output, _, gradient] =
            run::<B>(shape, (5, 2.0), |length| vec![value; length], 3);
        assert_eq!(vectors, [draw(3, 3), draw(3, 4)].concat(), "{value}");
        if value == 0.0 {
            // The output is the bias alone, and the gradient is that of the weight without normalization.
            let bias = draw(3, 3);
            let expected: Vec<f32> = bias.iter().flat_map(|&b| [b; 3]).collect();
            assert_eq!(output, expected);
            let (x, g) = (draw(3 ^ 5, 4 * 3), draw(3 ^ 6, 3 * 3));
            let row = |m: &[f32], i: usize| m[3 * i..][..3].to_vec();
            let plain: Vec<f32> = (0..12)
                .map(|i| {
                    let pairs = row(&g, i / 4).into_iter().zip(row(&x, i % 4));
                    pairs.map(|(g, x)| g * x).sum()
                })
                .collect();
            assert_near("gradient", &gradient, &plain);
        } else {
            assert!(output.iter().all(|y| !y.is_finite()), "{value}");
        }
    }
    for value in [0.0, f32::INFINITY, f32::NAN] {
        on_each_device!(check(value));
    }
}

#[test]
fn folding_leaves_the_normalized_weight() {
    fn check<B: Device>() {
        let on = Spectral {
            layer_gain: 1.5,
            ..Spectral::default()
        };
        let (mut network, features) = layer::<B>((5, 4, 2), &on);
        let x = draw(1, features * 2);
        let before = network.evaluate(&x, 2).unwrap();
        let off = Spectral {
            enabled: false,
            ..on
        };
        network.reconfigure(&off, false, 0).unwrap();
        assert_near("folded", &network.evaluate(&x, 2).unwrap(), &before);
        assert_eq!(network.state("d").unwrap()[0].key, "d.0.weight");
    }
    on_each_device!(check());
}

#[test]
fn a_layer_switched_on_is_divided_by_the_norm_of_its_current_weight() {
    fn check<B: Device>() {
        let (on, off) = (
            Spectral::default(),
            Spectral {
                enabled: false,
                ..Spectral::default()
            },
        );
        let shape = (5, 4, 0);
        let (mut late, features) = layer::<B>(shape, &off);
        late.reconfigure(&off, true, 1).unwrap();
        let weight = draw(8, 20);
        let missing = late.load("d", |key| (key == "d.0.weight").then_some(&weight[..]));
        assert_eq!(missing.unwrap(), ["d.0.bias"]);
        let x = draw(1, features * 2);
        late.evaluate(&x, 2).unwrap();
        late.reconfigure(&on, true, 1).unwrap();

        let (mut early, _) = layer::<B>(shape, &on);
        let state = late.state("d").unwrap();
        let find = |key: &str| {
            let tensor = state.iter().find(|tensor| tensor.key == key);
            tensor.map(|tensor| &tensor.data[..])
        };
        assert!(early.load("d", find).unwrap().is_empty());
        assert_eq!(
            late.evaluate(&x, 2).unwrap(),
            early.evaluate(&x, 2).unwrap()
        );
    }
    on_each_device!(check());
}
