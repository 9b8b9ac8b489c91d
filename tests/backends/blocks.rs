//! Whole networks: layers one after the other, residual blocks, blocks in branches.

use sn_tui::{
    nn::{
        Backend, Host, Mode, Wants,
        module::{Module, Residual},
    },
    preset::{LayerSpec, Shape},
};

use crate::{Slow, assert_near, compare, draw, network, normalization, pass};

fn conv(out: usize, kernel: usize, stride: usize) -> LayerSpec {
    LayerSpec::Conv2d {
        out,
        kernel,
        stride,
        padding: 1,
        bias: true,
    }
}

/// Every combination of what can be wanted, in both modes.
fn every_way() -> impl Iterator<Item = (Mode, Wants)> {
    [Mode::Train, Mode::Evaluate].into_iter().flat_map(|mode| {
        (0..4).map(move |bits| {
            let (input, parameters) = (bits & 1 == 1, bits & 2 == 2);
            (mode, Wants { input, parameters })
        })
    })
}

const IMAGE: Shape = Shape::Image {
    channels: 3,
    height: 8,
    width: 8,
};

#[test]
fn layers_one_after_the_other() {
    let up = LayerSpec::ConvTranspose2d {
        out: 4,
        kernel: 4,
        stride: 2,
        padding: 1,
        bias: false,
    };
    let linear = |out| LayerSpec::Linear { out, bias: true };
    let generator = [
        linear(96),
        LayerSpec::Reshape(6, 4, 4),
        LayerSpec::BatchNorm,
        LayerSpec::ReLU,
        up,
        LayerSpec::BatchNorm,
        LayerSpec::ReLU,
        conv(3, 3, 1),
        LayerSpec::Tanh,
    ];
    let discriminator = [
        conv(5, 3, 1),
        LayerSpec::LeakyReLU(0.1),
        conv(6, 4, 2),
        LayerSpec::BatchNorm,
        LayerSpec::Sigmoid,
        LayerSpec::Flatten,
        linear(1),
    ];
    for way in every_way() {
        for normalized in [false, true] {
            let spectral = normalization(normalized, 1.2);
            compare::<Host>(&generator, Shape::Flat(5), &spectral, 9, way, 1);
            compare::<Host>(&discriminator, IMAGE, &spectral, 7, way, 2);
        }
    }
}

#[test]
fn what_has_no_parameters_comes_first_last_and_alone() {
    let lists: [&[LayerSpec]; 5] = [
        &[
            LayerSpec::Tanh,
            LayerSpec::AvgPool(2),
            conv(2, 3, 1),
            LayerSpec::Upsample(2),
            LayerSpec::Sigmoid,
        ],
        &[LayerSpec::Tanh, LayerSpec::Sigmoid, LayerSpec::Tanh],
        &[LayerSpec::AvgPool(2), LayerSpec::Upsample(2)],
        &[LayerSpec::Flatten],
        &[LayerSpec::BatchNorm, LayerSpec::Tanh, LayerSpec::SumPool],
    ];
    for way in every_way() {
        for layers in lists {
            compare::<Host>(layers, IMAGE, &normalization(true, 1.0), 6, way, 3);
        }
    }
}

#[test]
fn residual_blocks() {
    let block = |out, batch_norm, preactivation| LayerSpec::Residual {
        out,
        batch_norm,
        preactivation,
    };
    let down = |out, batch_norm, preactivation| LayerSpec::ResidualDown {
        out,
        batch_norm,
        preactivation,
    };
    let up = |out, batch_norm| LayerSpec::ResidualUp { out, batch_norm };
    let lists: [&[LayerSpec]; 5] = [
        &[
            down(4, false, false),
            block(4, false, true),
            block(5, true, true),
            LayerSpec::Tanh,
            LayerSpec::SumPool,
        ],
        &[
            up(4, true),
            LayerSpec::BatchNorm,
            LayerSpec::Tanh,
            conv(3, 3, 1),
            LayerSpec::Tanh,
        ],
        &[
            conv(3, 3, 1),
            LayerSpec::Sigmoid,
            block(3, false, true),
            LayerSpec::Sigmoid,
        ],
        &[block(3, false, true)],
        &[block(3, true, false), up(2, false), down(3, true, true)],
    ];
    for way in every_way() {
        for (number, layers) in lists.iter().enumerate() {
            for normalized in [false, true] {
                let spectral = normalization(normalized, 1.0);
                compare::<Host>(layers, IMAGE, &spectral, 5, way, number as u64 + 10);
            }
        }
    }
}

/// A block whose branches are blocks, end with activations, or are empty.
fn nested<B: Backend<Device = dfdx::prelude::Cpu>>(way: (Mode, Wants)) -> Vec<(String, Vec<f32>)> {
    let part = |layers: &[LayerSpec], seed| {
        network::<B>(layers, IMAGE, &normalization(true, 1.0), seed)
            .unwrap()
            .modules
    };
    let block = |main, shortcut| Module::Residual(Box::new(Residual { main, shortcut }));
    let tanh = || part(&[conv(3, 3, 1), LayerSpec::Tanh], 1);
    let inner = block(tanh(), Vec::new());
    let both = block(part(&[conv(3, 3, 1)], 2), vec![inner]);
    // Two empty branches are beyond dfdx, which adds no tensor to itself.
    let half = block(part(&[LayerSpec::AvgPool(1)], 7), Vec::new());
    let mut main = vec![both, half];
    main.extend(tanh());
    let shortcut = part(&[LayerSpec::Sigmoid], 3);
    let mut whole = network::<B>(&[LayerSpec::Tanh], IMAGE, &normalization(true, 1.0), 4).unwrap();
    whole.modules.push(block(main, shortcut));
    let swapped = block(Vec::new(), part(&[conv(3, 3, 1), LayerSpec::BatchNorm], 5));
    whole.modules.push(swapped);
    pass(&mut whole, &draw(9, (192, 4)), way, 6)
}

#[test]
fn blocks_in_branches() {
    for way in every_way() {
        let (fast, slow) = (nested::<Host>(way), nested::<Slow>(way));
        assert_eq!(fast.len(), slow.len());
        for ((what, fast), (_, slow)) in fast.iter().zip(&slow) {
            assert_near(&format!("{what}, {way:?}"), fast, slow);
        }
    }
}
