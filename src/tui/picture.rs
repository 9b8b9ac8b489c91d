//! Images as characters.

use ratatui::{
    buffer::{Buffer, Cell, CellDiffOption},
    layout::Rect,
};

use super::{
    canvas::BITS,
    resample::{Rgb, scaled},
    theme::{Depth, Glyphs},
    tone,
};

/// Images that are wanted in view before they are shown larger.
const ENOUGH: usize = 12;
const RAMP: &[u8] = b" .:-=+*#%@";
/// Thresholds of ordered dithering, in sixteenths.
pub const BAYER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
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

/// What size images should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// The largest readable one at which a dozen fit.
    Some,
    /// The largest readable one at which all fit, else the one at which most do.
    All,
    /// One image as large as the place.
    One,
}

/// Sizes in which pictures are still read, in cells' pixels for one of the image, the largest first.
const SIZES: &[f64] = &[
    8.0, 6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 1.5, 1.25, 1.0, 0.75, 0.5, 0.43,
];

impl Grid {
    /// Whole images in the size that is asked for; none where not one fits.
    pub fn fit(area: Rect, images: &Images, glyphs: Glyphs, fit: Fit) -> Option<Self> {
        let count = match fit {
            Fit::One => images.pixels.len().min(1),
            _ => images.pixels.len(),
        };
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
        let shown = |grid: &Grid| (grid.columns * grid.rows).min(count);
        let (largest, smallest, wanted) = match (fit, glyphs) {
            (Fit::Some, Glyphs::Braille) => (4.0, 1.0, ENOUGH.min(count)),
            (Fit::Some, _) => (4.0, 0.43, ENOUGH.min(count)),
            (_, Glyphs::Braille) => (8.0, 1.0, count),
            _ => (8.0, 0.43, count),
        };
        // Dots and characters show whole sizes alone well where they are large.
        let sizes = SIZES
            .iter()
            .filter(|&&scale| (smallest..=largest).contains(&scale))
            .filter(|&&scale| fit != Fit::Some || scale < 1.0 || scale.fract() == 0.0);
        let grids: Vec<Grid> = sizes.map(|&scale| grid(scale)).collect();
        let enough = grids.iter().find(|grid| shown(grid) >= wanted);
        let most = || {
            grids
                .iter()
                .filter(|grid| shown(grid) > 0)
                .max_by_key(|grid| shown(grid))
        };
        let whole = || {
            let across = (cells_x * px) as f64 / images.width.max(1) as f64;
            across.min((cells_y * py) as f64 / images.height.max(1) as f64)
        };
        let grid = match fit {
            Fit::One => {
                let all = grid(whole());
                // Rounding up may have made it a cell too large.
                if shown(&all) > 0 {
                    all
                } else {
                    grid(whole() * 0.95)
                }
            }
            _ => enough
                .or_else(most)
                .copied()
                .unwrap_or_else(|| grid(whole().min(0.43))),
        };
        (shown(&grid) > 0 && grid.width >= 6).then_some(grid)
    }

    /// The cells of all images and what is between them.
    pub fn all(&self, area: Rect, glyphs: Glyphs) -> Rect {
        let first = self.place(area, glyphs, 0);
        let columns = self.columns.max(1) as u16;
        Rect {
            width: columns * (first.width + 1) - 1,
            height: self.rows as u16 * first.height,
            ..first
        }
    }

    /// The cells of the image at a position of the grid, which stands in the middle of the place.
    pub fn place(&self, area: Rect, glyphs: Glyphs, position: usize) -> Rect {
        let (px, py) = pixels_in_a_cell(glyphs);
        let (width, height) = ((self.width / px) as u16, (self.height / py) as u16);
        let columns = self.columns.max(1);
        let all = (columns as u16 * (width + 1) - 1, self.rows as u16 * height);
        Rect {
            x: area.x
                + area.width.saturating_sub(all.0) / 2
                + (position % columns) as u16 * (width + 1),
            y: area.y
                + area.height.saturating_sub(all.1) / 2
                + (position / columns) as u16 * height,
            width,
            height,
        }
    }
}

fn pixels_in_a_cell(glyphs: Glyphs) -> (usize, usize) {
    match glyphs {
        Glyphs::Ascii | Glyphs::HalfBlock | Glyphs::Pixels => (1, 2),
        Glyphs::Braille => (2, 4),
    }
}

/// Draws images in a grid, as many as it holds.
pub fn render(
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
            // The pixels are sent after the frame, which leaves their place alone.
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

/// Draws the pixels of one cell, which stands at this column and row of its image.
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
                    let threshold = (BAYER[dy][dx] as f32 + 0.5) * 16.0;
                    if luminance(pixel(dx, dy)) > threshold {
                        bits |= bit;
                    }
                }
            }
            cell.set_char(char::from_u32(0x2800 + bits as u32).unwrap_or(' '));
        }
        Glyphs::Pixels => {}
        Glyphs::HalfBlock => {
            let shade =
                |half: usize| tone::dithered(pixel(0, half), depth, (at.0, 2 * at.1 + half));
            let (upper, lower) = (shade(0), shade(1));
            // One colour is half as much to send as two.
            match upper == lower {
                true => cell.set_char(' ').set_bg(lower),
                false => cell.set_char('▀').set_fg(upper).set_bg(lower),
            };
        }
    }
}

fn luminance([r, g, b]: Rgb) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

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
                let Some(grid) = Grid::fit(area, &images, glyphs, Fit::Some) else {
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
        let fit = |w, h| Grid::fit(Rect::new(0, 0, w, h), &images, Glyphs::HalfBlock, Fit::Some);
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
    fn one_image_fills_the_place_and_all_fit_where_they_can() {
        let pixels = vec![vec![0; 28 * 28]; 64];
        let images = images(&pixels, 1, 28);
        for (width, height) in [(10, 5), (38, 18), (61, 27), (118, 33), (300, 90)] {
            let area = Rect::new(3, 2, width, height);
            let one = Grid::fit(area, &images, Glyphs::HalfBlock, Fit::One).unwrap();
            let place = one.place(area, Glyphs::HalfBlock, 0);
            assert_eq!(place.intersection(area), place, "{one:?}");
            assert!(
                place.height + 2 >= height || place.width + 3 >= width,
                "{one:?}"
            );
        }
        let fit = |w, h, fit| {
            let grid = Grid::fit(Rect::new(0, 0, w, h), &images, Glyphs::HalfBlock, fit);
            let grid = grid.unwrap();
            (grid.columns * grid.rows).min(64)
        };
        assert_eq!(fit(200, 50, Fit::All), 64);
        assert!(fit(200, 50, Fit::Some) < 64);
        assert!(fit(118, 33, Fit::All) >= 36);
    }

    #[test]
    fn brightness_becomes_density_and_colour() {
        let draw = |level: u8, glyphs, depth| {
            let pixels = [vec![level; 64 * 3]];
            let area = Rect::new(0, 0, 8, 4);
            let mut buf = Buffer::empty(area);
            let images = images(&pixels, 3, 8);
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
