//! Single layers and losses: outputs and all gradients.

use dfdx::prelude::*;
use sn_tui::{
    nn::{
        Activation, Backend, Geometry, Host, Matrix, Portable, Wants,
        backend::{Affine, Direction, Plan},
    },
    preset::Loss,
};

use crate::reference::File;

const TOLERANCE: f32 = 1e-5;
const ALL: Wants = Wants {
    input: true,
    parameters: true,
};

#[test]
fn golden_layers_on_the_fast_path() {
    layers::<Host>();
}

#[test]
fn golden_layers_on_the_portable_path() {
    layers::<Portable<Cpu>>();
}

fn layers<B: Backend<Device = Cpu>>() {
    let file = File::open("layers");
    for case in file.cases() {
        let kind = case.split('_').next().unwrap();
        match kind {
            "linear" | "conv" | "convt" => affine::<B>(&file, case, kind),
            "batchnorm" => batch_norm::<B>(&file, case),
            "leaky" => {
                let slope = case.rsplit('_').next().unwrap().parse().unwrap();
                pointwise::<B>(&file, case, Activation::LeakyRelu(slope));
            }
            "tanh" => pointwise::<B>(&file, case, Activation::Tanh),
            "loss" => loss::<B>(&file, case),
            other => panic!("no test for {other} ({case})"),
        }
    }
}

/// The number after a letter in `conv_n3_c3_o8_h9_k3_s1_p1`.
fn size(case: &str, letter: char) -> usize {
    let part = case
        .split('_')
        .skip(1)
        .find(|part| part.starts_with(letter));
    part.unwrap()[1..].parse().unwrap()
}

fn affine<B: Backend<Device = Cpu>>(file: &File, case: &str, kind: &str) {
    let device = Cpu::default();
    let get = |name: &str| file.get(&format!("{case}/{name}"));
    let (input, weight) = (get("input"), get("weight"));
    let x = input.activations(&device);
    let w = weight.rows(&device, weight.shape[0]);
    let b = get("bias").column(&device);
    let layer = Affine {
        weight: &w,
        bias: Some(&b),
        activation: Activation::Identity,
        wants: ALL,
    };
    let traced = x.clone().leaky_traced();
    let y = if kind == "linear" {
        B::linear(traced, layer).unwrap()
    } else {
        let sides = (input.shape[1], input.shape[2], input.shape[3]);
        let (k, s, p) = (size(case, 'k'), size(case, 's'), size(case, 'p'));
        let out = get("bias").data.len();
        if kind == "conv" {
            let geometry = Geometry::convolution(sides, out, k, s, p).unwrap();
            B::conv(traced, layer, &Plan::new(geometry, Direction::Forward)).unwrap()
        } else {
            let geometry = Geometry::transposed(sides, out, k, s, p).unwrap();
            B::conv_transpose(traced, layer, &Plan::new(geometry, Direction::Transposed)).unwrap()
        }
    };
    get("output").assert_activations(case, &y.as_vec(), TOLERANCE);
    let mut gradients = B::backward(y, &get("upstream").activations(&device)).unwrap();
    let mut gradient = |of| B::gradient(&mut gradients, of).unwrap().as_vec();
    get("grad_input").assert_activations(case, &gradient(&x), TOLERANCE);
    get("grad_weight").assert_close(case, &gradient(&w), TOLERANCE);
    get("grad_bias").assert_close(case, &gradient(&b), TOLERANCE);
}

fn batch_norm<B: Backend<Device = Cpu>>(file: &File, case: &str) {
    let device = Cpu::default();
    let get = |name: &str| file.get(&format!("{case}/{name}"));
    let x = get("input").activations(&device);
    let (gamma, beta) = (get("weight").column(&device), get("bias").column(&device));
    let traced = x.clone().leaky_traced();
    let (y, statistics) = B::batch_norm(traced, &gamma, &beta, Activation::Identity).unwrap();
    get("output").assert_activations(case, &y.as_vec(), TOLERANCE);
    let running = |start: f32, batch: &Matrix<Cpu>| -> Vec<f32> {
        batch
            .as_vec()
            .iter()
            .map(|x| 0.9 * start + 0.1 * x)
            .collect()
    };
    get("running_mean").assert_close(case, &running(0.0, &statistics.mean), TOLERANCE);
    get("running_var").assert_close(case, &running(1.0, &statistics.variance), TOLERANCE);
    let mut gradients = B::backward(y, &get("upstream").activations(&device)).unwrap();
    let mut gradient = |of| B::gradient(&mut gradients, of).unwrap().as_vec();
    get("grad_input").assert_activations(case, &gradient(&x), TOLERANCE);
    get("grad_weight").assert_close(case, &gradient(&gamma), TOLERANCE);
    get("grad_bias").assert_close(case, &gradient(&beta), TOLERANCE);
}

fn pointwise<B: Backend<Device = Cpu>>(file: &File, case: &str, activation: Activation) {
    let device = Cpu::default();
    let get = |name: &str| file.get(&format!("{case}/{name}"));
    let x = get("input").activations(&device);
    let y = B::activate(x.clone().leaky_traced(), activation).unwrap();
    get("output").assert_activations(case, &y.as_vec(), TOLERANCE);
    let mut gradients = B::backward(y, &get("upstream").activations(&device)).unwrap();
    let gradient = B::gradient(&mut gradients, &x).unwrap().as_vec();
    get("grad_input").assert_activations(case, &gradient, TOLERANCE);
}

fn loss<B: Backend<Device = Cpu>>(file: &File, case: &str) {
    let device = Cpu::default();
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
    let (scores, sides, linear) = if network == "d" {
        let scores = [get("real").data.clone(), fake].concat();
        (
            scores,
            [vec![1.0; batch], vec![-1.0; batch]].concat(),
            false,
        )
    } else {
        let linear = matches!(loss, Loss::Hinge | Loss::Wasserstein);
        (fake, vec![1.0; batch], linear)
    };
    let row = |data: Vec<f32>| {
        let length = data.len();
        device.tensor_from_vec(data, (1, length))
    };
    let (total, slopes) = B::loss(&row(scores), &row(sides), loss, linear, batch).unwrap();
    get("output").assert_close(case, &total.as_vec(), TOLERANCE);
    let upstream = get("upstream").data[0];
    let slopes: Vec<f32> = slopes.as_vec().iter().map(|x| x * upstream).collect();
    let (first, second) = slopes.split_at(slopes.len() - batch);
    get("grad_fake").assert_close(case, second, TOLERANCE);
    if network == "d" {
        get("grad_real").assert_close(case, first, TOLERANCE);
    }
}
