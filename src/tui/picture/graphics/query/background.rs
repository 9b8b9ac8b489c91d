//! Whether the background that a terminal tells is light.

/// Returns whether a colour (`rgb:ffff/fafa/f0f0`, with one to four digits a channel) is light, or `None` if it is malformed.
pub(super) fn is_light(colour: &str) -> Option<bool> {
    let channels = colour
        .strip_prefix("rgb:")
        .or(colour.strip_prefix("rgba:"))?;
    let mut channels = channels.split('/').map(|digits| {
        let most = 16f64.powi(digits.len() as i32) - 1.0;
        let value = u16::from_str_radix(digits, 16).ok()?;
        Some(f64::from(value) / most)
    });
    let mut next = || channels.next()?;
    let (red, green, blue) = (next()?, next()?, next()?);
    // The weights of brightness of ITU-R BT.601.
    Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_every_length_are_read() {
        for (colour, light) in [
            ("rgb:ffff/ffff/ffff", Some(true)),
            ("rgb:fd/f6/e3", Some(true)),
            ("rgba:f/f/e/0", Some(true)),
            ("rgb:0000/2b2b/3636", Some(false)),
            ("rgb:0/0/f", Some(false)),
            ("rgb:fffff/0/0", None),
            ("rgb://", None),
            ("rgb:ff/ff", None),
            ("#ffffff", None),
            ("?", None),
        ] {
            assert_eq!(is_light(colour), light, "{colour}");
        }
    }
}
