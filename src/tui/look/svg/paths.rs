//! Backgrounds, blocks, frames and dots as SVG paths.

use std::fmt::{self, Write};

use ratatui::buffer::Cell;

use super::{
    CELL, CellStyle,
    colour::{Ground, Hex},
    shape,
};

/// Shapes by (colour, opacity, stroke width, path). Shapes of one appearance share a path.
#[derive(Default)]
pub(super) struct Paths(Vec<(Hex, f32, f32, String)>);

impl Paths {
    /// Adds to the path of a colour, opacity and stroke width, which is 0 for filled shapes.
    fn add(&mut self, (colour, opacity, thick): (Hex, f32, f32), path: &str) {
        let found = self
            .0
            .iter_mut()
            .find(|p| (p.0, p.1, p.2) == (colour, opacity, thick));
        match found {
            Some((_, _, _, all)) => all.push_str(path),
            None => self.0.push((colour, opacity, thick, path.to_owned())),
        }
    }

    /// Writes all paths. `attribute` is `fill` or `stroke`.
    pub(super) fn write(self, svg: &mut String, attribute: &str) {
        for (colour, opacity, thick, path) in self.0 {
            let _ = write!(svg, "<path {attribute}=\"{colour}\"");
            if thick > 0.0 {
                let _ = write!(svg, " stroke-width=\"{thick}\"");
            }
            if opacity < 1.0 {
                let _ = write!(svg, " opacity=\"{opacity}\"");
            }
            let _ = writeln!(svg, " d=\"{path}\"/>");
        }
    }
}

/// Adds the backgrounds and the blocks of a row.
pub(super) fn blocks(
    backgrounds: &mut Paths,
    parts: &mut Paths,
    y: usize,
    row: &[Cell],
    ground: Ground,
) {
    let background = |cell: &Cell| {
        CellStyle::of(cell, ground)
            .background
            .map(|colour| ([0.0, 0.0, 1.0, 1.0], colour, 1.0))
    };
    let part = |cell: &Cell| {
        let style = CellStyle::of(cell, ground);
        let (part, opacity) = shape::block(cell.symbol())?;
        Some((part, style.foreground, opacity * style.opacity))
    };
    rectangles(backgrounds, y, row.iter().map(background));
    rectangles(parts, y, row.iter().map(part));
}

/// A part of a cell (left, top, width, height as shares of the cell), its colour and its opacity.
type Part = ([f32; 4], Hex, f32);

/// Adds the rectangles of a row. Equal neighbours that fill the width of their cells become one rectangle.
fn rectangles(paths: &mut Paths, y: usize, row: impl Iterator<Item = Option<Part>>) {
    let row: Vec<Option<Part>> = row.collect();
    let mut x = 0;
    while x < row.len() {
        let Some((part, colour, opacity)) = row[x] else {
            x += 1;
            continue;
        };
        let [left, top, width, height] = part;
        let count = if width >= 1.0 {
            row[x..]
                .iter()
                .take_while(|other| **other == row[x])
                .count()
        } else {
            1
        };
        let wide = if width >= 1.0 { count as f32 } else { width } * CELL.0;
        let path = format!(
            "M{} {}h{}v{}h-{}z",
            Decimal((x as f32 + left) * CELL.0),
            Decimal((y as f32 + top) * CELL.1),
            Decimal(wide),
            Decimal(height * CELL.1),
            Decimal(wide)
        );
        paths.add((colour, opacity, 0.0), &path);
        x += count;
    }
}

/// A number with at most two decimals.
pub(super) struct Decimal(pub f32);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Adds the frames and braille dots of a row.
pub(super) fn strokes(paths: &mut Paths, y: usize, row: &[Cell], ground: Ground) {
    for (x, cell) in row.iter().enumerate() {
        if let Some((thick, path)) = shape::stroke(cell.symbol(), (x as f32, y as f32), CELL) {
            let style = CellStyle::of(cell, ground);
            paths.add((style.foreground, style.opacity, thick), &path);
        }
    }
}
