//! Scaling by a power of two, which changes no digit.

/// Numbers near 1, so that their squares and sums stay within double precision.
pub(super) struct Scaled {
    pub numbers: Vec<f64>,
    /// The divisor.
    pub factor: f64,
}

impl Scaled {
    /// Divides finite numbers by a power of two.
    pub(super) fn of(numbers: &[f64]) -> Self {
        let factor = power_of_two(largest(numbers));
        Self {
            numbers: numbers.iter().map(|x| x / factor).collect(),
            factor,
        }
    }
}

/// Converts finite numbers to single precision. Returns them with their divisor, which is 1 if the largest number is within
/// the range of single precision.
pub(super) fn within_single(numbers: &[f64]) -> (Vec<f32>, f64) {
    let largest = largest(numbers);
    let lost = largest < f64::from(f32::MIN_POSITIVE) && f64::from(largest as f32) != largest;
    if largest > f64::from(f32::MAX) || lost {
        let Scaled { numbers, factor } = Scaled::of(numbers);
        return (single(&numbers), factor);
    }
    (single(numbers), 1.0)
}

/// Rounds numbers to single precision.
pub(super) fn single(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|&x| x as f32).collect()
}

/// Returns the largest absolute value, 0 without numbers.
fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// Returns the largest power of two up to this number whose inverse is exact, and 1 for 0 or numbers that are not finite.
fn power_of_two(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return 1.0;
    }
    f64::powi(2.0, (number.log2().floor() as i32).clamp(-1022, 1022))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_digit_changes() {
        for number in [
            1.0,
            0.7,
            3e200,
            -1e-200,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            0.0,
        ] {
            let Scaled { numbers, factor } = Scaled::of(&[number, 0.0]);
            assert_eq!(numbers[0] * factor, number);
            assert!(number == 0.0 || numbers[0].abs() < 4.0, "{number}");
        }
    }

    #[test]
    fn numbers_outside_single_precision_are_scaled() {
        for (number, divided) in [
            (1e38, false),
            (1e39, true),
            (f64::from(1e-40f32), false),
            (1e-40, true),
            (1e-200, true),
            (0.0, false),
        ] {
            let (single, factor) = within_single(&[number]);
            assert_eq!(factor != 1.0, divided, "{number}");
            let error = (f64::from(single[0]) * factor - number).abs();
            assert!(error <= 1e-7 * number, "{number}");
        }
    }
}
