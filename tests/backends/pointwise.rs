//! Activations by themselves, where they are not smooth and where there is no number.

use sn_tui::{
    nn::{Backend, Host, Mode, Objective},
    preset::{LayerSpec, Loss, Shape},
};

use crate::{ALL, Slow, assert_near, engine::pass, network, normalization, updates::loss};

/// f(x) and f′(x) at these numbers; no activation is the identity.
fn pointwise<B: Backend + Default>(x: &[f32], activation: Option<LayerSpec>) -> [Vec<f32>; 2] {
    let layers: Vec<LayerSpec> = activation.into_iter().collect();
    let spectral = normalization(false, 1.0);
    let network = network::<B>(&layers, Shape::Flat(1), &spectral, 1).unwrap();
    let ones = |length| vec![1.0; length];
    let passed = pass(&network, x, x.len(), (Mode::Train, ALL), ones);
    [passed.output, passed.input.unwrap()]
}

#[test]
fn a_nan_stays_one_in_every_activation() {
    for activation in [
        None,
        Some(LayerSpec::ReLU),
        Some(LayerSpec::LeakyReLU(0.1)),
        Some(LayerSpec::Tanh),
        Some(LayerSpec::Sigmoid),
    ] {
        let [fast, _] = pointwise::<Host>(&[f32::NAN, -1.0, 1.0], activation);
        let [slow, _] = pointwise::<Slow>(&[f32::NAN, -1.0, 1.0], activation);
        assert!(fast[0].is_nan() && slow[0].is_nan(), "{activation:?}");
        assert_near("others", &fast[1..], &slow[1..]);
    }
}

#[test]
fn the_slope_at_a_kink_is_that_below_it() {
    for (activation, slope) in [(LayerSpec::ReLU, 0.0), (LayerSpec::LeakyReLU(0.25), 0.25)] {
        let expected = [vec![0.0, 0.0, 2.0], vec![slope, slope, 1.0]];
        let x = [0.0, -0.0, 2.0];
        assert_eq!(pointwise::<Host>(&x, Some(activation)), expected);
        assert_eq!(pointwise::<Slow>(&x, Some(activation)), expected);
    }
}

#[test]
fn a_score_that_is_no_number_makes_no_finite_loss() {
    for kind in [
        Loss::Hinge,
        Loss::NonSaturating,
        Loss::Wasserstein,
        Loss::LeastSquares,
    ] {
        let objective = Objective::discriminator(kind, 1);
        let raw = [f32::NAN, 0.5];
        assert!(loss::<Host>(&raw, &objective, 1.0).0.is_nan(), "{kind:?}");
        assert!(loss::<Slow>(&raw, &objective, 1.0).0.is_nan(), "{kind:?}");
    }
}
