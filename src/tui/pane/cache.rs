//! The cache of drawn pictures.

use std::rc::Rc;

use ratatui::{
    buffer::{Buffer, CellDiffOption},
    layout::Rect,
};

use crate::{
    model::LaneId,
    tui::{
        look::theme::{Depth, Glyphs},
        picture::{
            self, Images,
            graphics::{Graphics, Protocol, board::Placement, raster::Raster},
            grid::{Fit, Grid},
        },
    },
};

/// The maximum number of pictures in the cache.
const MAX_PICTURES: usize = 8;
/// The maximum number of cells in the cache, without the latest picture.
const MAX_CELLS: usize = 1 << 15;

/// The identity of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub source: Source,
    /// The step of its samples.
    pub step: u64,
    /// The index of its first image.
    pub first: usize,
    pub fit: Fit,
}

/// The kind of samples in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Samples that G of a lane generates.
    Generated(LaneId),
    /// Samples of a watched run at a place behind the one in front.
    OfRun(usize),
    Real,
    /// An interpolation in a lane.
    Interpolated(LaneId),
}

/// The pictures that were drawn last.
#[derive(Debug, Default)]
pub struct Cache {
    kept: Vec<Kept>,
    /// The terminal's protocol for pixels. Without one, pixels are replaced by half blocks.
    pub graphics: Option<Graphics>,
    /// The pictures in pixels of the current frame, and the areas of their images.
    placed: Vec<(Placement, Vec<Rect>)>,
    /// The number of pictures drawn so far.
    count: u64,
}

#[derive(Debug)]
struct Kept {
    key: Key,
    area: Rect,
    /// The requested glyphs.
    glyphs: Glyphs,
    graphics: Option<Graphics>,
    depth: Depth,
    grid: Grid,
    picture: Buffer,
    stamp: u64,
    raster: Option<Rc<Raster>>,
}

impl Source {
    /// Whether the samples are those that G generates.
    pub(super) fn is_generated(self) -> bool {
        matches!(self, Self::Generated(_) | Self::OfRun(_))
    }
}

impl Cache {
    /// Forgets all pictures, because those of another run are shown.
    pub fn forget(&mut self) {
        self.kept.clear();
    }

    /// Starts a frame.
    pub fn begin(&mut self) {
        self.placed.clear();
    }

    /// Returns the pictures in pixels of the frame that nothing was drawn over.
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

    /// Draws images, from the cache if nothing has changed. Returns their grid, or `None` if they do not fit.
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
        self.kept.truncate(MAX_PICTURES - 1);
        self.kept.insert(0, kept);
        let mut cells = 0;
        let first = self.kept.iter().skip(1).position(|kept| {
            cells += kept.picture.content.len();
            cells > MAX_CELLS
        });
        self.kept
            .truncate(first.map_or(MAX_PICTURES, |first| first + 1));
        Some(grid)
    }
}
