//! Conversion of RGB colours to those of the terminal.

use ratatui::style::Color;

use super::theme::Depth;
use crate::tui::picture::{BAYER, resample::Rgb};

/// Returns the terminal's nearest colour.
pub(crate) fn colour(rgb: Rgb, depth: Depth) -> Color {
    let [r, g, b] = rgb.map(|value| value.round().clamp(0.0, 255.0) as u8);
    match depth {
        Depth::True => {
            let [r, g, b] = [r, g, b].map(quantized);
            Color::Rgb(r, g, b)
        }
        Depth::Indexed => Color::Indexed(indexed(r, g, b)),
        Depth::Sixteen => Color::Indexed(named([r, g, b])),
        Depth::None => Color::Reset,
    }
}

/// Rounds a level to one of 32. The difference is invisible in small pictures, and far fewer cells change.
fn quantized(level: u8) -> u8 {
    let step = (u16::from(level) * 31 + 127) / 255;
    ((step * 255 + 15) / 31) as u8
}

/// The levels of each channel in the colour cube of the 256 colours.
pub(crate) const CUBE_LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Returns the nearest of the 240 fixed colours among the 256.
fn indexed(r: u8, g: u8, b: u8) -> u8 {
    let nearest = |value: u8| {
        (0..6)
            .min_by_key(|&i| CUBE_LEVELS[i].abs_diff(value))
            .unwrap_or(0)
    };
    let cube = [nearest(r), nearest(g), nearest(b)];
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let gray = (mean.saturating_sub(3) / 10).min(23) as u8;
    let distance = |[x, y, z]: [u8; 3]| {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(r, x) + square(g, y) + square(b, z)
    };
    if distance([8 + 10 * gray; 3]) < distance(cube.map(|i| CUBE_LEVELS[i])) {
        232 + gray
    } else {
        (16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8
    }
}

/// Returns the colour of the pixel at a column and row of an image. With 16 colours the image is dithered.
pub(crate) fn dithered(rgb: Rgb, depth: Depth, (x, y): (usize, usize)) -> Color {
    if depth != Depth::Sixteen {
        return colour(rgb, depth);
    }
    let offset = (f32::from(BAYER[y % 4][x % 4]) - 7.5) / 16.0 * SPACING;
    colour(rgb.map(|value| value + offset), depth)
}

/// The approximate distance between neighbours among the 16 colours, in levels.
const SPACING: f32 = 110.0;

/// The 16 named colours of xterm.
pub(crate) const NAMED: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// Returns the index of the nearest of the 16 colours.
fn named(rgb: [u8; 3]) -> u8 {
    let distance = |other: &[u8; 3]| -> u32 {
        let channels = rgb.iter().zip(other);
        channels
            .map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2))
            .sum()
    };
    (0..16)
        .min_by_key(|&i| distance(&NAMED[i as usize]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_quantized_and_the_ends_exact() {
        assert_eq!([0, 255].map(quantized), [0, 255]);
        for level in 0..=255u8 {
            assert!(quantized(level).abs_diff(level) <= 5, "{level}");
        }
    }

    #[test]
    fn the_nearest_of_256_and_of_16() {
        assert_eq!(indexed(255, 0, 0), 196);
        assert_eq!(indexed(128, 128, 128), 244);
        assert_eq!(
            [[0, 0, 0], [120, 130, 125], [250, 250, 250], [250, 20, 9]].map(named),
            [0, 8, 15, 9]
        );
    }

    #[test]
    fn dithering_keeps_the_mean_of_grays() {
        for gray in [30.0, 64.0, 178.0, 200.0] {
            let shades =
                (0..16).map(
                    |i| match dithered([gray; 3], Depth::Sixteen, (i % 4, i / 4)) {
                        Color::Indexed(index) => f32::from(NAMED[index as usize][1]),
                        other => panic!("{other:?}"),
                    },
                );
            let mean = shades.sum::<f32>() / 16.0;
            assert!((mean - gray).abs() < 30.0, "{gray} became {mean}");
        }
    }
}
