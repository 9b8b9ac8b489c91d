//! Sums that are as exact as needed and do not depend on anything but their terms: short runs in single precision,
//! their sums in double.

/// Σ aᵢbᵢ, in sixteen interleaved sums.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    const LANES: usize = 16;
    let mut total = 0.0f64;
    // Short runs in single precision, their sums in double: as exact as needed, as fast as single.
    for (a, b) in a.chunks(LANES * 16).zip(b.chunks(LANES * 16)) {
        let mut lanes = [0.0f32; LANES];
        let (whole_a, rest_a) = a.as_chunks::<LANES>();
        let (whole_b, rest_b) = b.as_chunks::<LANES>();
        for (a, b) in whole_a.iter().zip(whole_b) {
            for lane in 0..LANES {
                lanes[lane] += a[lane] * b[lane];
            }
        }
        total += lanes.iter().map(|&lane| lane as f64).sum::<f64>();
        total += rest_a
            .iter()
            .zip(rest_b)
            .map(|(&a, &b)| a as f64 * b as f64)
            .sum::<f64>();
    }
    total
}

/// Σx, in sixteen interleaved sums.
pub fn sum(x: &[f32]) -> f64 {
    let mut total = 0.0f64;
    for run in x.chunks(256) {
        let mut lanes = [0.0f32; 16];
        let (whole, rest) = run.as_chunks::<16>();
        for part in whole {
            for lane in 0..16 {
                lanes[lane] += part[lane];
            }
        }
        total += lanes.iter().chain(rest).map(|&x| x as f64).sum::<f64>();
    }
    total
}
