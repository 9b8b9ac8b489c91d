//! Synthetic runs: smooth curves and simple pictures.

use std::sync::Arc;

use sn_tui::{
    model::{
        Entry, Exact, History, Interpolation, LayerSpectrum, Load, Measures, Plane, Samples,
        Snapshot, Spectra, Status,
    },
    preset::{Centres, Data, LayerSpec, Loss, NetworkSpec, Preset, Source, Spectral, WeightInit},
};

pub const STEPS: u64 = 1234;

/// An entry of the journal of these words.
pub fn entry(step: u64, kind: &str, key: &str, old: &str, new: &str, cause: &str) -> Entry {
    let words = serde_json::json!({
        "step": step, "kind": kind, "key": key, "old": old, "new": new, "cause": cause
    });
    serde_json::from_value(words).unwrap()
}

fn network(layers: Vec<LayerSpec>) -> NetworkSpec {
    NetworkSpec {
        layers,
        learning_rate: 1e-3,
        betas: (0.5, 0.9),
        init: WeightInit::Torch,
    }
}

fn linear(out: usize) -> LayerSpec {
    LayerSpec::Linear { out, bias: true }
}

fn conv() -> LayerSpec {
    LayerSpec::Conv2d {
        out: 64,
        kernel: 4,
        stride: 2,
        padding: 1,
        bias: true,
    }
}

/// A generator from the latent vector to a sample.
fn generator(data: &Data) -> NetworkSpec {
    match data {
        Data::Images { shape, .. } => {
            let (channels, height, width) = *shape;
            let reshape = LayerSpec::Reshape(channels, height, width);
            network(vec![linear(channels * height * width), reshape])
        }
        Data::Mixture { .. } => network(vec![linear(64), linear(2)]),
    }
}

/// A discriminator with four weighted layers.
fn discriminator(data: &Data) -> NetworkSpec {
    match data {
        Data::Images { .. } => network(vec![conv(), conv(), conv(), LayerSpec::Flatten, linear(1)]),
        Data::Mixture { .. } => network(vec![linear(64), linear(64), linear(64), linear(1)]),
    }
}

pub fn preset(data: Data) -> Preset {
    Preset {
        about: String::new(),
        generator: generator(&data),
        discriminator: discriminator(&data),
        data,
        latent: 64,
        loss: Loss::Hinge,
        spectral: Spectral::default(),
        gain: 4.0,
        batch: 64,
        n_dis: 1,
        clip: None,
        ema: 0.99,
        steps: 1500,
        decay: true,
        decay_steps: None,
        samples: Default::default(),
        scores: Default::default(),
        spectra: Default::default(),
        checkpoints: Default::default(),
    }
}

pub fn digits() -> Data {
    Data::images(Source::Digits, (1, 28, 28))
}

pub fn ring() -> Data {
    Data::Mixture {
        centres: Centres::Ring {
            modes: 8,
            radius: 1.0,
        },
        sigma: 0.01,
        scale: 1.0,
        noise: 0.0,
    }
}

pub fn starting(data: Data, name: &str) -> Snapshot {
    let directory = "runs/2026-01-02-digits-k3x9".into();
    Snapshot {
        threads: 2,
        parameters: (1_282_337, 345_678),
        ..Snapshot::starting(name.to_owned(), Arc::new(preset(data)), directory)
    }
}

pub fn wave(step: u64, period: f32) -> f32 {
    (step as f32 / period).sin()
}

pub fn measures(step: u64) -> Measures {
    let rise = step as f32 / STEPS as f32;
    let layer = |i: usize, value| (format!("d.{}", 2 * i), value);
    Measures {
        step,
        loss_d: 1.2 + 0.4 * wave(step, 90.0) + 0.2 * wave(step * 37, 1.0),
        loss_g: 0.3 + 0.5 * wave(step, 140.0) + 0.2 * wave(step * 53, 1.0),
        d_real: 0.4 + 0.3 * wave(step, 110.0),
        d_fake: -0.3 + 0.2 * wave(step, 70.0),
        accuracy_real: 0.7,
        accuracy_fake: 0.8,
        grad_d: 3.0 * 10f32.powf(0.3 * wave(step, 60.0)),
        grad_g: 0.4 * 10f32.powf(0.2 * wave(step, 80.0)),
        grad_x_mean: Some(0.05 * 10f32.powf(rise + 0.1 * wave(step, 40.0))),
        grad_x_max: Some(0.1 * 10f32.powf(rise + 0.1 * wave(step, 40.0))),
        sigma: vec![
            layer(0, 1.0 + rise),
            layer(1, 0.9 + 0.1 * wave(step, 50.0)),
            layer(2, 1.1 - 0.5 * rise),
            layer(3, 0.75),
        ],
        weight_norm: Vec::new(),
        gradient_norm: Vec::new(),
    }
}

pub fn history(of: impl Fn(u64) -> Measures) -> History {
    history_from(1, of)
}

/// Curves that begin at a step.
pub fn history_from(first: u64, of: impl Fn(u64) -> Measures) -> History {
    let mut history = History::default();
    for step in first..=STEPS {
        let m = of(step);
        let values = [
            ("loss_d", m.loss_d),
            ("loss_g", m.loss_g),
            ("grad_d", m.grad_d),
            ("grad_g", m.grad_g),
            ("d_real", m.d_real),
            ("d_fake", m.d_fake),
        ];
        for (name, value) in values {
            history.push(name, step, value);
        }
        if let Some(value) = m.grad_x_mean {
            history.push("grad_x_mean", step, value);
        }
        if let Some(value) = m.grad_x_max {
            history.push("grad_x_max", step, value);
        }
        if step % 250 == 0 {
            history.push("lipschitz_bound", step, 16.0);
        }
        if step % 50 == 0 {
            history.push("diversity", step, 0.6 + 0.2 * wave(step, 300.0));
            history.push("swd", step, 0.3 - 0.1 * wave(step, 400.0));
            history.push("modes", step, (step / 150).min(8) as f32);
            history.push("high_quality", step, step as f32 / STEPS as f32);
        }
        for (key, value) in m.sigma {
            history.push(&format!("sigma.{key}"), step, value);
            if step % 50 == 0 {
                let exact = value * (1.02 + 0.01 * wave(step, 70.0));
                history.push(&format!("sigma_svd.{key}"), step, exact);
                let error = (exact - value) / exact;
                history.push(&format!("sigma_error.{key}"), step, error);
                let rank = 30.0 - 10.0 * step as f32 / STEPS as f32;
                history.push(&format!("effective_rank.{key}"), step, rank);
                history.push(&format!("stable_rank.{key}"), step, rank / 6.0);
                if key != "d.4" && key != "d.6" {
                    let cosine = 0.4 + 0.2 * wave(step, 300.0);
                    history.push(&format!("cosine_next.{key}"), step, cosine);
                }
            }
        }
    }
    history
}

/// Samples of 28×28 with circles and strokes that can be recognized.
pub fn images() -> Samples {
    let pixel = |i: usize, at: usize| {
        let (x, y) = ((at % 28) as f32 - 13.5, (at / 28) as f32 - 13.5);
        let distance = match i % 3 {
            0 => ((x * x + y * y).sqrt() - 8.0).abs(),
            1 => (x - y / 3.0).abs() + (y.abs() - 9.0).max(0.0),
            _ => (x.abs() - y.abs()).abs() + (y.abs() - 9.0).max(0.0),
        };
        (255.0 * (1.0 - distance / 3.0).clamp(0.0, 1.0)) as u8
    };
    let image = |i| (0..28 * 28).map(|at| pixel(i, at)).collect();
    Samples::Images {
        step: 1200,
        channels: 1,
        height: 28,
        width: 28,
        pixels: (0..64).map(image).collect(),
        real: (0..64).map(|i| image(i + 1)).collect(),
    }
}

/// The same images as those of another step.
pub fn at_step(samples: Samples, step: u64) -> Samples {
    match samples {
        Samples::Images {
            channels,
            height,
            width,
            pixels,
            real,
            ..
        } => Samples::Images {
            step,
            channels,
            height,
            width,
            pixels,
            real,
        },
        points @ Samples::Points { .. } => points,
    }
}

pub fn points() -> Samples {
    let around = |i: usize, spread: f32| {
        let angle = std::f32::consts::TAU * (i % 8) as f32 / 8.0;
        let stray = spread * wave(i as u64 * 31, 1.0);
        [
            angle.cos() + stray,
            angle.sin() + spread * wave(i as u64 * 17, 1.0),
        ]
    };
    Samples::Points {
        step: 1200,
        real: (0..64).map(|i| around(i, 0.02)).collect(),
        generated: (0..64).map(|i| around(i, 0.12)).collect(),
    }
}

pub fn running(data: Data, name: &str, samples: Samples) -> Snapshot {
    Snapshot {
        status: Status::Running,
        step: STEPS,
        steps_per_second: 12.34,
        seconds: 101.5,
        load: Load {
            share: Some(97),
            memory: Some(38_400_000),
            total: None,
        },
        measures: Some(Arc::new(measures(STEPS))),
        samples: Some(Arc::new(samples)),
        changes: vec![entry(812, "set", "spectral.iterations", "2", "1", "key")],
        ..starting(data, name)
    }
}

/// Spectra with power-law decay, which is steeper in later layers.
pub fn spectra(step: u64, falloff: f64) -> Spectra {
    let layer = |i: usize| {
        let g = i >= 4;
        let key = if g {
            format!("g.{}", 3 * (i - 4))
        } else {
            format!("d.{}", 2 * i)
        };
        let rows = [64, 128, 256, 1, 64, 32, 1][i];
        let columns = [16, 1024, 2048, 4096, 100, 512, 288][i];
        let count: usize = rows.min(columns);
        let power = falloff * (0.3 + 0.2 * i as f64);
        let values: Vec<f64> = (0..count)
            .map(|j| 1.9 / (1.0 + j as f64).powf(power))
            .collect();
        let square: f64 = values.iter().map(|v| v * v).sum();
        let sum: f64 = values.iter().sum();
        let entropy: f64 = values.iter().map(|v| -v / sum * (v / sum).ln()).sum();
        LayerSpectrum {
            key,
            kind: match i {
                3 => "Linear 4096→1".to_owned(),
                _ => format!("Conv2d {columns}→{rows} 4×4 s2"),
            },
            shape: (rows, columns),
            enabled: !g && i != 1,
            iterations: 1,
            sigma: (!g).then_some(1.9 * [0.998, 0.93, 0.6, 0.9999][i % 4]),
            sigma_used: Some(if g {
                1.9
            } else {
                1.0 / [0.998, 0.93, 0.6, 0.9999][i % 4]
            }),
            frobenius: Some(square.sqrt()),
            exact: Exact {
                sigma_svd: Some(values[0]),
                sigma_error: (!g).then_some(1.0 - [0.998, 0.93, 0.6, 0.9999][i % 4]),
                cosine_error_u: (!g).then_some([1e-3, 0.02, 0.3, 1e-6][i % 4]),
                cosine_error_v: (!g).then_some([2e-3, 0.03, 0.4, 2e-6][i % 4]),
                stable_rank: Some(square / values[0].powi(2)),
                effective_rank: Some(entropy.exp()),
                operator_norm: (i != 3).then_some(2.8),
                cosine_next: [Some(0.31), Some(0.07), None, None][i % 4],
            },
            singular_values: values,
        }
    };
    Spectra {
        step,
        layers: (0..7).map(layer).collect(),
    }
}

/// A plane in which D's output is high near the ring.
pub fn plane() -> Plane {
    let size = (48, 48);
    let at = |i: usize, count: usize| 3.2 * ((i as f32 + 0.5) / count as f32 - 0.5);
    let scores = (0..size.1).flat_map(|row| {
        (0..size.0).map(move |column| {
            let (x, y) = (at(column, size.0), -at(row, size.1));
            1.0 - 2.0 * ((x * x + y * y).sqrt() - 1.0).abs()
        })
    });
    let Samples::Points { generated, .. } = points() else {
        unreachable!("points are points");
    };
    let line = |i: usize, across: bool| {
        (0..24).map(move |j| {
            let (a, b) = (at(i, 8) * 0.5, at(j, 24) * 0.5);
            let (u, v) = if across { (a, b) } else { (b, a) };
            [u + 0.3 * v * v, v - 0.2 * u]
        })
    };
    let lines = (0..8).flat_map(|i| [line(i, true).collect(), line(i, false).collect()]);
    let centre = |i: usize| {
        let angle = std::f32::consts::TAU * i as f32 / 8.0;
        [angle.cos(), angle.sin()]
    };
    Plane {
        step: 1200,
        corners: [[-1.6, -1.6], [1.6, 1.6]],
        size,
        scores: scores.collect(),
        arrows: generated.iter().map(|&[x, y]| ([x, y], [-y, x])).collect(),
        lines: lines.collect(),
        modes: (0..8)
            .map(|i| (centre(i), if i == 3 { 0 } else { 300 + i }))
            .collect(),
        samples: 2500,
    }
}

/// Eight images that change from a circle to a stroke.
pub fn interpolation() -> Interpolation {
    let Samples::Images {
        step,
        channels,
        height,
        width,
        pixels,
        ..
    } = images()
    else {
        unreachable!("images are images");
    };
    let mix = |t: f32| {
        let pairs = pixels[0].iter().zip(&pixels[1]);
        pairs
            .map(|(&a, &b)| (f32::from(a) * (1.0 - t) + f32::from(b) * t) as u8)
            .collect()
    };
    Interpolation {
        ends: (0, 1),
        samples: Samples::Images {
            step,
            channels,
            height,
            width,
            pixels: (0..8).map(|i| mix(i as f32 / 7.0)).collect(),
            real: Vec::new(),
        },
    }
}
