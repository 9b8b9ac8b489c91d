//! Numbers for people to read and write.

/// Digits in groups of three: `1,234,567`.
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a setting so that it reads back exactly: 0.001 is `1e-3`, 0.5 is `0.5`.
pub fn exact(value: f32) -> String {
    let size = value.abs();
    if size != 0.0 && !(0.01..1e5).contains(&size) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_exact() {
        assert_eq!(
            [2e-4f32, 0.5, 1.0, 16.0].map(exact),
            ["2e-4", "0.5", "1", "16"]
        );
    }

    #[test]
    fn groups_are_counted_from_the_right() {
        let texts = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }
}
