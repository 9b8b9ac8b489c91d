//! Whole networks: consecutive layers, residual blocks, and blocks inside branches.

use sn_tui::{
    engine::nn::{
        Mode, Network,
        module::{Module, Residual},
    },
    preset::{LayerSpec, Shape},
};

use crate::{
    Device, Slow, assert_alike, compare, engine::PassOutput, network, normalization,
    on_each_fast_device, run_pass,
};

fn conv(out: usize, kernel: usize, stride: usize) -> LayerSpec {
    LayerSpec::Conv2d {
        out,
        kernel,
        stride,
        padding: 1,
        bias: true,
    }
}

/// Both modes, each with every combination of requested gradients.
fn all_passes() -> impl Iterator<Item = (Mode, [bool; 2])> {
    [Mode::Train, Mode::Evaluate].into_iter().flat_map(|mode| {
        (0..4).map(move |bits| {
            let wants = [bits & 1 == 1, bits & 2 == 2];
            (mode, wants)
        })
    })
}

const IMAGE: Shape = Shape::Image {
    channels: 3,
    height: 8,
    width: 8,
};

#[test]
fn consecutive_layers() {
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
    for way in all_passes() {
        for normalized in [false, true] {
            let spectral = normalization(normalized, 1.2);
            compare(&generator, Shape::Flat(5), &spectral, 9, way, 1);
            compare(&discriminator, IMAGE, &spectral, 7, way, 2);
        }
    }
}

#[test]
fn layers_without_parameters_come_first_last_and_alone() {
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
    for way in all_passes() {
        for layers in lists {
            compare(layers, IMAGE, &normalization(true, 1.0), 6, way, 3);
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
    for way in all_passes() {
        for (number, layers) in lists.iter().enumerate() {
            for normalized in [false, true] {
                let spectral = normalization(normalized, 1.0);
                compare(layers, IMAGE, &spectral, 5, way, number as u64 + 10);
            }
        }
    }
}

/// One pass through a block whose branches are blocks, end with activations, or are empty.
fn nested<B: Device>(way: (Mode, [bool; 2])) -> PassOutput {
    let layers = [
        LayerSpec::Tanh,
        conv(3, 3, 1),
        LayerSpec::Tanh,
        conv(3, 3, 1),
        LayerSpec::AvgPool(1),
        conv(3, 3, 1),
        LayerSpec::Tanh,
        LayerSpec::Upsample(1),
        LayerSpec::Sigmoid,
        conv(3, 3, 1),
        LayerSpec::BatchNorm,
    ];
    let flat = network::<B>(&layers, IMAGE, &normalization(true, 1.0), 4).unwrap();
    let mut modules = flat.modules().to_vec().into_iter();
    let mut next = || modules.next().unwrap();
    let block = |main, shortcut| Module::Residual(Residual { main, shortcut });
    let (tanh, first, second, pool) = (next(), next(), next(), next());
    let (third, _, sigmoid) = (next(), next(), next());
    let inner = block(vec![first], Vec::new());
    let both = block(vec![second], vec![inner]);
    let half = block(vec![pool], Vec::new());
    let outer = block(vec![both, half, third], vec![sigmoid]);
    let swapped = block(Vec::new(), vec![next(), next()]);
    let (modules, sections) = (vec![tanh, outer, swapped], flat.sections().clone());
    let numbers = flat.numbers().unwrap();
    let mut whole = Network::from_values(B::open(), "d", modules, sections, &numbers).unwrap();
    whole
        .reconfigure(&normalization(true, 1.0), false, 4)
        .unwrap();
    run_pass(&whole, (192, 4), way, 6)
}

#[test]
fn blocks_in_branches() {
    for way in all_passes() {
        let slow = nested::<Slow>(way);
        fn check<B: Device>(way: (Mode, [bool; 2]), slow: &PassOutput) {
            assert_alike(&format!("{way:?}"), &nested::<B>(way), slow);
        }
        on_each_fast_device!(check(way, &slow));
    }
}
