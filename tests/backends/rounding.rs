//! Products whose factors are rounded to TF32, on a GPU: `Gpu::open(0, true)`.

use sn_tui::{
    engine::nn::{Gpu, Network, build::Fresh},
    preset::{LayerSpec, Shape, WeightInit},
};

use crate::{Slow, draw, engine, gpu::gpu_is_wanted, normalization};

const IMAGE: Shape = Shape::Image {
    channels: 3,
    height: 6,
    width: 5,
};

const BATCH: usize = 4;

fn layers() -> [LayerSpec; 1] {
    [LayerSpec::Conv2d {
        out: 8,
        kernel: 3,
        stride: 1,
        padding: 1,
        bias: true,
    }]
}

/// The output of a convolution for x (features, BATCH), with TF32 on the GPU and by the reference.
fn rounded_and_exact(x: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let gpu = Gpu::open(0, true).unwrap();
    let fresh = Fresh {
        init: WeightInit::Torch,
        seed: 5,
    };
    let rounds = Network::new(&gpu, "d", &layers(), IMAGE, fresh, 0).unwrap();
    let exact = engine::network::<Slow>(&layers(), IMAGE, &normalization(false, 1.0), 5).unwrap();
    (
        rounds.evaluate(x, BATCH).unwrap(),
        exact.evaluate(x, BATCH).unwrap(),
    )
}

#[test]
fn products_differ_by_the_rounding_of_their_factors() {
    if !gpu_is_wanted() {
        return;
    }
    let (rounded, exact) = rounded_and_exact(&draw(3, IMAGE.features() * BATCH));
    let apart = rounded.iter().zip(&exact).map(|(a, b)| (a - b).abs());
    let most = apart.fold(0.0, f32::max);
    // 27 products of numbers below 1 and weights below 0.2; each factor is off by at most 2^-11.
    assert!((1e-6..27.0 * 0.2 / 1024.0).contains(&most), "{most}");
}

/// A NaN of a GPU has all its bits set: rounded like a number, it would become minus zero.
#[test]
fn numbers_that_are_not_finite_stay_so() {
    if !gpu_is_wanted() {
        return;
    }
    let odd = [
        f32::from_bits(0x7fff_ffff),
        f32::from_bits(0xffff_ffff),
        f32::INFINITY,
    ];
    let mut x = draw(3, IMAGE.features() * BATCH);
    for (sample, &number) in odd.iter().enumerate() {
        x[13 * BATCH + sample] = number;
    }
    let (rounded, exact) = rounded_and_exact(&x);
    let is_finite = |numbers: &[f32]| numbers.iter().map(|x| x.is_finite()).collect::<Vec<_>>();
    assert_eq!(is_finite(&rounded), is_finite(&exact));
    assert!(!rounded.iter().all(|x| x.is_finite()));
}
