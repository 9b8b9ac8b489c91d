//! Pictures that are drawn once and kept as long as nothing about them changes.

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{
    picture::{self, Fit, Grid, Images},
    theme::{Depth, Glyphs},
};

/// Pictures that are kept.
const MOST: usize = 8;

/// What decides how a picture looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which picture: generated, real, interpolated.
    pub what: What,
    /// The step it is of.
    pub step: u64,
    /// Number of its first image.
    pub first: usize,
    pub fit: Fit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Generated,
    Real,
    Interpolated,
}

/// The pictures drawn last.
#[derive(Debug, Default)]
pub struct Cache {
    kept: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    key: Key,
    area: Rect,
    glyphs: Glyphs,
    depth: Depth,
    grid: Grid,
    picture: Buffer,
}

impl Cache {
    /// Draws images, anew only where they or their place have changed, and says how they are set out; none where there is
    /// no room.
    pub fn render(
        &mut self,
        buf: &mut Buffer,
        area: Rect,
        key: Key,
        images: &Images,
        glyphs: Glyphs,
        depth: Depth,
    ) -> Option<Grid> {
        let same = |kept: &Kept| {
            (kept.key, kept.area, kept.glyphs, kept.depth) == (key, area, glyphs, depth)
        };
        let kept = match self.kept.iter().position(same) {
            Some(at) => self.kept.remove(at),
            None => {
                let grid = Grid::fit(area, images, glyphs, key.fit)?;
                let mut picture = Buffer::empty(area);
                picture::render(&mut picture, area, &grid, images, glyphs, depth);
                Kept {
                    key,
                    area,
                    glyphs,
                    depth,
                    grid,
                    picture,
                }
            }
        };
        for (position, cell) in area.positions().zip(&kept.picture.content) {
            if let Some(target) = buf.cell_mut(position) {
                *target = cell.clone();
            }
        }
        let grid = kept.grid;
        self.kept.truncate(MOST - 1);
        self.kept.insert(0, kept);
        Some(grid)
    }
}
