//! The norm of convolutions as operators: compared with a dense SVD, and within its bounds of memory and work.

use faer::Mat;
use proptest::prelude::*;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sn_tui::engine::spectral::operator::{Place, Unknown, norm};

const TOLERANCE: f64 = 2e-6;

/// The largest singular value of the correlation's matrix, which is built from its definition.
fn dense(weight: &[f64], [out, channels, kh, kw]: [usize; 4], at: &Place) -> Option<f64> {
    let (down, up) = (
        |n: usize, k: usize, p: usize| Some((n + 2 * p).checked_sub(k)? / at.stride + 1),
        |n: usize, k: usize, p: usize| {
            ((n - 1) * at.stride + k)
                .checked_sub(2 * p)
                .filter(|&n| n > 0)
        },
    );
    let sides = |f: &dyn Fn(usize, usize, usize) -> Option<usize>| {
        f(at.input.0, kh, at.padding.0).zip(f(at.input.1, kw, at.padding.1))
    };
    let (image, map) = if at.transposed {
        (sides(&up)?, at.input)
    } else {
        (at.input, sides(&down)?)
    };
    let mut matrix = Mat::<f64>::zeros(out * map.0 * map.1, channels * image.0 * image.1);
    for (i, w) in weight.iter().enumerate() {
        let (o, c, tap) = (
            i / (channels * kh * kw),
            i / (kh * kw) % channels,
            i % (kh * kw),
        );
        for (row, column) in (0..map.0).flat_map(|row| (0..map.1).map(move |column| (row, column)))
        {
            let y = (row * at.stride + tap / kw).wrapping_sub(at.padding.0);
            let x = (column * at.stride + tap % kw).wrapping_sub(at.padding.1);
            if y < image.0 && x < image.1 {
                let line = (o * map.0 + row) * map.1 + column;
                matrix[(line, (c * image.0 + y) * image.1 + x)] += w;
            }
        }
    }
    Some(matrix.singular_values().unwrap()[0])
}

fn random(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn agree(shape: [usize; 4], at: &Place, seed: u64) {
    let weight = random(shape.iter().product(), seed);
    match (norm(&weight, shape, at), dense(&weight, shape, at)) {
        (Ok(norm), Some(dense)) => {
            let error = (norm - dense).abs() / dense.max(1e-30);
            assert!(
                error < TOLERANCE,
                "{shape:?} {at:?} {seed}: {norm} for {dense}"
            );
        }
        (Err(Unknown::Misfit), None) => {}
        (norm, dense) => panic!("{shape:?} {at:?} {seed}: {norm:?} for {dense:?}"),
    }
}

/// Regression: with close leading singular values, the second one was taken for the first.
#[test]
fn close_singular_values_are_distinguished() {
    for seed in 0..24 {
        for (shape, padding, input) in [
            ([8, 4, 5, 5], (2, 2), (12, 11)),
            ([4, 4, 3, 3], (2, 2), (9, 14)),
            ([3, 2, 3, 3], (1, 1), (12, 12)),
        ] {
            let at = Place {
                stride: 1,
                padding,
                input,
                transposed: false,
            };
            agree(shape, &at, seed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_geometries_agree_with_a_dense_svd(
        shape in [1usize..6, 1usize..6, 1usize..6, 1usize..6],
        stride in 1usize..4,
        padding in (0usize..4, 0usize..4),
        input in (1usize..10, 1usize..10),
        transposed: bool,
        seed: u64,
    ) {
        let at = Place { stride, padding, input, transposed };
        agree(shape, &at, seed);
    }
}

/// Kernels with more taps than one block of the computation, most of which see only padding.
#[test]
fn kernels_larger_than_the_image_agree_with_a_dense_svd() {
    for (shape, stride, padding, input) in [
        ([2, 1, 15, 13], 1, (7, 6), (4, 3)),
        ([1, 1, 40, 41], 1, (20, 20), (22, 21)),
        ([1, 1, 36, 35], 1, (2, 1), (34, 36)),
        ([2, 2, 33, 33], 2, (16, 16), (20, 3)),
        ([1, 2, 5, 5], 4, (9, 9), (3, 3)),
        ([2, 5, 3, 4], 2, (3, 2), (4, 3)),
    ] {
        for transposed in [false, true] {
            let at = Place {
                stride,
                padding,
                input,
                transposed,
            };
            agree(shape, &at, 3);
        }
    }
}

#[test]
fn kernels_far_larger_than_their_image_take_no_more_work() {
    for side in [1024, 2048] {
        let weight = random(side * side, 0);
        let at = |padding| Place {
            stride: 1,
            padding: (padding, padding),
            input: (32, 32),
            transposed: false,
        };
        let found = norm(&weight, [1, 1, side, side], &at((side - 1) / 2)).unwrap();
        // Only the middle of the kernel reads the image.
        let margin = (side - 1) / 2 - 30;
        let middle: Vec<f64> = (margin..margin + 62)
            .flat_map(|row| weight[row * side + margin..][..62].to_vec())
            .collect();
        let wanted = norm(&middle, [1, 1, 62, 62], &at(30)).unwrap();
        assert!((found / wanted - 1.0).abs() < 1e-9, "{found} for {wanted}");
    }
}

#[test]
fn too_much_work_is_refused_at_once() {
    let at = Place {
        stride: 1,
        padding: (512, 512),
        input: (2048, 2048),
        transposed: false,
    };
    let start = std::time::Instant::now();
    let weight = random(1024 * 1024, 0);
    assert_eq!(
        norm(&weight, [1, 1, 1024, 1024], &at),
        Err(Unknown::TooMuchWork)
    );
    assert!(start.elapsed().as_secs() < 5);
}
