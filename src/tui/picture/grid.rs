//! The layout of images on cells.

use ratatui::layout::Rect;

use super::Images;
use crate::tui::look::theme::Glyphs;

/// The number of images that must fit before they are drawn larger.
const SEVERAL: usize = 12;

/// A grid of `columns` × `rows` images, each scaled to `width` × `height` pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub columns: usize,
    pub rows: usize,
    pub width: usize,
    pub height: usize,
}

/// The size that images should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// The largest size at which [`SEVERAL`] images fit.
    Several,
    /// The largest size at which all images fit, or else the size at which the most fit.
    All,
    /// One image that fills the area.
    One,
}

/// The sizes of images, in drawn pixels per pixel of the image, the largest first.
const SIZES: &[f64] = &[
    8.0, 6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 1.5, 1.25, 1.0, 0.75, 0.5, 0.43,
];

impl Grid {
    /// Fits images into an area. Returns `None` if not even one fits.
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
            // One column between images and no row, because a cell is twice as high as wide.
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
            (Fit::Several, Glyphs::Braille) => (4.0, 1.0, SEVERAL.min(count)),
            (Fit::Several, _) => (4.0, 0.43, SEVERAL.min(count)),
            (_, Glyphs::Braille) => (8.0, 1.0, count),
            _ => (8.0, 0.43, count),
        };
        // Large images look good only at whole multiples of their size.
        let sizes = SIZES
            .iter()
            .filter(|&&scale| (smallest..=largest).contains(&scale))
            .filter(|&&scale| fit != Fit::Several || scale < 1.0 || scale.fract() == 0.0);
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
                // Rounding up may have made it one cell too large.
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

    /// Returns the cells of all images and of the gaps between them.
    pub fn all(&self, area: Rect, glyphs: Glyphs) -> Rect {
        let first = self.place(area, glyphs, 0);
        let columns = self.columns.max(1) as u16;
        Rect {
            width: columns * (first.width + 1) - 1,
            height: self.rows as u16 * first.height,
            ..first
        }
    }

    /// Returns the cells of the image at a position in the grid, which is centred in the area.
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

/// Returns the number of pixels across a cell and down a cell.
pub(crate) fn pixels_in_a_cell(glyphs: Glyphs) -> (usize, usize) {
    match glyphs {
        Glyphs::Ascii | Glyphs::HalfBlock | Glyphs::Pixels => (1, 2),
        Glyphs::Braille => (2, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_whole_images_fit() {
        let pixels = vec![vec![0; 28 * 28]; 64];
        let images = Images::square(&pixels, 1, 28);
        for (width, height) in [(38, 18), (60, 26), (90, 50), (140, 70), (300, 90), (13, 6)] {
            let area = Rect::new(0, 0, width, height);
            for glyphs in [Glyphs::Ascii, Glyphs::HalfBlock, Glyphs::Braille] {
                let Some(grid) = Grid::fit(area, &images, glyphs, Fit::Several) else {
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
        let fit = |w, h| {
            Grid::fit(
                Rect::new(0, 0, w, h),
                &images,
                Glyphs::HalfBlock,
                Fit::Several,
            )
        };
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
    fn one_image_fills_the_area_and_all_fit_if_possible() {
        let pixels = vec![vec![0; 28 * 28]; 64];
        let images = Images::square(&pixels, 1, 28);
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
        assert!(fit(200, 50, Fit::Several) < 64);
        assert!(fit(118, 33, Fit::All) >= 36);
    }
}
