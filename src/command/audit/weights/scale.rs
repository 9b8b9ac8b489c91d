//! Numbers brought near 1 by a power of two, which changes no digit of them.

/// Finite numbers, divided: squares and sums of them stay within double precision.
pub struct Scaled {
    pub numbers: Vec<f64>,
    /// What they were divided by.
    pub factor: f64,
}

impl Scaled {
    pub fn of(numbers: &[f64]) -> Self {
        let factor = power_of_two(largest(numbers));
        Self {
            numbers: numbers.iter().map(|x| x / factor).collect(),
            factor,
        }
    }
}

/// Finite numbers in single precision, and what they had to be divided by for its range: 1 where it holds the largest.
pub fn within_single(numbers: &[f64]) -> (Vec<f32>, f64) {
    let largest = largest(numbers);
    let lost = largest < f64::from(f32::MIN_POSITIVE) && f64::from(largest as f32) != largest;
    if largest > f64::from(f32::MAX) || lost {
        let Scaled { numbers, factor } = Scaled::of(numbers);
        return (single(&numbers), factor);
    }
    (single(numbers), 1.0)
}

/// Rounded to single precision.
pub fn single(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|&x| x as f32).collect()
}

fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// The power of two at or below this number, within the range whose inverse is exact as well; 1 for 0 and what is not
/// finite.
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
    fn single_precision_is_left_where_it_does_not_reach() {
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
