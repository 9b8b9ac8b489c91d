//! Images drawn as characters or pixels.

pub(crate) mod graphics;
pub(crate) mod grid;
pub(crate) mod resample;

use ratatui::{
    buffer::{Buffer, Cell, CellDiffOption},
    layout::Rect,
};

use super::{
    look::{
        theme::{Depth, Glyphs},
        tone,
    },
    plot::canvas::BITS,
};
use grid::{Grid, pixels_in_a_cell};
use resample::{Rgb, scaled};

const RAMP: &[u8] = b" .:-=+*#%@";
/// The thresholds of ordered dithering, in sixteenths.
pub(super) const BAYER: [[u8; 4]; 4] =
    [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

/// Images of one shape, with 1 or 3 interleaved channels.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub pixels: &'a [Vec<u8>],
}

#[cfg(test)]
impl<'a> Images<'a> {
    /// Creates square images.
    pub fn square(pixels: &'a [Vec<u8>], channels: usize, side: usize) -> Self {
        Self {
            channels,
            height: side,
            width: side,
            pixels,
        }
    }
}

/// Draws as many images as fit into a grid.
pub(super) fn render(
    buf: &mut Buffer,
    area: Rect,
    grid: &Grid,
    images: &Images,
    glyphs: Glyphs,
    depth: Depth,
) {
    let (px, py) = pixels_in_a_cell(glyphs);
    let shown = images.pixels.iter().take(grid.columns * grid.rows);
    for (i, pixels) in shown.enumerate() {
        let place = grid.place(area, glyphs, i);
        if glyphs == Glyphs::Pixels {
            // The pixels are sent after the frame, which skips their cells.
            for position in place.positions() {
                if let Some(cell) = buf.cell_mut(position) {
                    cell.set_char(' ').set_diff_option(CellDiffOption::Skip);
                }
            }
            continue;
        }
        let image = scaled(images, pixels, grid.width, grid.height);
        for (at, position) in place.positions().enumerate() {
            let (column, row) = (at % place.width as usize, at / place.width as usize);
            if let Some(cell) = buf.cell_mut(position) {
                let pixel =
                    |dx: usize, dy: usize| image[(row * py + dy) * grid.width + column * px + dx];
                paint(cell, (column, row), pixel, glyphs, depth);
            }
        }
    }
}

/// Draws the cell at a column and row of its image. `pixel` returns a pixel by its position in the cell.
fn paint(
    cell: &mut Cell,
    at: (usize, usize),
    pixel: impl Fn(usize, usize) -> Rgb,
    glyphs: Glyphs,
    depth: Depth,
) {
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
                    let threshold = (f32::from(BAYER[dy][dx]) + 0.5) * 16.0;
                    if luminance(pixel(dx, dy)) > threshold {
                        bits |= bit;
                    }
                }
            }
            cell.set_char(char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '));
        }
        Glyphs::Pixels => {}
        Glyphs::HalfBlock => {
            let shade =
                |half: usize| tone::dithered(pixel(0, half), depth, (at.0, 2 * at.1 + half));
            let (upper, lower) = (shade(0), shade(1));
            // One colour takes half as many bytes as two.
            if upper == lower {
                cell.set_char(' ').set_bg(lower);
            } else {
                cell.set_char('▀').set_fg(upper).set_bg(lower);
            }
        }
    }
}

/// Returns the luma of a colour, from 0 to 255.
fn luminance([r, g, b]: Rgb) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::{grid::Fit, *};

    #[test]
    fn brightness_becomes_density_and_colour() {
        let draw = |level: u8, glyphs, depth| {
            let pixels = [vec![level; 64 * 3]];
            let area = Rect::new(0, 0, 8, 4);
            let mut buf = Buffer::empty(area);
            let images = Images::square(&pixels, 3, 8);
            let grid = Grid::fit(area, &images, glyphs, Fit::One).unwrap();
            render(&mut buf, area, &grid, &images, glyphs, depth);
            buf.content[0].clone()
        };
        assert_eq!(draw(0, Glyphs::Ascii, Depth::None).symbol(), " ");
        assert_eq!(draw(255, Glyphs::Ascii, Depth::None).symbol(), "@");
        assert_eq!(draw(255, Glyphs::Braille, Depth::None).symbol(), "⣿");
        let gray = draw(77, Glyphs::HalfBlock, Depth::True);
        assert_eq!((gray.symbol(), gray.bg), (" ", Color::Rgb(74, 74, 74)));
        assert_eq!(
            draw(255, Glyphs::HalfBlock, Depth::Indexed).bg,
            Color::Indexed(231)
        );
    }
}
