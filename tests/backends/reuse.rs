//! That nothing is left of one pass in the next, and that threads do not matter.

use dfdx::prelude::Cpu;
use sn_tui::{
    nn::{Host, Matrix, Mode, Network},
    preset::{LayerSpec, Shape},
};

use crate::{ALL, draw, network, normalization, pass};

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

fn input(batch: usize) -> Matrix<Cpu> {
    draw(2, (IMAGE.features(), batch))
}

#[test]
fn a_pass_is_the_same_whatever_passes_came_before_it() {
    let run = |batch| pass(&mut everything(), &input(batch), (Mode::Train, ALL), 3);
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
            let mut network = everything();
            network.iterate().unwrap();
            pass(&mut network, &input(50), (Mode::Train, ALL), 3)
        })
    };
    let one = run(1);
    assert!(
        one.iter()
            .all(|(_, numbers)| numbers.iter().all(|x| x.is_finite()))
    );
    for threads in [2, 3] {
        assert!(run(threads) == one, "{threads} threads");
    }
}
