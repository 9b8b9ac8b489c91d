//! Colours as the terminal has them.

use ratatui::style::Color;

use super::theme::Depth;
use crate::tui::picture::{BAYER, resample::Rgb};

/// The nearest colour that the terminal has.
pub fn colour(rgb: Rgb, depth: Depth) -> Color {
    let [r, g, b] = rgb.map(|value| value.round().clamp(0.0, 255.0) as u8);
    match depth {
        Depth::True => {
            let [r, g, b] = [r, g, b].map(coarse);
            Color::Rgb(r, g, b)
        }
        Depth::Indexed => Color::Indexed(indexed(r, g, b)),
        Depth::Sixteen => Color::Indexed(named([r, g, b])),
        Depth::None => Color::Reset,
    }
}

/// A level of one in 32: nobody sees the difference in pictures of this size, and far fewer cells change.
fn coarse(level: u8) -> u8 {
    let step = (u16::from(level) * 31 + 127) / 255;
    ((step * 255 + 15) / 31) as u8
}

/// The nearest of the 240 fixed colours of a terminal with 256.
fn indexed(r: u8, g: u8, b: u8) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |value: u8| {
        (0..6)
            .min_by_key(|&i| LEVELS[i].abs_diff(value))
            .unwrap_or(0)
    };
    let cube = [nearest(r), nearest(g), nearest(b)];
    let mean = (r as u16 + g as u16 + b as u16) / 3;
    let gray = (mean.saturating_sub(3) / 10).min(23) as u8;
    let distance = |[x, y, z]: [u8; 3]| {
        let square = |a: u8, b: u8| (a.abs_diff(b) as u32).pow(2);
        square(r, x) + square(g, y) + square(b, z)
    };
    if distance([8 + 10 * gray; 3]) < distance(cube.map(|i| LEVELS[i])) {
        232 + gray
    } else {
        (16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8
    }
}

/// The colour of a pixel of an image at this column and row: where colours are few, those around it make up for what it
/// is not.
pub fn dithered(rgb: Rgb, depth: Depth, (x, y): (usize, usize)) -> Color {
    if depth != Depth::Sixteen {
        return colour(rgb, depth);
    }
    let offset = (f32::from(BAYER[y % 4][x % 4]) - 7.5) / 16.0 * APART;
    colour(rgb.map(|value| value + offset), depth)
}

/// How far apart sixteen colours stand, about.
const APART: f32 = 110.0;

/// The sixteen colours that have names, as xterm has them.
pub const NAMED: [[u8; 3]; 16] = [
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

/// The nearest of them.
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
    fn levels_are_coarse_and_the_ends_exact() {
        assert_eq!([0, 255].map(coarse), [0, 255]);
        for level in 0..=255u8 {
            assert!(coarse(level).abs_diff(level) <= 5, "{level}");
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
    fn dithering_makes_up_for_missing_grays() {
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
