//! The speed of float32 matrix products, as a measure of the machine.

use std::time::Instant;

use rand::Rng;

use crate::engine::{
    nn::{host::products, layer::Product},
    random::{Stream, generator},
};

/// Rows and columns of the matrices.
const SIZE: usize = 1024;
/// Number of products for warm-up, and of timed products; as in the PyTorch script.
const REPEATS: (usize, usize) = (4, 20);

/// Returns the GFLOP/s of the fastest of 20 products of two 1024×1024 matrices. They use the kernel of dense layers and the
/// threads of the current pool.
pub(super) fn gflops() -> f64 {
    let mut rng = generator(0, Stream::Data, 0);
    let matrix: Vec<f32> = (0..SIZE * SIZE)
        .map(|_| rng.random_range(-1.0..1.0))
        .collect();
    let dense = Product::Dense {
        inputs: SIZE,
        outputs: SIZE,
    };
    let mut out = vec![0.0; SIZE * SIZE];
    let mut time = || {
        let start = Instant::now();
        products::forward(&dense, SIZE, &matrix, &matrix, &mut out, |_, _, _| {});
        std::hint::black_box(&mut out);
        start.elapsed().as_secs_f64()
    };
    for _ in 0..REPEATS.0 {
        time();
    }
    let fastest = (0..REPEATS.1).map(|_| time()).fold(f64::INFINITY, f64::min);
    2.0 * (SIZE as f64).powi(3) / fastest / 1e9
}
