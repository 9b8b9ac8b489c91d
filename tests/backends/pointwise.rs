//! Activations alone, at their kinks and at NaN.

use sn_tui::{
    engine::nn::{Mode, Objective},
    preset::{LayerSpec, Loss, Shape},
};

use crate::{
    ALL, Device, assert_near, engine::pass, network, normalization, on_each_device, updates::loss,
};

/// f(x) and f′(x); without an activation f is the identity.
fn pointwise<B: Device>(x: &[f32], activation: Option<LayerSpec>) -> [Vec<f32>; 2] {
    let layers: Vec<LayerSpec> = activation.into_iter().collect();
    let spectral = normalization(false, 1.0);
    let network = network::<B>(&layers, Shape::Flat(1), &spectral, 1).unwrap();
    let ones = |length| vec![1.0; length];
    let passed = pass(&network, x, x.len(), (Mode::Train, ALL), ones);
    [passed.output, passed.input.unwrap()]
}

#[test]
fn a_nan_stays_nan_in_every_activation() {
    for activation in [
        None,
        Some(LayerSpec::ReLU),
        Some(LayerSpec::LeakyReLU(0.1)),
        Some(LayerSpec::Tanh),
        Some(LayerSpec::Sigmoid),
    ] {
        let all = on_each_device!(pointwise(&[f32::NAN, -1.0, 1.0], activation));
        for [y, _] in &all {
            assert!(y[0].is_nan(), "{activation:?}");
            assert_near("others", &y[1..], &all[0][0][1..]);
        }
    }
}

#[test]
fn the_slope_at_a_kink_is_that_below_it() {
    for (activation, slope) in [(LayerSpec::ReLU, 0.0), (LayerSpec::LeakyReLU(0.25), 0.25)] {
        let expected = [vec![0.0, 0.0, 2.0], vec![slope, slope, 1.0]];
        let x = [0.0, -0.0, 2.0];
        for got in on_each_device!(pointwise(&x, Some(activation))) {
            assert_eq!(got, expected);
        }
    }
}

#[test]
fn a_nan_score_gives_no_finite_loss() {
    for kind in [
        Loss::Hinge,
        Loss::NonSaturating,
        Loss::Wasserstein,
        Loss::LeastSquares,
    ] {
        let objective = Objective::discriminator(kind, 1);
        let raw = [f32::NAN, 0.5];
        for (loss, ..) in on_each_device!(loss(&raw, &objective, 1.0)) {
            assert!(loss.is_nan(), "{kind:?}");
        }
    }
}
