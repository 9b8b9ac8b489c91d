//! tanh and sigmoid without branches, so that loops over them vectorize. After expf and tanhf of Cephes.

/// 1.5·2²³: added to a value below 2²², it leaves the nearest integer in the lowest bits.
const ROUNDER: f32 = 12_582_912.0;
/// ln 2 as a sum of two values. The first has few significant bits, so that its product with n is exact.
const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);

/// eˣ, to about 2 ulp for |x| < 88. Beyond that the result is 0 or ∞ or close to it. NaN stays NaN.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Comparisons, not `clamp`: they are false for NaN, which stays NaN.
    let x = if x > 88.8 { 88.8 } else { x };
    let x = if x < -87.3 { -87.3 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let rest = x - n * LN_2.0 - n * LN_2.1;
    let mut p = 1.987_569_1e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1] {
        p = p * rest + c;
    }
    p = (p * rest + 0.5) * (rest * rest) + rest + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    p * power
}

/// tanh x, to 2 ulp. NaN stays NaN.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let square = x * x;
    let mut p = -5.704_988_7e-3;
    for c in [2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1] {
        p = p * square + c;
    }
    let near = p * square * size + size;
    let far = 1.0 - 2.0 / (exp(2.0 * size) + 1.0);
    let positive = if size < 0.625 { near } else { far };
    positive.copysign(x)
}

/// 1/(1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every 61st float of either sign.
    fn numbers() -> impl Iterator<Item = f32> {
        let positive = (0..f32::INFINITY.to_bits()).step_by(61).map(f32::from_bits);
        positive.flat_map(|x| [x, -x])
    }

    #[test]
    fn tanh_is_accurate_to_two_ulp_everywhere() {
        for x in numbers() {
            let exact = f64::from(x).tanh();
            let ulp = f64::from((exact as f32).abs().next_up()) - f64::from((exact as f32).abs());
            let error = (f64::from(tanh(x)) - exact).abs() / ulp;
            assert!(error <= 2.0, "tanh({x}) is {} ({error} ulp)", tanh(x));
        }
    }

    #[test]
    fn sigmoid_is_accurate_where_it_is_a_normal_number() {
        for x in numbers() {
            let exact = 1.0 / (1.0 + (-f64::from(x)).exp());
            let error = (f64::from(sigmoid(x)) - exact).abs();
            assert!(
                error <= 4e-7 * exact + 1e-37,
                "sigmoid({x}) is {}",
                sigmoid(x)
            );
        }
    }

    #[test]
    fn limits_and_nan() {
        assert_eq!((tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)), (1.0, -1.0));
        assert_eq!(
            (sigmoid(f32::INFINITY), sigmoid(f32::NEG_INFINITY)),
            (1.0, 0.0)
        );
        assert!(tanh(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
        assert_eq!(tanh(-0.0).to_bits(), (-0.0f32).to_bits());
    }
}
