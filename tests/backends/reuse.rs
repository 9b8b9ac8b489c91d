//! Independence of a pass from earlier passes and from the number of threads.

use sn_tui::{
    engine::nn::{Adam, AdamSettings, Backend, Host, Knobs, Mode, Network, guard, knobs},
    preset::{LayerSpec, Shape},
};

use crate::{ALL, draw, network, normalization, run_pass};

const IMAGE: Shape = Shape::Image {
    channels: 3,
    height: 12,
    width: 12,
};

/// A network with every kind of module, large enough to be split into several tasks.
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
    let run = |batch| run_pass(&everything(), size(batch), (Mode::Train, ALL), 3);
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
            network
                .power_iteration(&guard::new(&Host).unwrap())
                .unwrap();
            run_pass(&network, size(50), (Mode::Train, ALL), 3)
        })
    };
    let one = run(1);
    let numbers = one.parameters.concat();
    assert!(numbers.iter().chain(&one.output).all(|x| x.is_finite()));
    for threads in [2, 3] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

#[test]
fn changed_weights_are_read_again() {
    let linear = |out| LayerSpec::Linear { out, bias: true };
    let layers = [linear(20), LayerSpec::ReLU, linear(9), linear(3)];
    let build = |enabled, seed| -> Network<Host> {
        let settings = normalization(enabled, 1.5);
        network(&layers, Shape::Flat(5), &settings, seed).unwrap()
    };
    let run = |network: &Network<Host>| run_pass(network, (5, 40), (Mode::Evaluate, ALL), 3);
    let mut network = build(true, 1);
    let mut last = run(&network);
    let mut moved = |network: &Network<Host>, how: &str, enabled| {
        let now = run(network);
        let mut fresh = build(enabled, 2);
        let state = network.state("d").unwrap();
        let find = |key: &str| {
            let tensor = state.iter().find(|tensor| tensor.key == key);
            tensor.map(|tensor| &tensor.data[..])
        };
        assert!(fresh.load("d", find).unwrap().is_empty());
        assert!(run(&fresh) == now, "{how}");
        assert!(now.parameters != last.parameters, "{how}");
        last = now;
    };

    let adam = Adam::new(&network);
    let settings = AdamSettings {
        learning_rate: 0.1,
        betas: (0.0, 0.9),
    };
    let numbers = adam.as_ref().unwrap().knobs(Knobs::default(), settings);
    let numbers = numbers.with(knobs::AVERAGE, 0.5);
    let mut knobs = Host.zeros(knobs::COUNT).unwrap();
    Host.write(&mut knobs, 0, numbers.numbers()).unwrap();
    let guard = guard::new(&Host).unwrap();
    adam.unwrap().update(&network, &knobs, &guard).unwrap();
    moved(&network, "an update", true);

    network
        .update_average(&build(true, 4), &knobs, &guard)
        .unwrap();
    moved(&network, "an average", true);

    let weight = draw(9, 9 * 20);
    let state = network.state("d").unwrap();
    let key = |tensor: &&sn_tui::files::tensors::StateTensor| tensor.shape == [9, 20];
    let key = state.iter().find(key).unwrap().key.clone();
    let found = |wanted: &str| (wanted == key).then_some(&weight[..]);
    network.load("d", found).unwrap();
    moved(&network, "loaded", true);

    network
        .reconfigure(&normalization(false, 1.5), false, 1)
        .unwrap();
    moved(&network, "folded", false);
}
