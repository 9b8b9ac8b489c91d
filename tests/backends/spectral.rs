//! Power iteration, and normalized weights with their gradients.

use dfdx::prelude::*;
use proptest::prelude::*;
use sn_tui::{
    nn::{
        Activation, Backend, Host, Matrix, Mode,
        layer::{Affine, Kind},
        module::Module,
    },
    preset::NormalizedLayer,
    spectral::{Layout, SpectralLayer, Vectors},
};

use crate::{ALL, Slow, assert_near, draw, values};

/// What a dense layer with this weight, normalized, makes of the unit matrix, which is its normalized weight, and the
/// gradient of the weight.
fn applied<B: Backend<Device = Cpu>>(
    weight: &Matrix<Cpu>,
    layout: Layout,
    vectors: Vectors<Cpu>,
    gain: f32,
    upstream: &Matrix<Cpu>,
) -> [Vec<f32>; 2] {
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
                iterations: 1,
                layer_gain: gain,
            },
            layout,
            vectors,
            sigma: scalar(),
            weight_norm: scalar(),
        }),
    };
    let mut modules = [Module::Affine(Box::new(layer))];
    let y = B::forward(&mut modules, unit.leaky_traced(), Mode::Train, ALL).unwrap();
    let output = y.as_vec();
    let mut gradients = B::backward(y, B::buffer(upstream).unwrap()).unwrap();
    let gradient = B::gradient(&mut gradients, weight).unwrap();
    [output, values::<B>(gradient, weight)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spectral(blocks in 1usize..5, rows in 1usize..12, columns in 1usize..12, iterations in 0usize..4, gain in 0.5f32..2.0, salt: u64) {
        fn run<B: Backend<Device = Cpu>>(layout: Layout, [w, u, v, upstream]: [&Matrix<Cpu>; 4], iterations: usize, gain: f32) -> Vec<Vec<f32>> {
            let mut vectors = Vectors { u: u.clone(), v: v.clone() };
            let (sigma, norm) = B::iterate(w, &layout, &mut vectors, iterations).unwrap();
            let normalized = B::normalized(w, &layout, &vectors, gain).unwrap();
            let (u, v) = (vectors.u.as_vec(), vectors.v.as_vec());
            let mut out = vec![sigma.as_vec(), norm.as_vec(), u, v, normalized.as_vec()];
            out.extend(applied::<B>(w, layout, vectors, gain, upstream));
            out
        }
        let layout = Layout { blocks, rows, columns };
        let stored = (blocks, rows * columns);
        let shapes = [stored, (rows, 1), (layout.width(), 1), stored];
        let tensors = shapes.map(|shape| draw(salt, shape));
        let (fast, slow) = (run::<Host>(layout, tensors.each_ref(), iterations, gain), run::<Slow>(layout, tensors.each_ref(), iterations, gain));
        // Without iterations σ can be near 0 by chance, and everything after it is rounding.
        prop_assume!(fast[0][0].abs() > 0.05);
        for (i, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
            assert_near(["sigma", "norm", "u", "v", "normalized", "applied", "gradient"][i], fast, slow);
        }
    }
}

#[test]
fn a_weight_without_a_singular_value_stays_as_it_is() {
    fn check<B: Backend<Device = Cpu>>(value: f32) {
        let device = Cpu::default();
        let layout = Layout::plain(3, 4);
        let w = device.tensor_from_vec(vec![value; 12], (3, 4));
        let mut vectors = Vectors {
            u: draw(1, (3, 1)),
            v: draw(2, (4, 1)),
        };
        let before = (vectors.u.as_vec(), vectors.v.as_vec());
        B::power_iteration(&w, &layout, &mut vectors, 5).unwrap();
        assert_eq!(before, (vectors.u.as_vec(), vectors.v.as_vec()));
        let normalized = B::normalized(&w, &layout, &vectors, 2.0).unwrap();
        let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        assert!(
            normalized.as_vec().iter().zip(&w.as_vec()).all(same),
            "{value}"
        );
        if value == 0.0 {
            let passed = applied::<B>(&w, layout, vectors, 2.0, &draw(3, (3, 4)));
            assert_eq!(passed, [vec![0.0; 12], draw(3, (3, 4)).as_vec()]);
        }
    }
    for value in [0.0, f32::INFINITY, f32::NAN] {
        check::<Host>(value);
        check::<Slow>(value);
    }
}
