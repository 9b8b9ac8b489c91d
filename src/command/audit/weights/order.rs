//! The order of layers.

use std::cmp::Ordering;

/// Compares names of layers. Digits compare as numbers, so that `d.2` comes before `d.10`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (digits_a, digits_b) = (digits(a), digits(b));
        let order = if digits_a > 0 && digits_b > 0 {
            let number = |text: &[u8]| {
                let zeros = text.iter().take_while(|&&digit| digit == b'0').count();
                (text.len() - zeros, text[zeros..].to_vec())
            };
            let order = number(&a[..digits_a]).cmp(&number(&b[..digits_b]));
            (a, b) = (&a[digits_a..], &b[digits_b..]);
            order
        } else {
            match (a.split_first(), b.split_first()) {
                (Some((first_a, rest_a)), Some((first_b, rest_b))) => {
                    (a, b) = (rest_a, rest_b);
                    // The dot sorts first, so that a module is followed by its parts.
                    (*first_a != b'.', first_a).cmp(&(*first_b != b'.', first_b))
                }
                (a, b) => return a.is_some().cmp(&b.is_some()),
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Returns the number of digits at the beginning of a text.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_ordered_as_people_count() {
        let mut layers = [
            "d.10",
            "d.2",
            "",
            "block2.1",
            "block10.0",
            "block2",
            "d.2.a",
            "10",
            "9",
        ];
        layers.sort_by(|a, b| natural(a, b));
        let expected = [
            "",
            "9",
            "10",
            "block2",
            "block2.1",
            "block10.0",
            "d.2",
            "d.2.a",
            "d.10",
        ];
        assert_eq!(layers, expected);
    }
}
