//! Sixels: a picture as bands of six rows, one colour after another.

use std::fmt::Write;

use super::raster::Raster;
use crate::tui::picture::BAYER;

/// The number of levels of each channel. Colours are dithered.
const LEVELS: [usize; 3] = [6, 7, 6];
/// The number of levels of gray pictures. They are not dithered, which makes longer runs.
const GRAYS: usize = 24;

/// The maximum number of colours.
const COLOURS: usize = LEVELS[0] * LEVELS[1] * LEVELS[2];
/// The index of transparent pixels.
const TRANSPARENT: u8 = COLOURS as u8;

/// Returns the sequence that draws a picture at the cursor. Transparent pixels leave the terminal unchanged.
pub(super) fn encode(raster: &Raster) -> Vec<u8> {
    let (width, height) = (raster.width, raster.height);
    let gray = raster.is_gray();
    let indices: Vec<u8> = (0..width * height)
        .map(|at| match raster.pixel(at) {
            [.., 0] => TRANSPARENT,
            [r, g, b, _] => index([r, g, b], gray, at % width, at / width) as u8,
        })
        .collect();
    let mut out = format!("\x1bP0;1;0q\"1;1;{width};{height}");
    for colour in used(&indices) {
        let [r, g, b] = percent(colour, gray);
        let _ = write!(out, "#{colour};2;{r};{g};{b}");
    }
    for band in indices.chunks(6 * width.max(1)) {
        let colours: Vec<usize> = used(band).collect();
        let mut place = [0; COLOURS];
        for (i, &colour) in colours.iter().enumerate() {
            place[colour] = i * width;
        }
        // Collects the columns of each colour in one pass over the pixels.
        let mut columns = vec![0u8; colours.len() * width];
        for (at, &colour) in band
            .iter()
            .enumerate()
            .filter(|(_, colour)| **colour != TRANSPARENT)
        {
            columns[place[usize::from(colour)] + at % width] |= 1 << (at / width);
        }
        for (i, (colour, columns)) in colours.iter().zip(columns.chunks(width)).enumerate() {
            if i > 0 {
                out.push('$');
            }
            let _ = write!(out, "#{colour}");
            runs(&mut out, columns.iter().copied());
        }
        out.push('-');
    }
    out.push_str("\x1b\\");
    out.into_bytes()
}

/// Returns the colours in use, in ascending order.
fn used(indices: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let mut used = [false; COLOURS];
    for &colour in indices.iter().filter(|colour| **colour != TRANSPARENT) {
        used[usize::from(colour)] = true;
    }
    (0..COLOURS).filter(move |&colour| used[colour])
}

/// Writes columns of six pixels with run-length encoding. Empty columns at the end are omitted.
fn runs(out: &mut String, columns: impl Iterator<Item = u8>) {
    let mut run: Option<(u8, usize)> = None;
    let mut write = |bits: u8, count: usize| {
        let character = (0x3f + bits) as char;
        match count {
            0..4 => (0..count).for_each(|_| out.push(character)),
            _ => {
                let _ = write!(out, "!{count}{character}");
            }
        }
    };
    for bits in columns {
        match &mut run {
            Some((same, count)) if *same == bits => *count += 1,
            _ => {
                if let Some((bits, count)) = run.replace((bits, 1)) {
                    write(bits, count);
                }
            }
        }
    }
    if let Some((bits, count)) = run.filter(|(bits, _)| *bits != 0) {
        write(bits, count);
    }
}

/// Returns the index of the colour of a pixel at (x, y).
fn index(rgb: [u8; 3], gray: bool, x: usize, y: usize) -> usize {
    let threshold = (f32::from(BAYER[y % 4][x % 4]) + 0.5) / 16.0;
    let level = |value: u8, levels: usize| {
        let exact = f32::from(value) / 255.0 * (levels - 1) as f32;
        ((exact + threshold).floor() as usize).min(levels - 1)
    };
    if gray {
        return (usize::from(rgb[0]) * (GRAYS - 1) + 127) / 255;
    }
    let [r, g, b] = [0, 1, 2].map(|channel| level(rgb[channel], LEVELS[channel]));
    (r * LEVELS[1] + g) * LEVELS[2] + b
}

/// Returns the channels of a colour, in percent.
fn percent(colour: usize, gray: bool) -> [usize; 3] {
    let share = |level: usize, levels: usize| (level * 100 + (levels - 1) / 2) / (levels - 1);
    if gray {
        return [share(colour, GRAYS); 3];
    }
    let (r, g, b) = (
        colour / (LEVELS[1] * LEVELS[2]),
        colour / LEVELS[2] % LEVELS[1],
        colour % LEVELS[2],
    );
    [
        share(r, LEVELS[0]),
        share(g, LEVELS[1]),
        share(b, LEVELS[2]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_white_block_is_one_run_per_band() {
        let raster = Raster::filled(10, 8, [255, 255, 255, 255]);
        let text = String::from_utf8(encode(&raster)).unwrap();
        assert_eq!(
            text,
            "\x1bP0;1;0q\"1;1;10;8#23;2;100;100;100#23!10~-#23!10B-\x1b\\"
        );
    }

    #[test]
    fn transparent_pixels_are_omitted_and_dithering_keeps_the_mean() {
        let clear = Raster::filled(4, 6, [9, 9, 9, 0]);
        assert_eq!(encode(&clear), b"\x1bP0;1;0q\"1;1;4;6-\x1b\\");
        let of = |value: u8, gray| {
            let sum: usize = (0..16)
                .map(|i| percent(index([value; 3], gray, i % 4, i / 4), gray)[0])
                .sum();
            sum as f32 / 16.0
        };
        for value in [0, 40, 128, 200, 255] {
            for gray in [true, false] {
                let exact = f32::from(value) / 2.55;
                let near = if gray { 2.3 } else { 1.5 };
                assert!((of(value, gray) - exact).abs() < near, "{value} {gray}");
            }
        }
    }
}
