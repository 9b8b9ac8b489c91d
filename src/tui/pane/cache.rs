//! Pictures that are drawn once and kept as long as nothing about them changes.

use std::rc::Rc;

use ratatui::{
    buffer::{Buffer, CellDiffOption},
    layout::Rect,
};

use crate::tui::{
    look::theme::{Depth, Glyphs},
    picture::{
        self, Images,
        graphics::{Graphics, Protocol, board::Placement, raster::Raster},
        grid::{Fit, Grid},
    },
};

/// Pictures that are kept, and their cells together, but for the latest.
const MOST: usize = 8;
const CELLS: usize = 1 << 15;

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
    /// What was asked for.
    glyphs: Glyphs,
    graphics: Option<Graphics>,
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
        let graphics = self.graphics.filter(|_| glyphs == Glyphs::Pixels);
        let same = |kept: &Kept| {
            let how = (kept.key, kept.area, kept.glyphs, kept.graphics, kept.depth);
            how == (key, area, glyphs, graphics, depth)
        };
        let kept = match self.kept.iter().position(same) {
            Some(at) => self.kept.remove(at),
            None => {
                let pixels = graphics.and_then(|graphics| {
                    let grid = Grid::fit(area, images, Glyphs::Pixels, key.fit)?;
                    // Sixels are not scaled by the terminal.
                    let sixel = graphics.protocol == Protocol::Sixel;
                    let raster = Raster::of(&grid, images, sixel.then_some(graphics.cell))?;
                    Some((grid, Rc::new(raster)))
                });
                let drawn = match glyphs {
                    Glyphs::Pixels if pixels.is_none() => Glyphs::HalfBlock,
                    glyphs => glyphs,
                };
                let (grid, raster) = match pixels {
                    Some((grid, raster)) => (grid, Some(raster)),
                    None => (Grid::fit(area, images, drawn, key.fit)?, None),
                };
                let mut picture = Buffer::empty(area);
                picture::render(&mut picture, area, &grid, images, drawn, depth);
                self.count += 1;
                Kept {
                    graphics,
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
            let place = |i| grid.place(area, Glyphs::Pixels, i);
            let places = (0..count).map(place).collect();
            let placement = Placement {
                area: grid.all(area, Glyphs::Pixels),
                stamp: kept.stamp,
                raster: Rc::clone(raster),
            };
            self.placed.push((placement, places));
        }
        self.kept.truncate(MOST - 1);
        self.kept.insert(0, kept);
        let mut cells = 0;
        let first = self.kept.iter().skip(1).position(|kept| {
            cells += kept.picture.content.len();
            cells > CELLS
        });
        self.kept.truncate(first.map_or(MOST, |first| first + 1));
        Some(grid)
    }
}
