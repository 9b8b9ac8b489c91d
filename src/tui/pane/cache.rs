//! Pictures that are drawn once and kept as long as nothing about them changes.

use std::rc::Rc;

use ratatui::{
    buffer::{Buffer, CellDiffOption},
    layout::Rect,
};

use super::super::{
    graphics::{Graphics, Protocol, board::Placement, raster::Raster},
    grid::{Fit, Grid},
    picture::{self, Images},
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
    /// How the terminal takes pixels; without it, pictures of pixels are drawn as half blocks.
    pub graphics: Option<Graphics>,
    /// Pictures of pixels in the frame that is being drawn, and the places of their images.
    placed: Vec<(Placement, Vec<Rect>)>,
    /// Pictures drawn so far.
    count: u64,
}

#[derive(Debug)]
struct Kept {
    key: Key,
    area: Rect,
    glyphs: Glyphs,
    depth: Depth,
    grid: Grid,
    picture: Buffer,
    stamp: u64,
    raster: Option<Rc<Raster>>,
}

impl Cache {
    /// Begins a frame.
    pub fn begin(&mut self) {
        self.placed.clear();
    }

    /// The pictures of pixels in the frame: those that nothing was drawn over.
    pub fn placed(&self, buf: &Buffer) -> Vec<Placement> {
        let is_free = |places: &[Rect]| {
            let mut cells = places.iter().flat_map(|place| place.positions());
            cells.all(|at| {
                buf.cell(at)
                    .is_some_and(|cell| cell.diff_option == CellDiffOption::Skip)
            })
        };
        let placed = self.placed.iter();
        let free = placed.filter(|(_, places)| is_free(places));
        free.map(|(placement, _)| placement.clone()).collect()
    }

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
        let glyphs = match glyphs {
            Glyphs::Pixels if self.graphics.is_none() => Glyphs::HalfBlock,
            glyphs => glyphs,
        };
        let same = |kept: &Kept| {
            let pixels = kept.raster.is_some() == (glyphs == Glyphs::Pixels);
            pixels && (kept.key, kept.area, kept.glyphs, kept.depth) == (key, area, glyphs, depth)
        };
        let kept = match self.kept.iter().position(same) {
            Some(at) => self.kept.remove(at),
            None => {
                let grid = Grid::fit(area, images, glyphs, key.fit)?;
                let mut picture = Buffer::empty(area);
                picture::render(&mut picture, area, &grid, images, glyphs, depth);
                self.count += 1;
                let pixels = self.graphics.filter(|_| glyphs == Glyphs::Pixels);
                let raster = pixels.map(|graphics| {
                    // Sixels are not scaled by the terminal.
                    let sixel = graphics.protocol == Protocol::Sixel;
                    Rc::new(Raster::of(&grid, images, sixel.then_some(graphics.cell)))
                });
                Kept {
                    stamp: self.count,
                    raster,
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
        if let Some(raster) = &kept.raster {
            let count = images.pixels.len().min(grid.columns * grid.rows);
            let places = (0..count).map(|i| grid.place(area, glyphs, i)).collect();
            let placement = Placement {
                area: grid.all(area, glyphs),
                stamp: kept.stamp,
                raster: Rc::clone(raster),
            };
            self.placed.push((placement, places));
        }
        self.kept.truncate(MOST - 1);
        self.kept.insert(0, kept);
        Some(grid)
    }
}
