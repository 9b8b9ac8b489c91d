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

/// Writes a RON value on one line, with fractions as [`exact`] writes them.
pub fn brief(value: &str) -> String {
    match value.parse::<f32>() {
        Ok(number) if value.contains('.') => exact(number),
        _ if value.contains('\n') => value
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("( ", "(")
            .replace(", )", ")")
            .replace("{ ", "{")
            .replace(", }", "}"),
        _ => value.to_owned(),
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
    fn values_are_brief() {
        for (value, text) in [
            ("0.001", "1e-3"),
            ("64", "64"),
            ("Path(\"a  b\")", "Path(\"a  b\")"),
            (
                "Ring(\n    modes: 8,\n    radius: 1.0,\n)",
                "Ring(modes: 8, radius: 1.0)",
            ),
            (
                "{\n    \"d.0\": (\n        iterations: 3,\n    ),\n}",
                "{\"d.0\": (iterations: 3)}",
            ),
        ] {
            assert_eq!(brief(value), text);
        }
    }

    #[test]
    fn groups_are_counted_from_the_right() {
        let texts = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }
}
