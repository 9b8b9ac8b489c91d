//! The colour map of heat maps: cividis (Nuñez, Anderton & Renslow 2018). It is perceptually uniform, and looks the same to
//! people who cannot tell red from green. With few colours, it is a ramp of some of them.

use ratatui::style::Color;

use super::{theme::Depth, tone};
use crate::tui::picture::{BAYER, resample::Rgb};

/// The factor that darkens the colour map under points, which are lighter.
const DARKENING: f32 = 0.62;
/// The darkened map among 256 colours, from the lowest to the highest value: blue, gray, olive. The nearest colours would jump
/// between grays and tints, and show blotches that are not in the values.
const RAMP_256: [u8; 8] = [17, 18, 236, 238, 240, 242, 101, 143];
/// The darkened map among 16 colours: black, blue, magenta, on which points in light colours can be seen. The nearest ones
/// would be black, blue and grays.
const RAMP_16: [u8; 3] = [0, 4, 5];

/// Equally spaced colours, from the lowest to the highest value.
const CIVIDIS: [[u8; 3]; 10] = [
    [0x00, 0x22, 0x4e],
    [0x12, 0x35, 0x70],
    [0x3b, 0x49, 0x6c],
    [0x57, 0x5d, 0x6d],
    [0x70, 0x71, 0x73],
    [0x8a, 0x86, 0x78],
    [0xa5, 0x9c, 0x74],
    [0xc3, 0xb3, 0x69],
    [0xe1, 0xcc, 0x55],
    [0xfe, 0xe8, 0x38],
];

/// Returns the colour of a share from 0 to 1.
pub(crate) fn heat(share: f32) -> Rgb {
    let last = CIVIDIS.len() - 1;
    let at = share.clamp(0.0, 1.0) * last as f32;
    let below = (at as usize).min(last - 1);
    let along = at - below as f32;
    let mut colour = [0.0; 3];
    for (channel, value) in colour.iter_mut().enumerate() {
        let ends = [below, below + 1].map(|i| f32::from(CIVIDIS[i][channel]));
        *value = ends[0] + (ends[1] - ends[0]) * along;
    }
    colour
}

/// Returns the colour of a share from 0 to 1 under points, for the pixel at a column and row. Few colours are dithered.
pub(crate) fn under_points(share: f32, depth: Depth, (x, y): (usize, usize)) -> Color {
    let share = share.clamp(0.0, 1.0);
    match depth {
        Depth::Indexed => {
            let last = RAMP_256.len() - 1;
            Color::Indexed(RAMP_256[(share * last as f32).round() as usize])
        }
        Depth::Sixteen => {
            let last = RAMP_16.len() - 1;
            let threshold = (f32::from(BAYER[y % 4][x % 4]) + 0.5) / 16.0;
            let level = (share * last as f32 + 1.0 - threshold).floor() as usize;
            Color::Indexed(RAMP_16[level.min(last)])
        }
        Depth::True | Depth::None => {
            tone::colour(heat(share).map(|value| value * DARKENING), depth)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE lightness of a colour.
    fn lightness(rgb: Rgb) -> f32 {
        let linear = rgb.map(|value| {
            let value = value / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        let y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        116.0 * y.cbrt() - 16.0
    }

    #[test]
    fn ramps_of_few_colours_rise_in_lightness() {
        let of = |index: u8| -> Rgb {
            match index {
                0..16 => tone::NAMED[index as usize].map(f32::from),
                16..232 => {
                    let at = index - 16;
                    [at / 36, at / 6 % 6, at % 6].map(|i| f32::from(tone::CUBE_LEVELS[i as usize]))
                }
                gray => [f32::from(8 + 10 * (gray - 232)); 3],
            }
        };
        for ramp in [&RAMP_256[..], &RAMP_16] {
            let steps: Vec<f32> = ramp.iter().map(|&index| lightness(of(index))).collect();
            assert!(
                steps.windows(2).all(|pair| pair[1] - pair[0] > 5.0),
                "{steps:?}"
            );
        }
        let ends = |depth| [0.0, 1.0].map(|share| under_points(share, depth, (3, 2)));
        assert_eq!(ends(Depth::Indexed), [17, 143].map(Color::Indexed));
        assert_eq!(ends(Depth::Sixteen), [0, 5].map(Color::Indexed));
        let half = (0..16).filter(|i| {
            under_points(0.25, Depth::Sixteen, (i % 4, i / 4)) == Color::Indexed(RAMP_16[1])
        });
        assert_eq!(half.count(), 8, "dithered between two colours");
    }

    #[test]
    fn lightness_rises_evenly() {
        let steps: Vec<f32> = (0..=20).map(|i| lightness(heat(i as f32 / 20.0))).collect();
        let rises: Vec<f32> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(
            rises.iter().all(|rise| (2.5..6.5).contains(rise)),
            "{rises:?}"
        );
        assert_eq!(heat(-1.0), heat(0.0));
        assert_eq!(heat(9.0), heat(1.0));
    }
}
