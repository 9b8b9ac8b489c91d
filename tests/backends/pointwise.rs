//! Activations by themselves, where they are not smooth and where there is no number.

use dfdx::prelude::*;
use sn_tui::{
    nn::{Activation, Backend, Host, Mode, module::Module},
    preset::Loss,
};

use crate::{ALL, Slow, assert_near, values};

/// f(x) and f′(x) at these numbers.
fn pointwise<B: Backend<Device = Cpu>>(x: &[f32], activation: Activation) -> [Vec<f32>; 2] {
    let row = |data: Vec<f32>| Cpu::default().tensor_from_vec(data, (1, x.len()));
    let x = row(x.to_vec());
    let mut modules = [Module::<B>::Activation(activation)];
    let y = B::forward(&mut modules, x.clone().leaky_traced(), Mode::Train, ALL).unwrap();
    let out = y.as_vec();
    let ones = B::buffer(&row(vec![1.0; out.len()])).unwrap();
    let mut gradients = B::backward(y, ones).unwrap();
    let slopes = B::gradient(&mut gradients, &x).unwrap();
    [out, values::<B>(slopes, &x)]
}

#[test]
fn a_nan_stays_one_in_every_activation() {
    for activation in [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu(0.1),
        Activation::Tanh,
        Activation::Sigmoid,
    ] {
        let [fast, _] = pointwise::<Host>(&[f32::NAN, -1.0, 1.0], activation);
        let [slow, _] = pointwise::<Slow>(&[f32::NAN, -1.0, 1.0], activation);
        assert!(fast[0].is_nan() && slow[0].is_nan(), "{activation:?}");
        assert_near("others", &fast[1..], &slow[1..]);
    }
}

#[test]
fn the_slope_at_a_kink_is_that_below_it() {
    for (activation, slope) in [(Activation::Relu, 0.0), (Activation::LeakyRelu(0.25), 0.25)] {
        let expected = [vec![0.0, 0.0, 2.0], vec![slope, slope, 1.0]];
        assert_eq!(pointwise::<Host>(&[0.0, -0.0, 2.0], activation), expected);
        assert_eq!(pointwise::<Slow>(&[0.0, -0.0, 2.0], activation), expected);
    }
}

#[test]
fn a_score_that_is_no_number_makes_no_finite_loss() {
    fn check<B: Backend<Device = Cpu>>(loss: Loss) {
        let row = |data| Cpu::default().tensor_from_vec(data, (1, 2));
        let (scores, sides) = (row(vec![f32::NAN, 0.5]), row(vec![1.0, -1.0]));
        let (total, _) = B::loss(&scores, &sides, loss, false, 1).unwrap();
        assert!(total.as_vec()[0].is_nan(), "{loss:?}");
    }
    for loss in [
        Loss::Hinge,
        Loss::NonSaturating,
        Loss::Wasserstein,
        Loss::LeastSquares,
    ] {
        check::<Host>(loss);
        check::<Slow>(loss);
    }
}
