//! Power iteration, and the gradient through σ.

use dfdx::prelude::*;
use sn_tui::{
    nn::{
        Activation, Backend, Host, Matrix, Mode, Portable, Wants,
        layer::{Affine, Kind},
        module::Module,
    },
    preset::NormalizedLayer,
    spectral::{Layout, SpectralLayer, Vectors},
};

use crate::reference::{File, Reference};

const TOLERANCE: f32 = 1e-5;

#[test]
fn golden_power_iteration_on_the_fast_path() {
    power_iteration::<Host>();
}

#[test]
fn golden_power_iteration_on_the_portable_path() {
    power_iteration::<Portable<Cpu>>();
}

#[test]
fn golden_sigma_gradient_on_the_fast_path() {
    sigma_gradient::<Host>();
}

#[test]
fn golden_sigma_gradient_on_the_portable_path() {
    sigma_gradient::<Portable<Cpu>>();
}

/// The stored matrix's rows, and how it becomes the matrix of the singular value.
fn layout(case: &str, weight: &Reference) -> (usize, Layout) {
    let (first, rest) = (weight.shape[0], weight.data.len() / weight.shape[0]);
    if case.starts_with("convt") {
        let taps: usize = weight.shape[2..].iter().product();
        let layout = Layout {
            blocks: first,
            rows: weight.shape[1],
            columns: taps,
        };
        (first, layout)
    } else {
        (first, Layout::plain(first, rest))
    }
}

fn power_iteration<B: Backend<Device = Cpu>>() {
    let device = Cpu::default();
    let file = File::open("power_iteration");
    for case in file.cases() {
        let get = |name: &str| file.get(&format!("{case}/{name}"));
        let (rows, layout) = layout(case, get("weight"));
        let w = get("weight").rows(&device, rows);
        let mut vectors = Vectors {
            u: get("u0").column(&device),
            v: get("v0").column(&device),
        };
        let mut made = 0;
        for k in [1, 2, 5, 10] {
            let sigma = B::power_iteration(&w, &layout, &mut vectors, k - made).unwrap();
            made = k;
            let what = format!("{case} after {k}");
            let check = |name: &str, numbers: &[f32]| {
                get(&format!("{name}{k}")).assert_close(&what, numbers, TOLERANCE);
            };
            check("u", &vectors.u.as_vec());
            check("v", &vectors.v.as_vec());
            check("sigma", &sigma.as_vec());
            let normalized = B::normalized(&w, &layout, &vectors, 1.0).unwrap();
            check("normalized", &normalized.as_vec());
        }
        let mut settled = vectors;
        let sigma = B::power_iteration(&w, &layout, &mut settled, 500)
            .unwrap()
            .as_vec()[0];
        let exact = get("singular_values").data[0];
        assert!(
            (sigma / exact - 1.0).abs() < 1e-4,
            "{case}: {sigma} for {exact}"
        );
    }
}

fn sigma_gradient<B: Backend<Device = Cpu>>() {
    let device = Cpu::default();
    let file = File::open("sigma_gradient");
    for case in file.cases() {
        let get = |name: &str| file.get(&format!("{case}/{name}"));
        let (rows, layout) = layout(case, get("weight"));
        let w = get("weight").rows(&device, rows);
        let vectors = Vectors {
            u: get("u").column(&device),
            v: get("v").column(&device),
        };
        let upstream = get("upstream").rows(&device, rows);
        let gradient = through_sigma::<B>(&w, layout, vectors, &upstream);
        get("grad_weight").assert_close(case, &gradient, TOLERANCE);
    }
}

/// The gradient of a weight from that of the normalized one: a normalized dense layer makes its weight of the unit
/// matrix.
fn through_sigma<B: Backend<Device = Cpu>>(
    weight: &Matrix<Cpu>,
    layout: Layout,
    vectors: Vectors<Cpu>,
    upstream: &Matrix<Cpu>,
) -> Vec<f32> {
    let device = Cpu::default();
    let size = weight.shape().1;
    let unit = (0..size * size).map(|i| (i % (size + 1) == 0) as u8 as f32);
    let unit: Matrix<Cpu> = device.tensor_from_vec(unit.collect(), (size, size));
    let scalar = || device.tensor_from_vec(vec![0.0], ());
    let layer = Affine::<B> {
        name: String::new(),
        index: 0,
        kind: Kind::Linear,
        weight: weight.clone(),
        bias: None,
        activation: Activation::Identity,
        spectral: Some(SpectralLayer {
            settings: NormalizedLayer {
                enabled: true,
                iterations: 0,
                layer_gain: 1.0,
            },
            layout,
            vectors,
            sigma: scalar(),
            weight_norm: scalar(),
        }),
    };
    let wants = Wants {
        input: false,
        parameters: true,
    };
    let mut modules = [Module::Affine(Box::new(layer))];
    let y = B::forward(&mut modules, unit.leaky_traced(), Mode::Train, wants).unwrap();
    let mut gradients = B::backward(y, B::buffer(upstream).unwrap()).unwrap();
    let gradient = B::gradient(&mut gradients, weight).unwrap();
    B::matrix(&gradient, weight).unwrap().as_vec()
}
