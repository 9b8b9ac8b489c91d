//! Power iteration, and the gradient through σ.

use sn_tui::{
    engine::nn::{Backend, Mode, Network, guard, spectral::FIGURES},
    preset::{LayerSpec, Shape, Spectral},
};

use crate::{
    devices::Device,
    engine::{network, pass},
    on_each_device,
    reference::{File, Reference},
};

const TOLERANCE: f32 = 1e-5;

#[test]
fn golden_power_iteration() {
    on_each_device!(power_iteration());
}

#[test]
fn golden_sigma_gradient() {
    on_each_device!(sigma_gradient());
}

/// A normalized layer whose output for a unit matrix is its weight: a dense layer (out, in), a convolution over an
/// image of its kernel's size, or a transposed convolution that makes such an image from a single pixel.
struct VisibleWeight<B: Backend> {
    network: Network<B>,
    /// The features of the input, and the number of samples in the unit matrix.
    size: usize,
    transposed: bool,
}

impl<B: Device> VisibleWeight<B> {
    fn new(case: &str, weight: &Reference) -> Self {
        let transposed = case.starts_with("convt");
        let shape = &weight.shape;
        let (layer, input) = match shape[..] {
            [out, inputs] => (LayerSpec::Linear { out, bias: false }, Shape::Flat(inputs)),
            [first, second, kernel, _] if transposed => (
                LayerSpec::ConvTranspose2d {
                    out: second,
                    kernel,
                    stride: 1,
                    padding: 0,
                    bias: false,
                },
                Shape::Image {
                    channels: first,
                    height: 1,
                    width: 1,
                },
            ),
            [out, channels, kernel, _] => (
                LayerSpec::Conv2d {
                    out,
                    kernel,
                    stride: 1,
                    padding: 0,
                    bias: false,
                },
                Shape::Image {
                    channels,
                    height: kernel,
                    width: kernel,
                },
            ),
            _ => panic!("a weight of {shape:?}"),
        };
        Self {
            network: network(&[layer], input, &Spectral::default(), 0).unwrap(),
            size: input.features(),
            transposed,
        }
    }

    fn load(&mut self, weight: &Reference, u: &Reference, v: &Reference) {
        let missing = self.network.load("d", |key| match key {
            "d.0.weight_orig" => Some(&weight.data[..]),
            "d.0.weight_u" => Some(&u.data[..]),
            "d.0.weight_v" => Some(&v.data[..]),
            _ => None,
        });
        assert!(missing.unwrap().is_empty());
    }

    fn iterate(&mut self, iterations: usize) -> f32 {
        let spectral = Spectral {
            iterations,
            ..Spectral::default()
        };
        self.network.reconfigure(&spectral, false, 0).unwrap();
        let guard = guard::new(&B::open()).unwrap();
        self.network.power_iteration(&guard).unwrap();
        let memory = self.network.memory().borrow();
        B::open().read(&memory.figures, 0..FIGURES).unwrap()[0]
    }

    /// The normalized weight, and the gradient of the raw weight from `upstream` of the normalized one, in the stored
    /// layout.
    fn pass(&self, upstream: Option<&Reference>) -> [Vec<f32>; 2] {
        let size = self.size;
        let unit: Vec<f32> = (0..size * size)
            .map(|i| f32::from(u8::from(i % (size + 1) == 0)))
            .collect();
        // The output of a transposed convolution is its weight transposed.
        let turned = |numbers: Vec<f32>, rows: usize| {
            if self.transposed {
                transpose(&numbers, rows)
            } else {
                numbers
            }
        };
        let way = (Mode::Train, [false, true]);
        let passed = pass(&self.network, &unit, size, way, |length| match upstream {
            Some(upstream) => turned(upstream.data.clone(), size),
            None => vec![0.0; length],
        });
        let rows = passed.output.len() / size;
        let weight = turned(passed.output, rows);
        [weight, passed.parameters[0].clone()]
    }
}

/// The transpose of a matrix with this number of rows.
fn transpose(matrix: &[f32], rows: usize) -> Vec<f32> {
    let columns = matrix.len() / rows;
    (0..matrix.len())
        .map(|i| matrix[i % rows * columns + i / rows])
        .collect()
}

fn power_iteration<B: Device>() {
    let file = File::open("power_iteration");
    for case in file.cases() {
        let get = |name: &str| file.get(&format!("{case}/{name}"));
        let mut shown = VisibleWeight::<B>::new(case, get("weight"));
        shown.load(get("weight"), get("u0"), get("v0"));
        let mut made = 0;
        for k in [1, 2, 5, 10] {
            let sigma = shown.iterate(k - made);
            made = k;
            let what = format!("{case} after {k}");
            let check = |name: &str, numbers: &[f32]| {
                get(&format!("{name}{k}")).assert_close(&what, numbers, TOLERANCE);
            };
            let state = shown.network.state("d").unwrap();
            check("u", &state[1].data);
            check("v", &state[2].data);
            check("sigma", &[sigma]);
            check("normalized", &shown.pass(None)[0]);
        }
        let sigma = shown.iterate(500);
        let exact = get("singular_values").data[0];
        assert!(
            (sigma / exact - 1.0).abs() < 1e-4,
            "{case}: {sigma} for {exact}"
        );
    }
}

fn sigma_gradient<B: Device>() {
    let file = File::open("sigma_gradient");
    for case in file.cases() {
        let get = |name: &str| file.get(&format!("{case}/{name}"));
        let mut shown = VisibleWeight::<B>::new(case, get("weight"));
        shown.load(get("weight"), get("u"), get("v"));
        let [_, gradient] = shown.pass(Some(get("upstream")));
        get("grad_weight").assert_close(case, &gradient, TOLERANCE);
    }
}
