//! Short texts of numbers.

use crate::preset::number::grouped;

/// Formats a measure in at most seven characters, a sign apart, with up to four significant digits.
pub(crate) fn short(value: f32) -> String {
    let size = value.abs();
    if value.is_nan() {
        "nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else if size == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e5).contains(&size) {
        format!("{value:.1e}")
    } else if size >= 1000.0 {
        format!("{value:.0}")
    } else if size >= 100.0 {
        format!("{value:.1}")
    } else if size >= 10.0 {
        format!("{value:.2}")
    } else if size >= 0.1 {
        format!("{value:.3}")
    } else {
        format!("{value:.4}")
    }
}

/// Formats the label of an axis like [`short`], without trailing zeros.
pub(crate) fn label(value: f32) -> String {
    let text = short(value);
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.replace(".0e", "e")
    }
}

/// Formats a factor from 0 to 1 with two digits behind the point, or with two significant ones.
pub(crate) fn factor(value: f32) -> String {
    match value {
        v if v == 0.0 || v >= 0.1 => format!("{v:.2}"),
        v if v >= 0.01 => format!("{v:.3}"),
        v if v >= 0.001 => format!("{v:.4}"),
        v => format!("{v:.1e}"),
    }
}

/// Formats the labels of an axis in one style: if one has an exponent, all have one but 0.
pub(crate) fn labels(values: &[f32]) -> Vec<String> {
    let plain: Vec<String> = values.iter().map(|&value| label(value)).collect();
    if plain.iter().all(|text| !text.contains('e')) {
        return plain;
    }
    let exact = |digits: &usize| {
        let close = |&value: &f32| {
            let read: f32 = scientific(value, *digits).parse().unwrap_or(value);
            !value.is_finite() || (read - value).abs() <= 1e-3 * value.abs()
        };
        values.iter().all(close)
    };
    let digits = (1..=3).find(exact).unwrap_or(3);
    let of = |&value: &f32| scientific(value, digits);
    values.iter().map(of).collect()
}

/// Formats a number with an exponent and at most so many digits behind the point.
fn scientific(value: f32, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, power)) if value != 0.0 => {
            let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
            format!("{mantissa}e{power}")
        }
        _ => label(value),
    }
}

/// Formats a count with separators of thousands: `12,500`.
pub(crate) fn count(value: u64) -> String {
    grouped(value.into())
}

/// Formats a large count with about three digits: `345k`, `1.28M`.
pub(crate) fn amount(value: usize) -> String {
    let value = value as f64;
    match value {
        v if v < 1e3 => format!("{v}"),
        v if v < 1e4 => format!("{:.1}k", v / 1e3),
        v if v < 1e6 => format!("{:.0}k", v / 1e3),
        v if v < 1e7 => format!("{:.2}M", v / 1e6),
        v => format!("{:.1}M", v / 1e6),
    }
}

/// Formats a number of bytes in units of 10⁶ or 10⁹: `38 MB`, `1.2 GB`.
pub(crate) fn bytes(value: u64) -> String {
    match value {
        v if v < 999_500_000 => format!("{:.0} MB", v as f64 / 1e6),
        v => format!("{} GB", billions(v)),
    }
}

/// Formats a number of bytes in units of 10⁹, without the unit: `1.2`, `86`.
pub(crate) fn billions(value: u64) -> String {
    match value as f64 / 1e9 {
        v if v < 9.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

/// Formats a duration, given in seconds: `1:41`, `1:02:03`.
pub(crate) fn duration(seconds: f64) -> String {
    let all = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_factor_is_not_0() {
        let factors = [1.0, 0.5, 0.052, 0.0052, 8.3e-5, 0.0].map(factor);
        assert_eq!(
            factors,
            ["1.00", "0.50", "0.052", "0.0052", "8.3e-5", "0.00"]
        );
    }

    #[test]
    fn measures_never_take_more_than_seven_characters() {
        for power in -40..38 {
            for digit in [1.0f32, 2.345_678, 9.999_999] {
                let value = digit * 10f32.powi(power);
                assert!(
                    short(-value).len() <= 8 && short(value).len() <= 7,
                    "{value}"
                );
            }
        }
        assert_eq!(
            [1.34159f32, 0.01234, 1234.5, 1e-5, f32::NAN].map(short),
            ["1.342", "0.0123", "1234", "1.0e-5", "nan"]
        );
    }

    #[test]
    fn counts_bytes_and_durations_are_formatted() {
        assert_eq!(
            [999u64, 1000, 1234567].map(count),
            ["999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [12usize, 1282, 345678, 1_282_000].map(amount),
            ["12", "1.3k", "346k", "1.28M"]
        );
        assert_eq!(
            [9.7, 101.0, 3723.0].map(duration),
            ["0:09", "1:41", "1:02:03"]
        );
        assert_eq!(
            [0, 38_400_000, 999_499_999, 999_500_000, 85_520_809_984].map(bytes),
            ["0 MB", "38 MB", "999 MB", "1.0 GB", "86 GB"]
        );
        assert_eq!(
            [0, 9_949_999_999, 9_950_000_000].map(billions),
            ["0.0", "9.9", "10"]
        );
        assert_eq!(
            [1.5f32, 2.0, 1e-4, 1e6].map(label),
            ["1.5", "2", "1e-4", "1e6"]
        );
        assert_eq!(labels(&[1.0, 100.0, 1e4]), ["1", "100", "10000"]);
        assert_eq!(
            labels(&[-10.0, 0.0, 2500.0, 1e5]),
            ["-1e1", "0", "2.5e3", "1e5"]
        );
        assert_eq!(
            labels(&[95_000.0, 1e5, 105_000.0]),
            ["9.5e4", "1e5", "1.05e5"]
        );
    }
}
