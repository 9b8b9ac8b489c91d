//! That nothing is left of one pass in the next, and that threads do not matter.

use sn_tui::{
    nn::{Host, Mode, Network},
    preset::{LayerSpec, Shape},
};

use crate::{ALL, network, normalization, passed};

const IMAGE: Shape = Shape::Image {
    channels: 3,
    height: 12,
    width: 12,
};

/// Every kind of module, large enough to be cut into several tasks.
fn everything() -> Network<Host> {
    let layers = [
        LayerSpec::Conv2d {
            out: 20,
            kernel: 3,
            stride: 1,
            padding: 1,
            bias: true,
        },
        LayerSpec::LeakyReLU(0.1),
        LayerSpec::ResidualDown {
            out: 30,
            batch_norm: true,
            preactivation: true,
        },
        LayerSpec::ConvTranspose2d {
            out: 9,
            kernel: 4,
            stride: 2,
            padding: 1,
            bias: true,
        },
        LayerSpec::BatchNorm,
        LayerSpec::Tanh,
        LayerSpec::Flatten,
        LayerSpec::Linear {
            out: 300,
            bias: true,
        },
        LayerSpec::Sigmoid,
    ];
    network(&layers, IMAGE, &normalization(true, 1.0), 1).unwrap()
}

fn size(batch: usize) -> (usize, usize) {
    (IMAGE.features(), batch)
}

#[test]
fn a_pass_is_the_same_whatever_passes_came_before_it() {
    let run = |batch| passed(&everything(), size(batch), (Mode::Train, ALL), 3);
    let first = std::thread::spawn(move || run(17)).join().unwrap();
    for batch in [40, 3, 16, 18, 1, 17] {
        let again = run(batch);
        if batch == 17 {
            assert!(again == first);
        }
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let network = everything();
            network.iterate().unwrap();
            passed(&network, size(50), (Mode::Train, ALL), 3)
        })
    };
    let one = run(1);
    let numbers = one.parameters.concat();
    assert!(numbers.iter().chain(&one.output).all(|x| x.is_finite()));
    for threads in [2, 3] {
        assert!(run(threads) == one, "{threads} threads");
    }
}
