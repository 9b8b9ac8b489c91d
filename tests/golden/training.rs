//! Whole training steps.

use std::collections::BTreeMap;

use sn_tui::{
    engine::gan::Trainer,
    preset::{
        Centres, Data, LayerSpec, Loss, NetworkSpec, Preset, Samples, Source, Spectral, WeightInit,
    },
};

use crate::{devices::Device, on_each_device, reference::File};

const TOLERANCE: f32 = 1e-4;

#[test]
fn golden_train_mlp() {
    on_each_device!(train(&File::open("train_mlp"), mlp));
}

#[test]
fn golden_train_conv() {
    on_each_device!(train(&File::open("train_conv"), conv));
}

fn linear(out: usize, bias: bool) -> LayerSpec {
    LayerSpec::Linear { out, bias }
}

fn mlp(file: &File) -> Preset {
    let rows = |key: &str| file.get(key).shape[0];
    let g = |i: usize| linear(rows(&format!("initial/g.{i}.weight")), true);
    let d = |i: usize| linear(rows(&format!("initial/d.{i}.weight_orig")), true);
    let (relu, leaky) = (LayerSpec::ReLU, LayerSpec::LeakyReLU(0.1));
    let data = Data::Mixture {
        centres: Centres::Ring {
            modes: 8,
            radius: 1.0,
        },
        sigma: 0.01,
        scale: 1.0,
        noise: 0.0,
    };
    preset(
        file,
        data,
        Loss::NonSaturating,
        (1e-3, (0.5, 0.9)),
        vec![g(0), relu, g(2), relu, g(4)],
        vec![d(0), leaky, d(2), leaky, d(4)],
    )
}

fn conv(file: &File) -> Preset {
    let shape = |key: &str| file.get(&format!("initial/{key}")).shape.clone();
    let image = file.get("step0/d0/real").shape.clone();
    let (wide, narrow) = (shape("g.2.weight")[0], shape("g.4.weight")[1]);
    let side = ((shape("g.0.weight")[0] / wide) as f64).sqrt() as usize;
    let conv = |key: &str, stride: usize| {
        let weight = shape(key);
        LayerSpec::Conv2d {
            out: weight[0],
            kernel: weight[2],
            stride,
            padding: 1,
            bias: true,
        }
    };
    let (relu, leaky) = (LayerSpec::ReLU, LayerSpec::LeakyReLU(0.1));
    let data = Data::images(Source::Dolls, (image[1], image[2], image[3]));
    let up = LayerSpec::ConvTranspose2d {
        out: narrow,
        kernel: 4,
        stride: 2,
        padding: 1,
        bias: false,
    };
    preset(
        file,
        data,
        Loss::Hinge,
        (2e-4, (0.0, 0.9)),
        vec![
            linear(wide * side * side, false),
            LayerSpec::Reshape(wide, side, side),
            LayerSpec::BatchNorm,
            relu,
            up,
            LayerSpec::BatchNorm,
            relu,
            conv("g.7.weight", 1),
            LayerSpec::Tanh,
        ],
        vec![
            conv("d.0.weight_orig", 1),
            leaky,
            conv("d.2.weight_orig", 2),
            leaky,
            LayerSpec::Flatten,
            linear(1, true),
        ],
    )
}

fn preset(
    file: &File,
    data: Data,
    loss: Loss,
    (learning_rate, betas): (f32, (f32, f32)),
    generator: Vec<LayerSpec>,
    discriminator: Vec<LayerSpec>,
) -> Preset {
    let network = |layers| NetworkSpec {
        layers,
        learning_rate,
        betas,
        init: WeightInit::Torch,
    };
    let latents = &file.get("step0/g/z").shape;
    Preset {
        about: String::new(),
        data,
        latent: latents[1],
        loss,
        generator: network(generator),
        discriminator: network(discriminator),
        spectral: Spectral::default(),
        gain: 1.0,
        batch: latents[0],
        n_dis: 1,
        clip: None,
        ema: 0.0,
        steps: 1000,
        decay: false,
        decay_steps: None,
        samples: Samples::default(),
        scores: Default::default(),
        spectra: Default::default(),
        checkpoints: Default::default(),
    }
}

fn train<B: Device>(file: &File, preset: fn(&File) -> Preset) {
    let mut trainer = Trainer::new(B::open(), &preset(file), 0).unwrap();
    let initial = |key: &str| Some(&file.find(&format!("initial/{key}"))?.data[..]);
    let missing = trainer.load(initial).unwrap();
    assert!(
        missing.iter().all(|key| key.starts_with("ema.")),
        "{missing:?}"
    );
    let latents = |key: String| file.get(&key).batch_last();
    let mut steps = 0;
    while file.find(&format!("step{steps}/g/loss")).is_some() {
        let step = format!("step{steps}");
        for j in 0.. {
            let Some(real) = file.find(&format!("{step}/d{j}/real")) else {
                break;
            };
            let z = latents(format!("{step}/d{j}/z"));
            let recorded = trainer.discriminator_gradient(&real.batch_last(), &z);
            let recorded = recorded.unwrap().read(&B::open()).unwrap();
            let loss = file.get(&format!("{step}/d{j}/loss"));
            loss.assert_close(&format!("{step} D loss"), &[recorded.loss], TOLERANCE);
            trainer.apply_to_discriminator().unwrap();
        }
        let recorded = trainer.generator_gradient(&latents(format!("{step}/g/z")));
        let recorded = recorded.unwrap().read(&B::open()).unwrap();
        let loss = file.get(&format!("{step}/g/loss"));
        loss.assert_close(&format!("{step} G loss"), &[recorded.loss], TOLERANCE);
        trainer.apply_to_generator().unwrap();
        let state: BTreeMap<_, _> = trainer
            .state()
            .unwrap()
            .into_iter()
            .map(|t| (t.key.clone(), t))
            .collect();
        let prefix = format!("{step}/");
        let networks = [format!("{prefix}g."), format!("{prefix}d.")];
        let compared = file
            .keys()
            .filter(|key| {
                let rest = networks
                    .iter()
                    .find_map(|network| key.strip_prefix(network.as_str()));
                rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            })
            .map(|key| {
                let own = &state[&key[prefix.len()..]];
                assert_eq!(own.shape, file.get(key).shape, "{key}");
                file.get(key).assert_close(key, &own.data, TOLERANCE);
            })
            .count();
        assert_eq!(
            compared,
            state.keys().filter(|key| !key.starts_with("ema.")).count()
        );
        steps += 1;
    }
    assert!(steps > 0);
}
