//! Ranges of settings: their description in words, and the check of a RON value.

use Range::{Channels, Fraction, Positive, Whole};

/// The values that a setting takes, beyond what its type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    Switch,
    /// A whole number between a minimum and a maximum, both included.
    Whole(u64, u64),
    /// A finite number above 0.
    Positive,
    /// A finite number, 0 or more.
    NotNegative,
    /// A number in [0, 1).
    Fraction,
    /// A pair of numbers in [0, 1).
    Betas,
    /// One of these names.
    Names(&'static [&'static str]),
    /// A value of another range, or None.
    OrNone(&'static Range),
    /// The centres of a mixture's modes.
    Centres,
    /// Channels, height and width of images.
    Size,
    /// The number of channels of an image.
    Channels,
    /// The initialization of weights.
    Start,
    /// A group of settings with rows of their own; its RON form.
    Group(&'static str),
    /// A value whose type is the only bound; its RON form.
    Form(&'static str),
    /// A sentence for people.
    Text,
}

/// The maximum of a range without an upper bound.
pub(crate) const ENDLESS: u64 = u64::MAX;

/// Largest number of modes of a mixture.
pub(crate) const MAX_MODES: usize = 1000;
const MODES: Range = Whole(1, MAX_MODES as u64);
const MAX_GRID: u64 = 32;
const MAX_SIDE: u64 = 256;

impl Range {
    /// Describes the range, to follow "it takes".
    pub fn words(self) -> String {
        match self {
            Range::Switch => "true or false".to_owned(),
            Whole(least, ENDLESS) => format!("a whole number, {least} or more"),
            Whole(least, most) => format!("a whole number from {least} to {most}"),
            Positive => "a finite number above 0".to_owned(),
            Range::NotNegative => "a finite number, 0 or more".to_owned(),
            Fraction => "a number, at least 0 and under 1".to_owned(),
            Range::Betas => "a pair (β1, β2) of numbers, each at least 0 and under 1".to_owned(),
            Range::Names([names @ .., last]) => format!("{} or {last}", names.join(", ")),
            Range::Names([]) => String::new(),
            Range::OrNone(range) => format!("{}, or None", range.words()),
            Range::Centres => format!(
                "Ring(modes: 8, radius: 1.0) with up to {MAX_MODES} modes, Grid(side: 5, spacing: 2.0) with a side \
                 up to {MAX_GRID}, or Points([(0, 0), (1, 1)]) with up to {MAX_MODES} points"
            ),
            Range::Size => format!(
                "(channels, height, width): {}, sides from 1 to {MAX_SIDE}",
                Channels.words()
            ),
            Channels => "1 or 3 channels".to_owned(),
            Range::Start => format!(
                "Torch or Normal(0.02), the standard deviation {}",
                Positive.words()
            ),
            Range::Group(form) | Range::Form(form) => form.to_owned(),
            Range::Text => "a text in quotes".to_owned(),
        }
    }

    /// Returns the range of a part of the setting, by its path inside the setting, if the part has a range of its own.
    pub fn part(self, path: &str) -> Option<Range> {
        Some(match (self, path) {
            (Range::Betas, "0" | "1") => Fraction,
            (Range::Centres, "modes") => MODES,
            (Range::Centres, "side") => Whole(1, MAX_GRID),
            (Range::Centres, "radius" | "spacing") => Positive,
            (Range::Size, "0") => Channels,
            (Range::Size, "1" | "2") => Whole(1, MAX_SIDE),
            (Range::Start, "0") => Positive,
            _ => return None,
        })
    }

    /// Whether a RON value of the setting's type lies in the range.
    pub fn holds(self, text: &str) -> bool {
        let number = |fits: fn(f32) -> bool| text == "None" || text.parse().is_ok_and(fits);
        match self {
            Whole(least, most) => {
                text == "None" || text.parse().is_ok_and(|n| (least..=most).contains(&n))
            }
            Positive => number(|n| n.is_finite() && n > 0.0),
            Range::NotNegative => number(|n| n.is_finite() && n >= 0.0),
            Fraction => number(|n| (0.0..1.0).contains(&n)),
            Channels => matches!(text, "1" | "3"),
            Range::OrNone(range) => range.holds(text),
            Range::Switch
            | Range::Betas
            | Range::Names(_)
            | Range::Centres
            | Range::Size
            | Range::Start
            | Range::Group(_)
            | Range::Form(_)
            | Range::Text => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_words_say_is_what_holds() {
        for (range, inside, outside) in [
            (Whole(1, 1000), &["1", "1000"][..], &["0", "1001", "x"][..]),
            (Whole(0, ENDLESS), &["0", "18446744073709551615"], &["-1"]),
            (Positive, &["1e-9", "3.0"], &["0.0", "inf", "NaN", "-1.0"]),
            (Range::NotNegative, &["0.0"], &["-1e-9", "inf", "NaN"]),
            (Fraction, &["0.0", "0.999"], &["1.0", "-0.1", "NaN"]),
            (Range::OrNone(&Positive), &["None", "0.1"], &["0.0"]),
            (Channels, &["1", "3"], &["0", "2", "4"]),
        ] {
            for text in inside {
                assert!(range.holds(text), "{range:?} {text}");
            }
            for text in outside {
                assert!(!range.holds(text), "{range:?} {text}");
            }
        }
        assert_eq!(Whole(0, 50).words(), "a whole number from 0 to 50");
        let words = Range::OrNone(&Whole(1, ENDLESS)).words();
        assert_eq!(words, "a whole number, 1 or more, or None");
        assert_eq!(Range::Names(&["a", "b", "c"]).words(), "a, b or c");
    }

    #[test]
    fn a_part_has_its_own_range() {
        assert_eq!(Range::Betas.part("1"), Some(Fraction));
        assert_eq!(Range::Size.part("2"), Some(Whole(1, MAX_SIDE)));
        assert_eq!(Range::Centres.part("0.3"), None);
    }
}
