//! Single layers and losses: outputs and all gradients.

use sn_tui::{
    engine::nn::{Knobs, Mode, Network, Objective, RecordLayout, knobs},
    preset::{LayerSpec, Loss, Shape, Spectral},
};

use crate::{
    devices::Device,
    engine::{network, pass},
    on_each_device,
    reference::{File, Reference},
};

const TOLERANCE: f32 = 1e-5;

#[test]
fn golden_layers() {
    on_each_device!(layers());
}

fn layers<B: Device>() {
    let file = File::open("layers");
    for case in file.cases() {
        let kind = case.split('_').next().unwrap();
        match kind {
            "linear" | "conv" | "convt" => affine::<B>(&file, case, kind),
            "batchnorm" => batch_norm::<B>(&file, case),
            "leaky" => {
                let slope = case.rsplit('_').next().unwrap().parse().unwrap();
                pointwise::<B>(&file, case, LayerSpec::LeakyReLU(slope));
            }
            "tanh" => pointwise::<B>(&file, case, LayerSpec::Tanh),
            "loss" => loss::<B>(&file, case),
            other => panic!("no test for {other} ({case})"),
        }
    }
}

/// The number after a letter in a name such as `conv_n3_c3_o8_h9_k3_s1_p1`.
fn size(case: &str, letter: char) -> usize {
    let part = case
        .split('_')
        .skip(1)
        .find(|part| part.starts_with(letter));
    part.unwrap()[1..].parse().unwrap()
}

/// The shape of one sample of (batch, …) activations.
fn sample(activations: &Reference) -> Shape {
    match activations.shape[1..] {
        [channels, height, width] => Shape::Image {
            channels,
            height,
            width,
        },
        _ => Shape::Flat(activations.data.len() / activations.shape[0]),
    }
}

/// Compares one layer that has the case's weights with everything that the case holds.
fn compare<B: Device>(file: &File, case: &str, layer: LayerSpec) -> Network<B> {
    let get = |name: &str| file.get(&format!("{case}/{name}"));
    let input = get("input");
    let spectral = Spectral {
        enabled: false,
        ..Spectral::default()
    };
    let mut network = network::<B>(&[layer], sample(input), &spectral, 0).unwrap();
    let find = |key: &str| {
        let name = key.strip_prefix("d.0.").unwrap();
        let reference = file.find(&format!("{case}/{name}"))?;
        (!name.starts_with("running")).then_some(&reference.data[..])
    };
    network.load("d", find).unwrap();
    let (x, batch) = (input.batch_last(), input.shape[0]);
    let way = (Mode::Train, [true, true]);
    let passed = pass(&network, &x, batch, way, |_| get("upstream").batch_last());
    get("output").assert_activations(case, &passed.output, TOLERANCE);
    get("grad_input").assert_activations(case, &passed.input.unwrap(), TOLERANCE);
    for (name, gradient) in ["grad_weight", "grad_bias"].iter().zip(&passed.parameters) {
        get(name).assert_close(case, gradient, TOLERANCE);
    }
    network
}

fn affine<B: Device>(file: &File, case: &str, kind: &str) {
    let out = file.get(&format!("{case}/bias")).data.len();
    let (kernel, stride, padding) = match kind {
        "linear" => (0, 0, 0),
        _ => (size(case, 'k'), size(case, 's'), size(case, 'p')),
    };
    let bias = true;
    let layer = match kind {
        "linear" => LayerSpec::Linear { out, bias },
        "conv" => LayerSpec::Conv2d {
            out,
            kernel,
            stride,
            padding,
            bias,
        },
        _ => LayerSpec::ConvTranspose2d {
            out,
            kernel,
            stride,
            padding,
            bias,
        },
    };
    let network = compare::<B>(file, case, layer);
    assert_eq!(network.parameters().len(), 2);
}

fn batch_norm<B: Device>(file: &File, case: &str) {
    let network = compare::<B>(file, case, LayerSpec::BatchNorm);
    let state = network.state("d").unwrap();
    for name in ["running_mean", "running_var"] {
        let own = state.iter().find(|t| t.key == format!("d.0.{name}"));
        let reference = file.get(&format!("{case}/{name}"));
        reference.assert_close(case, &own.unwrap().data, TOLERANCE);
    }
}

fn pointwise<B: Device>(file: &File, case: &str, activation: LayerSpec) {
    compare::<B>(file, case, activation);
}

fn loss<B: Device>(file: &File, case: &str) {
    let get = |name: &str| file.get(&format!("{case}/{name}"));
    let (name, network) = case["loss_".len()..].rsplit_once('_').unwrap();
    let loss = match name {
        "hinge" => Loss::Hinge,
        "non_saturating" => Loss::NonSaturating,
        "wasserstein" => Loss::Wasserstein,
        "least_squares" => Loss::LeastSquares,
        other => panic!("no loss {other}"),
    };
    let fake = get("fake").data.clone();
    let batch = fake.len();
    let (raw, objective) = match network {
        "d" => {
            let raw = [get("real").data.clone(), fake].concat();
            (raw, Objective::discriminator(loss, batch))
        }
        _ => (fake, Objective::generator(loss, batch)),
    };
    let backend = B::open();
    let places = RecordLayout {
        parts: Vec::new(),
        figures: 0,
        scores: raw.len(),
        samples: 0,
    };
    let mut record = backend.zeros(places.length()).unwrap();
    let mut knobs = backend.zeros(knobs::COUNT).unwrap();
    let numbers = Knobs::default();
    backend.write(&mut knobs, 0, numbers.numbers()).unwrap();
    let scores = backend.upload(&raw, raw.len(), None).unwrap();
    let slopes = backend.loss(&scores, &objective, &knobs, &mut record, &places);
    let slopes = backend.download(&slopes.unwrap(), raw.len()).unwrap();
    let record = backend.read(&record, 0..places.length()).unwrap();
    get("output").assert_close(case, &record[..1], TOLERANCE);
    assert_eq!(record[places.scores()], raw);
    let upstream = get("upstream").data[0];
    let slopes: Vec<f32> = slopes.iter().map(|x| x * upstream).collect();
    let (first, second) = slopes.split_at(slopes.len() - batch);
    get("grad_fake").assert_close(case, second, TOLERANCE);
    if network == "d" {
        get("grad_real").assert_close(case, first, TOLERANCE);
    }
}
