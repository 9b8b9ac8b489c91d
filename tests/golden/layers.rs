//! Single layers and losses: outputs and all gradients.

use dfdx::prelude::*;
use sn_tui::{
    nn::{
        Activation, Backend, Geometry, Host, Matrix, Mode, Portable, Wants,
        layer::{Affine, BatchNorm, Kind},
        module::Module,
        plan::{Direction, Plan},
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

/// The output of one module, and the gradients of its input and its parameters.
fn pass<B: Backend<Device = Cpu>>(
    modules: &mut [Module<B>; 1],
    x: &Matrix<Cpu>,
    upstream: &Matrix<Cpu>,
) -> [Vec<f32>; 4] {
    let traced = x.clone().leaky_traced();
    let y = B::forward(modules, traced, Mode::Train, ALL).unwrap();
    let output = y.as_vec();
    let mut gradients = B::backward(y, B::buffer(upstream).unwrap()).unwrap();
    let mut gradient = |of: &Matrix<Cpu>| {
        let buffer = B::gradient(&mut gradients, of).unwrap();
        B::matrix(&buffer, of).unwrap().as_vec()
    };
    let [first, second] = modules[0]
        .parameters()
        .map(|of| of.map(&mut gradient).unwrap_or_default());
    [output, gradient(x), first, second]
}

fn affine<B: Backend<Device = Cpu>>(file: &File, case: &str, kind: &str) {
    let device = Cpu::default();
    let get = |name: &str| file.get(&format!("{case}/{name}"));
    let (input, weight, bias) = (get("input"), get("weight"), get("bias"));
    let sides = || (input.shape[1], input.shape[2], input.shape[3]);
    let (k, s, p) = match kind {
        "linear" => (0, 0, 0),
        _ => (size(case, 'k'), size(case, 's'), size(case, 'p')),
    };
    let out = bias.data.len();
    let kind = match kind {
        "linear" => Kind::Linear,
        "conv" => {
            let geometry = Geometry::convolution(sides(), out, k, s, p).unwrap();
            Kind::Conv(Plan::new(geometry, Direction::Forward))
        }
        _ => {
            let geometry = Geometry::transposed(sides(), out, k, s, p).unwrap();
            Kind::ConvTranspose(Plan::new(geometry, Direction::Transposed))
        }
    };
    let layer = Affine::<B> {
        name: String::new(),
        index: 0,
        kind,
        weight: weight.rows(&device, weight.shape[0]),
        bias: Some(bias.column(&device)),
        activation: Activation::Identity,
        spectral: None,
    };
    let (x, upstream) = (
        input.activations(&device),
        get("upstream").activations(&device),
    );
    let mut modules = [Module::Affine(Box::new(layer))];
    let [y, of_x, of_w, of_b] = pass(&mut modules, &x, &upstream);
    get("output").assert_activations(case, &y, TOLERANCE);
    get("grad_input").assert_activations(case, &of_x, TOLERANCE);
    get("grad_weight").assert_close(case, &of_w, TOLERANCE);
    get("grad_bias").assert_close(case, &of_b, TOLERANCE);
}

fn batch_norm<B: Backend<Device = Cpu>>(file: &File, case: &str) {
    let device = Cpu::default();
    let get = |name: &str| file.get(&format!("{case}/{name}"));
    let channels = get("weight").data.len();
    let mut norm =
        BatchNorm::<B>::new(&device, String::new(), channels, Activation::Identity).unwrap();
    (norm.gamma, norm.beta) = (get("weight").column(&device), get("bias").column(&device));
    let (x, upstream) = (
        get("input").activations(&device),
        get("upstream").activations(&device),
    );
    let mut modules = [Module::BatchNorm(Box::new(norm))];
    let [y, of_x, of_gamma, of_beta] = pass(&mut modules, &x, &upstream);
    get("output").assert_activations(case, &y, TOLERANCE);
    get("grad_input").assert_activations(case, &of_x, TOLERANCE);
    get("grad_weight").assert_close(case, &of_gamma, TOLERANCE);
    get("grad_bias").assert_close(case, &of_beta, TOLERANCE);
    let [Module::BatchNorm(norm)] = modules else {
        unreachable!()
    };
    let running = norm.running;
    get("running_mean").assert_close(case, &running.mean.as_vec(), TOLERANCE);
    get("running_var").assert_close(case, &running.variance.as_vec(), TOLERANCE);
}

fn pointwise<B: Backend<Device = Cpu>>(file: &File, case: &str, activation: Activation) {
    let device = Cpu::default();
    let get = |name: &str| file.get(&format!("{case}/{name}"));
    let (x, upstream) = (
        get("input").activations(&device),
        get("upstream").activations(&device),
    );
    let [y, of_x, ..] = pass(&mut [Module::<B>::Activation(activation)], &x, &upstream);
    get("output").assert_activations(case, &y, TOLERANCE);
    get("grad_input").assert_activations(case, &of_x, TOLERANCE);
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
