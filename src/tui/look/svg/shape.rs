//! The characters that are drawn as shapes: blocks, shades, frames, braille dots.

use std::fmt::Write;

use crate::tui::plot::canvas::BITS;

/// The width of a thin line, in pixels.
const THIN: f32 = 1.1;
/// The width of a thick line, in pixels.
const THICK: f32 = 2.2;
/// The diameter of a braille dot, in pixels.
const DOT: f32 = 2.6;

/// Returns whether a character is drawn by [`block`] or [`stroke`].
pub(super) fn is_drawn(symbol: &str) -> bool {
    block(symbol).is_some() || stroke(symbol, (0.0, 0.0), (8.0, 16.0)).is_some()
}

/// Returns the part of a cell that a block fills, as shares (left, top, width, height), and its opacity.
pub(super) fn block(symbol: &str) -> Option<([f32; 4], f32)> {
    let lower = |eighths: f32| [0.0, 1.0 - eighths / 8.0, 1.0, eighths / 8.0];
    let part = match single(symbol)? {
        '▀' => [0.0, 0.0, 1.0, 0.5],
        '▌' => [0.0, 0.0, 0.5, 1.0],
        '▐' => [0.5, 0.0, 0.5, 1.0],
        bar @ '▁'..='█' => lower((bar as u32 - '▁' as u32 + 1) as f32),
        '░' => return Some(([0.0, 0.0, 1.0, 1.0], 0.25)),
        '▒' => return Some(([0.0, 0.0, 1.0, 1.0], 0.5)),
        '▓' => return Some(([0.0, 0.0, 1.0, 1.0], 0.75)),
        _ => return None,
    };
    Some((part, 1.0))
}

/// Returns the stroke width and the path of lines or dots in the cell at (column, row).
pub(super) fn stroke(symbol: &str, at: (f32, f32), cell: (f32, f32)) -> Option<(f32, String)> {
    let symbol = single(symbol)?;
    let (left, top) = (at.0 * cell.0, at.1 * cell.1);
    let (right, bottom) = (left + cell.0, top + cell.1);
    let (x, y) = (left + cell.0 / 2.0, top + cell.1 / 2.0);
    let across = format!("M{left:.1} {y:.1}H{right:.1}");
    let down = format!("M{x:.1} {top:.1}V{bottom:.1}");
    let corner = |from: (f32, f32), to: (f32, f32)| {
        format!(
            "M{:.1} {:.1}Q{x:.1} {y:.1} {:.1} {:.1}",
            from.0, from.1, to.0, to.1
        )
    };
    let path = match symbol {
        '\u{2800}'..='\u{28ff}' => {
            return Some((DOT, dots(symbol as u32 as u8, (left, top), cell)));
        }
        '─' => across,
        '━' => return Some((THICK, across)),
        '│' => down,
        '┊' => format!(
            "M{x:.1} {:.1}V{:.1}M{x:.1} {:.1}V{:.1}",
            top + cell.1 * 0.15,
            top + cell.1 * 0.35,
            top + cell.1 * 0.65,
            top + cell.1 * 0.85
        ),
        '┤' => format!("{down}M{left:.1} {y:.1}H{x:.1}"),
        '├' => format!("{down}M{x:.1} {y:.1}H{right:.1}"),
        '└' => format!("M{x:.1} {top:.1}V{y:.1}H{right:.1}"),
        '╭' => corner((x, bottom), (right, y)),
        '╮' => corner((left, y), (x, bottom)),
        '╰' => corner((x, top), (right, y)),
        '╯' => corner((x, top), (left, y)),
        _ => return None,
    };
    Some((THIN, path))
}

/// Returns the path of a braille pattern. Each dot is a line of length 0, which round caps make visible.
fn dots(bits: u8, (left, top): (f32, f32), cell: (f32, f32)) -> String {
    let mut path = String::new();
    for (row, columns) in BITS.iter().enumerate() {
        for (column, bit) in columns.iter().enumerate() {
            if bits & bit != 0 {
                let x = left + cell.0 * (column as f32 + 0.5) / 2.0;
                let y = top + cell.1 * (row as f32 + 0.5) / 4.0;
                let _ = write!(path, "M{x:.1} {y:.1}h0");
            }
        }
    }
    path
}

/// Returns the character of a text that holds exactly one.
fn single(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_rise_by_eighths_from_the_bottom() {
        assert_eq!(block("▁"), Some(([0.0, 0.875, 1.0, 0.125], 1.0)));
        assert_eq!(block("▄"), Some(([0.0, 0.5, 1.0, 0.5], 1.0)));
        assert_eq!(block("█"), Some(([0.0, 0.0, 1.0, 1.0], 1.0)));
        assert_eq!(block("a"), None);
    }

    #[test]
    fn a_pattern_has_as_many_dots_as_bits() {
        let (_, all) = stroke("⣿", (0.0, 0.0), (8.0, 16.0)).unwrap();
        assert_eq!(all.matches("h0").count(), 8);
        let (_, one) = stroke("⠁", (1.0, 0.0), (8.0, 16.0)).unwrap();
        assert_eq!(one, "M10.0 2.0h0");
        assert!(is_drawn("╭") && !is_drawn("A") && !is_drawn(""));
    }
}
