//! Images as characters.

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::Color,
};

use super::{
    canvas::BITS,
    resample::{Rgb, scaled},
    theme::{Depth, Glyphs},
};

/// Images that are wanted in view before they are shown larger.
const ENOUGH: usize = 12;
const RAMP: &[u8] = b" .:-=+*#%@";
/// Thresholds of ordered dithering, in sixteenths.
const BAYER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
/// Images of one shape, channels (1 or 3) last.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub pixels: &'a [Vec<u8>],
}

/// How images are set out: `columns` × `rows` of them, each scaled to `width` × `height` pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub columns: usize,
    pub rows: usize,
    pub width: usize,
    pub height: usize,
}

impl Grid {
    /// Whole images at the largest readable size at which enough of them fit; none where not one does.
    pub fn fit(area: Rect, images: &Images, glyphs: Glyphs) -> Option<Self> {
        let count = images.pixels.len();
        let (px, py) = pixels_in_a_cell(glyphs);
        let (cells_x, cells_y) = (area.width as usize, area.height as usize);
        let grid = |scale: f64| {
            let round = |size: usize, to: usize| {
                let scaled = (size as f64 * scale / to as f64).round() as usize;
                scaled.max(1) * to
            };
            let (width, height) = (round(images.width, px), round(images.height, py));
            // One column between images; none below them, where a cell is twice as high.
            let columns = (cells_x + 1) / (width / px + 1);
            let rows = cells_y / (height / py);
            Grid {
                columns: columns.min(count),
                rows: rows.min(count.div_ceil(columns.max(1))),
                width,
                height,
            }
        };
        let readable: &[f64] = match glyphs {
            Glyphs::Braille => &[4.0, 3.0, 2.0, 1.0],
            Glyphs::Ascii | Glyphs::HalfBlock => &[4.0, 3.0, 2.0, 1.0, 0.75, 0.5, 0.43],
        };
        let shown = |grid: &Grid| (grid.columns * grid.rows).min(count);
        let grids: Vec<Grid> = readable.iter().map(|&scale| grid(scale)).collect();
        let enough = grids.iter().find(|grid| shown(grid) >= ENOUGH.min(count));
        let most = || {
            grids
                .iter()
                .filter(|grid| shown(grid) > 0)
                .max_by_key(|grid| shown(grid))
        };
        let tiny = || {
            let scale = (cells_x * px) as f64 / images.width as f64;
            grid(
                scale
                    .min((cells_y * py) as f64 / images.height as f64)
                    .min(0.43),
            )
        };
        let grid = enough.or_else(most).copied().unwrap_or_else(tiny);
        (shown(&grid) > 0 && grid.width >= 6).then_some(grid)
    }
}

fn pixels_in_a_cell(glyphs: Glyphs) -> (usize, usize) {
    match glyphs {
        Glyphs::Ascii | Glyphs::HalfBlock => (1, 2),
        Glyphs::Braille => (2, 4),
    }
}

/// Draws as many images as the grid holds, centred.
pub fn render(buf: &mut Buffer, area: Rect, images: &Images, glyphs: Glyphs, depth: Depth) {
    let Some(grid) = Grid::fit(area, images, glyphs) else {
        return;
    };
    let (px, py) = pixels_in_a_cell(glyphs);
    let (cells_x, cells_y) = (grid.width / px, grid.height / py);
    let left = (area.width as usize).saturating_sub(grid.columns * (cells_x + 1) - 1) / 2;
    let above = (area.height as usize).saturating_sub(grid.rows * cells_y) / 2;
    for (i, pixels) in images
        .pixels
        .iter()
        .take(grid.columns * grid.rows)
        .enumerate()
    {
        let image = scaled(images, pixels, grid.width, grid.height);
        let x0 = left + i % grid.columns * (cells_x + 1);
        let y0 = above + i / grid.columns * cells_y;
        for row in 0..cells_y {
            for column in 0..cells_x {
                let at = (area.x + (x0 + column) as u16, area.y + (y0 + row) as u16);
                if let Some(cell) = buf.cell_mut(at) {
                    let pixel = |dx: usize, dy: usize| {
                        image[(row * py + dy) * grid.width + column * px + dx]
                    };
                    paint(cell, pixel, glyphs, depth);
                }
            }
        }
    }
}

fn paint(cell: &mut Cell, pixel: impl Fn(usize, usize) -> Rgb, glyphs: Glyphs, depth: Depth) {
    match glyphs {
        Glyphs::Ascii => {
            let light = (luminance(pixel(0, 0)) + luminance(pixel(0, 1))) / 2.0;
            let step = (light / 255.0 * (RAMP.len() - 1) as f32).round() as usize;
            cell.set_char(RAMP[step.min(RAMP.len() - 1)] as char);
        }
        Glyphs::Braille => {
            let mut bits = 0;
            for (dy, row) in BITS.iter().enumerate() {
                for (dx, bit) in row.iter().enumerate() {
                    let threshold = (BAYER[dy][dx] as f32 + 0.5) * 16.0;
                    if luminance(pixel(dx, dy)) > threshold {
                        bits |= bit;
                    }
                }
            }
            cell.set_char(char::from_u32(0x2800 + bits as u32).unwrap_or(' '));
        }
        Glyphs::HalfBlock => {
            let (upper, lower) = (colour(pixel(0, 0), depth), colour(pixel(0, 1), depth));
            cell.set_char('▀').set_fg(upper).set_bg(lower);
        }
    }
}

fn luminance([r, g, b]: Rgb) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

fn colour(rgb: Rgb, depth: Depth) -> Color {
    let [r, g, b] = rgb.map(|value| value.round().clamp(0.0, 255.0) as u8);
    match depth {
        Depth::True => Color::Rgb(r, g, b),
        Depth::Indexed => Color::Indexed(indexed(r, g, b)),
        Depth::None => Color::Reset,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn images(pixels: &[Vec<u8>], channels: usize, side: usize) -> Images<'_> {
        Images {
            channels,
            height: side,
            width: side,
            pixels,
        }
    }

    #[test]
    fn only_whole_images_and_enough_of_them() {
        let pixels = vec![vec![0; 28 * 28]; 64];
        let images = images(&pixels, 1, 28);
        for (width, height) in [(38, 18), (60, 26), (90, 50), (140, 70), (300, 90), (13, 6)] {
            let area = Rect::new(0, 0, width, height);
            for glyphs in [Glyphs::Ascii, Glyphs::HalfBlock, Glyphs::Braille] {
                let Some(grid) = Grid::fit(area, &images, glyphs) else {
                    continue;
                };
                let (px, py) = pixels_in_a_cell(glyphs);
                assert!(
                    grid.columns * (grid.width / px + 1) - 1 <= width as usize,
                    "{grid:?}"
                );
                assert!(grid.rows * grid.height / py <= height as usize, "{grid:?}");
            }
        }
        let fit = |w, h| Grid::fit(Rect::new(0, 0, w, h), &images, Glyphs::HalfBlock);
        let native = Grid {
            columns: 4,
            rows: 3,
            width: 28,
            height: 28,
        };
        assert_eq!(fit(120, 50), Some(native));
        assert_eq!(fit(3, 1), None);
    }

    #[test]
    fn brightness_becomes_density_and_colour() {
        let draw = |level: u8, glyphs, depth| {
            let pixels = [vec![level; 64 * 3]];
            let area = Rect::new(0, 0, 8, 4);
            let mut buf = Buffer::empty(area);
            render(&mut buf, area, &images(&pixels, 3, 8), glyphs, depth);
            buf.content[0].clone()
        };
        assert_eq!(draw(0, Glyphs::Ascii, Depth::None).symbol(), " ");
        assert_eq!(draw(255, Glyphs::Ascii, Depth::None).symbol(), "@");
        assert_eq!(draw(255, Glyphs::Braille, Depth::None).symbol(), "⣿");
        assert_eq!(
            draw(77, Glyphs::HalfBlock, Depth::True).bg,
            Color::Rgb(77, 77, 77)
        );
        assert_eq!(
            draw(255, Glyphs::HalfBlock, Depth::Indexed).fg,
            Color::Indexed(231)
        );
        assert_eq!(indexed(255, 0, 0), 196);
        assert_eq!(indexed(128, 128, 128), 244);
    }
}
