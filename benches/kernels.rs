//! Times the kernels of a training step on the CPU, at the layer shapes of `sn-tui bench`'s networks: `cargo bench`.
//!
//! Each layer is measured as a network of its own: forward, and forward with both gradients. Power iteration and Adam
//! run over whole networks.

use divan::{Bencher, black_box};
use sn_tui::{
    engine::{
        gan::Trainer,
        nn::{Backend, Host, Mode, Network, Node, build::Fresh, guard},
    },
    preset::{LayerSpec, Preset, Shape, Spectral, WeightInit, builtin, infer},
};

const SEED: u64 = 0;
const FRESH: Fresh = Fresh {
    init: WeightInit::Torch,
    seed: SEED,
};
const BATCH: usize = 64;

/// A layer, the shape of its input, and its name in the list of benchmarks.
struct Layer {
    name: &'static str,
    layer: LayerSpec,
    input: Shape,
    batch: usize,
}

const fn image(channels: usize, side: usize) -> Shape {
    Shape::Image {
        channels,
        height: side,
        width: side,
    }
}

const fn conv(out: usize, kernel: usize) -> LayerSpec {
    LayerSpec::Conv2d {
        out,
        kernel,
        stride: kernel - 2,
        padding: 1,
        bias: true,
    }
}

const fn conv_transpose(out: usize) -> LayerSpec {
    LayerSpec::ConvTranspose2d {
        out,
        kernel: 4,
        stride: 2,
        padding: 1,
        bias: true,
    }
}

const fn linear(out: usize) -> LayerSpec {
    LayerSpec::Linear { out, bias: true }
}

const fn layer(name: &'static str, layer: LayerSpec, input: Shape, batch: usize) -> Layer {
    Layer {
        name,
        layer,
        input,
        batch,
    }
}

/// Layers of the networks; D's batch is twice that of G, because it sees real and generated samples.
const LAYERS: [Layer; 16] = [
    layer("ring d.2", linear(128), Shape::Flat(128), 512),
    layer("digits g.0", linear(3136), Shape::Flat(64), BATCH),
    layer("digits g.4", conv_transpose(32), image(64, 7), BATCH),
    layer("digits g.7", conv_transpose(1), image(32, 14), BATCH),
    layer("digits d.0", conv(32, 4), image(1, 28), 2 * BATCH),
    layer("digits d.2", conv(64, 4), image(32, 14), 2 * BATCH),
    layer("cifar g.0", linear(8192), Shape::Flat(128), BATCH),
    layer("cifar g.4", conv_transpose(256), image(512, 4), BATCH),
    layer("cifar g.10", conv_transpose(64), image(128, 16), BATCH),
    layer("cifar g.13", conv(3, 3), image(64, 32), BATCH),
    layer("cifar d.0", conv(64, 3), image(3, 32), 2 * BATCH),
    layer("cifar d.2", conv(64, 4), image(64, 32), 2 * BATCH),
    layer("cifar d.4", conv(128, 3), image(64, 16), 2 * BATCH),
    layer("cifar d.10", conv(256, 4), image(256, 8), 2 * BATCH),
    layer("cifar d.12", conv(512, 3), image(256, 4), 2 * BATCH),
    layer("cifar norm", LayerSpec::BatchNorm, image(64, 32), BATCH),
];

fn main() {
    divan::main();
}

fn names() -> impl Iterator<Item = &'static str> {
    LAYERS.iter().map(|layer| layer.name)
}

fn named(name: &str) -> (&'static Layer, Network<Host>) {
    let layer = LAYERS.iter().find(|layer| layer.name == name).unwrap();
    let network = Network::new(&Host, "d", &[layer.layer], layer.input, FRESH, 0);
    match network {
        Ok(network) => (layer, network),
        Err(_) => panic!("{name} was not built"),
    }
}

/// Deterministic numbers between −1 and 1.
fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919) % 2001) as f32 / 1000.0 - 1.0)
        .collect()
}

/// An input node of a layer, with its gradient requested.
fn input(layer: &Layer) -> Node<Host> {
    let numbers = numbers(layer.input.features() * layer.batch);
    let numbers = Host.upload(&numbers, layer.batch, None).unwrap();
    let size = (layer.input.features(), layer.batch);
    Node::leaf(numbers.into(), size, true).unwrap()
}

#[divan::bench(args = names(), max_time = 2)]
fn forward(bencher: Bencher, name: &str) {
    let (layer, network) = named(name);
    let input = input(layer);
    bencher.bench_local(|| network.forward(black_box(input.with_empty_tape()), Mode::Train, false));
}

#[divan::bench(args = names(), max_time = 2)]
fn forward_and_backward(bencher: Bencher, name: &str) {
    let (layer, network) = named(name);
    let input = input(layer);
    let output = infer(&[layer.layer], layer.input).unwrap()[0];
    let upstream = numbers(output.features() * layer.batch);
    bencher.bench_local(|| {
        let input = black_box(input.with_empty_tape()).traced();
        let output = network.forward(input, Mode::Train, true).unwrap();
        let upstream = Host.upload(&upstream, layer.batch, None).unwrap();
        network.backward(output, upstream)
    });
}

/// Presets that hold the networks of `sn-tui bench`.
const PRESETS: [&str; 3] = ["ring", "digits", "cifar10"];

#[divan::bench(args = PRESETS, max_time = 2)]
fn power_iteration_of_d(bencher: Bencher, name: &str) {
    let preset = builtin::builtin(name).unwrap();
    let input = preset.data.sample_shape();
    let layers = &preset.discriminator.layers;
    let Ok(mut d) = Network::new(&Host, "d", layers, input, FRESH, 0) else {
        panic!("{name} was not built");
    };
    d.reconfigure(&Spectral::default(), true, SEED).unwrap();
    let Ok(guard) = guard::new(&Host) else {
        panic!("the host has no guard");
    };
    bencher.bench_local(|| d.power_iteration(&guard));
}

#[divan::bench(args = PRESETS, max_time = 2)]
fn adam_of_d(bencher: Bencher, name: &str) {
    let preset = Preset {
        batch: 2,
        ..builtin::builtin(name).unwrap()
    };
    let real = numbers(preset.batch * preset.data.sample_shape().features());
    let latents = numbers(preset.batch * preset.latent);
    let mut trainer = Trainer::new(Host, &preset, SEED).unwrap();
    trainer.discriminator_gradient(&real, &latents).unwrap();
    bencher.bench_local(|| trainer.apply_to_discriminator());
}
