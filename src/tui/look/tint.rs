//! The tints and marks of lanes, and of other runs that are watched: one for each that is drawn beside the selected one.

use ratatui::style::{Color, Style};

use super::theme::{Depth, Look};

/// The tint and the mark of a lane or run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tint {
    pub style: Style,
    /// The character of its curves without colours or without braille.
    pub mark: char,
}

impl Tint {
    /// Returns the sample of a curve in a legend.
    pub(crate) fn sign(&self, look: &Look) -> char {
        if look.unicode && look.depth != Depth::None {
            '━'
        } else {
            self.mark
        }
    }
}

/// The number of tints. After the last one they repeat.
pub(crate) const COUNT: usize = 4;

/// Of each tint on a dark background: one of the 256 colours, and one of the 16.
///
/// The 256 are reddish purple, sky blue, yellow and violet. Colour-blind people can tell them apart, and from the colours
/// of measures in [`Theme`](super::theme::Theme), of which D's blue, G's orange and the green of real samples are from the
/// same palette (Okabe and Ito).
const ON_DARK: [(u8, Color); COUNT] = [
    // Lane a is mostly in front, where its tint is that of its letter alone; G is yellow.
    (126, Color::LightYellow),
    (45, Color::Magenta),
    (143, Color::Red),
    (99, Color::Blue),
];

/// The same on a light background: violet, dark red, grayish violet and purple.
const ON_LIGHT: [(u8, Color); COUNT] = [
    (93, Color::Red),
    (88, Color::LightBlue),
    (103, Color::Black),
    (54, Color::Cyan),
];

/// The marks.
const MARKS: [char; COUNT] = [':', ';', '~', '='];

/// Returns the tint at a place: that of the lane, or of the run among the other ones.
pub(crate) fn tint(look: &Look, place: usize) -> Tint {
    let tints = if look.light { ON_LIGHT } else { ON_DARK };
    let ((indexed, named), mark) = (tints[place % COUNT], MARKS[place % COUNT]);
    let style = match look.depth {
        Depth::None => Style::new(),
        Depth::Sixteen => Style::new().fg(named),
        Depth::Indexed | Depth::True => Style::new().fg(Color::Indexed(indexed)),
    };
    Tint { style, mark }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::tone::NAMED;

    /// What people see: with all cones, without red ones and without green ones (Machado, Oliveira and Fernandes 2009).
    const SIGHT: [[[f64; 3]; 3]; 3] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ];

    fn product(rows: &[[f64; 3]; 3], of: [f64; 3]) -> [f64; 3] {
        rows.map(|row| row.iter().zip(of).map(|(a, b)| a * b).sum())
    }

    /// CIE 1976 L*a*b* of a colour, for one kind of sight.
    fn lab(rgb: [u8; 3], sight: &[[f64; 3]; 3]) -> [f64; 3] {
        let linear = rgb.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        let seen = product(sight, linear).map(|value| value.clamp(0.0, 1.0));
        let to_xyz = [
            [0.4124 / 0.950_47, 0.3576 / 0.950_47, 0.1805 / 0.950_47],
            [0.2126, 0.7152, 0.0722],
            [0.0193 / 1.088_83, 0.1192 / 1.088_83, 0.9505 / 1.088_83],
        ];
        let [x, y, z] = product(&to_xyz, seen).map(|value| {
            if value > 0.008_856 {
                value.cbrt()
            } else {
                7.787 * value + 16.0 / 116.0
            }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// The distance of two colours for the people who see the least difference. 2 is just noticeable side by side.
    fn distance(a: [u8; 3], b: [u8; 3]) -> f64 {
        let seen = SIGHT.iter().map(|sight| {
            let pairs = lab(a, sight).into_iter().zip(lab(b, sight));
            pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        });
        seen.fold(f64::INFINITY, f64::min)
    }

    fn rgb(style: Style) -> [u8; 3] {
        let named = |index: usize| NAMED[index];
        match style.fg.unwrap() {
            Color::Indexed(index @ 16..=231) => {
                let level = |digit: u8| if digit == 0 { 0 } else { 55 + 40 * digit };
                let index = index - 16;
                [index / 36, index / 6 % 6, index % 6].map(level)
            }
            Color::Indexed(index @ 232..) => [8 + 10 * (index - 232); 3],
            Color::Black => named(0),
            Color::Red => named(1),
            Color::Green => named(2),
            Color::Yellow => named(3),
            Color::Blue => named(4),
            Color::Magenta => named(5),
            Color::Cyan => named(6),
            Color::DarkGray => named(8),
            Color::LightRed => named(9),
            Color::LightYellow => named(11),
            Color::LightBlue => named(12),
            other => panic!("{other:?}"),
        }
    }

    /// The least contrast of text in a colour on black or white (WCAG 2.2), of which 21 is that of black on white.
    fn contrast(rgb: [u8; 3], light: bool) -> f64 {
        let lightness = lab(rgb, &SIGHT[0])[0];
        let luminance = ((lightness + 16.0) / 116.0).powi(3);
        if light {
            1.05 / (luminance + 0.05)
        } else {
            (luminance + 0.05) / 0.05
        }
    }

    #[test]
    fn tints_are_told_apart_from_each_other_and_from_measures_by_everyone() {
        // Of the 16 colours, magenta is the nearest to a measure: to D's light blue.
        for (depth, among, from_measures) in [
            (Depth::True, 35.0, 20.0),
            (Depth::Indexed, 35.0, 20.0),
            (Depth::Sixteen, 30.0, 14.0),
        ] {
            for light in [false, true] {
                let look = Look::new(depth, true).with_background(light);
                let tints: Vec<[u8; 3]> = (0..COUNT).map(|i| rgb(tint(&look, i).style)).collect();
                let theme = &look.theme;
                let measures = [theme.d, theme.g, theme.real, theme.dim].map(rgb);
                for (i, &a) in tints.iter().enumerate() {
                    for &b in &tints[..i] {
                        assert!(distance(a, b) >= among, "{a:?} {b:?} {}", distance(a, b));
                    }
                    for b in measures {
                        let apart = distance(a, b);
                        assert!(apart >= from_measures, "{depth:?} {a:?} {b:?} {apart}");
                    }
                }
                for (i, &a) in measures[..3].iter().enumerate() {
                    for &b in &measures[..i] {
                        assert!(distance(a, b) >= 25.0, "{depth:?} {a:?} {b:?} {light}");
                    }
                }
            }
        }
    }

    #[test]
    fn colours_can_be_read_on_their_background() {
        for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
            for light in [false, true] {
                let look = Look::new(depth, true).with_background(light);
                let theme = &look.theme;
                let tints = (0..COUNT).map(|i| tint(&look, i).style);
                let all = [theme.dim, theme.d, theme.g, theme.real, theme.error];
                for style in all.into_iter().chain(tints) {
                    // Terminals that have no more than 16 colours draw some of them darker than xterm does.
                    let least = if depth == Depth::Sixteen { 1.9 } else { 2.8 };
                    let contrast = contrast(rgb(style), light);
                    assert!(contrast >= least, "{depth:?} {style:?} {light} {contrast}");
                }
            }
        }
    }

    #[test]
    fn without_colours_each_has_its_own_mark() {
        let look = Look::new(Depth::None, false);
        let marks: Vec<char> = (0..COUNT).map(|i| tint(&look, i).mark).collect();
        for (i, mark) in marks.iter().enumerate() {
            assert!(!marks[..i].contains(mark) && mark.is_ascii_punctuation());
            // Those of measures, extremes, and of the run before.
            assert!(!['*', 'o', '+', '.', '@'].contains(mark), "{mark}");
            let style = tint(&look, i).style;
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_eq!(tint(&look, COUNT), tint(&look, 0));
    }
}
