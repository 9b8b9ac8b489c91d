//! Text as SVG elements.

use std::fmt::Write;

use ratatui::buffer::Cell;

use super::{CELL, CellStyle, FONT, colour::Ground, shape};
use crate::text::is_unsafe;

/// Writes the characters of a row that are not shapes. Neighbours of one style are one element, fitted to its cells.
pub(super) fn words(svg: &mut String, y: usize, row: &[Cell], ground: Ground) {
    let is_text = |cell: &Cell| {
        let symbol = cell.symbol();
        !symbol.trim().is_empty() && !shape::is_drawn(symbol)
    };
    let mut x = 0;
    while x < row.len() {
        if !is_text(&row[x]) {
            x += 1;
            continue;
        }
        let style = CellStyle::of(&row[x], ground);
        let same = |cell: &Cell| is_text(cell) && CellStyle::of(cell, ground) == style;
        let length = row[x..].iter().take_while(|cell| same(cell)).count();
        let text: String = row[x..x + length].iter().map(Cell::symbol).collect();
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" \
             lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"",
            x as f32 * CELL.0,
            y as f32 * CELL.1 + FONT.1,
            length as f32 * CELL.0,
            style.foreground
        );
        if style.bold {
            svg.push_str(" font-weight=\"bold\"");
        }
        if style.underlined {
            svg.push_str(" text-decoration=\"underline\"");
        }
        if style.opacity < 1.0 {
            let _ = write!(svg, " opacity=\"{}\"", style.opacity);
        }
        let _ = writeln!(svg, ">{}</text>", escaped(&text));
        x += length;
    }
}

/// Escapes a text for XML. Characters that are unsafe in a terminal become spaces.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            character if is_unsafe(character) => out.push(' '),
            character => out.push(character),
        }
    }
    out
}
