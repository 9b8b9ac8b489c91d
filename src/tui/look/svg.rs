//! A picture of the screen as an SVG document. Text is fitted to the grid of cells, whatever font the viewer has. Lines,
//! blocks and dots are drawn as shapes, so they connect as in a terminal.

mod colour;
mod paths;
mod shape;
mod words;

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::Modifier,
};

use colour::{Ground, Hex};
use paths::{Paths, blocks, strokes};
use words::{escaped, words};

/// The width and height of a cell, in pixels.
const CELL: (f32, f32) = (8.4, 17.0);
/// The size of the font and the offset of its baseline from the top of a cell, in pixels.
const FONT: (f32, f32) = (14.0, 12.8);
/// The margin around the screen, in pixels.
const MARGIN: f32 = 10.0;

/// Returns the SVG document of a buffer, on the background for which its colours were chosen.
pub fn document(buffer: &Buffer, title: &str, light: bool) -> String {
    let (area, ground) = (buffer.area, Ground::of(light));
    let (width, height) = (
        f32::from(area.width) * CELL.0 + 2.0 * MARGIN,
        f32::from(area.height) * CELL.1 + 2.0 * MARGIN,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.1} {height:.1}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n",
        escaped(title),
        ground.background
    );
    let rows: Vec<&[Cell]> = buffer
        .content
        .chunks(usize::from(area.width.max(1)))
        .collect();
    let (mut backgrounds, mut parts, mut lines) =
        (Paths::default(), Paths::default(), Paths::default());
    for (y, row) in rows.iter().enumerate() {
        blocks(&mut backgrounds, &mut parts, y, row, ground);
        strokes(&mut lines, y, row, ground);
    }
    svg += "<g shape-rendering=\"crispEdges\">\n";
    backgrounds.write(&mut svg, "fill");
    parts.write(&mut svg, "fill");
    svg += "</g>\n<g fill=\"none\" stroke-linecap=\"round\">\n";
    lines.write(&mut svg, "stroke");
    let _ = writeln!(
        svg,
        "</g>\n<g font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" \
         font-size=\"{}\" xml:space=\"preserve\">",
        FONT.0
    );
    for (y, row) in rows.iter().enumerate() {
        words(&mut svg, y, row, ground);
    }
    svg += "</g>\n</g>\n</svg>\n";
    svg
}

/// The style of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
struct CellStyle {
    foreground: Hex,
    /// `None` for the screen's own background.
    background: Option<Hex>,
    bold: bool,
    underlined: bool,
    opacity: f32,
}

impl CellStyle {
    fn of(cell: &Cell, ground: Ground) -> Self {
        let (foreground, background) = (colour::hex(cell.fg), colour::hex(cell.bg));
        let modifier = cell.modifier;
        let (foreground, background) = if modifier.contains(Modifier::REVERSED) {
            (
                background.unwrap_or(ground.background),
                Some(foreground.unwrap_or(ground.foreground)),
            )
        } else {
            (foreground.unwrap_or(ground.foreground), background)
        };
        Self {
            foreground,
            background,
            bold: modifier.contains(Modifier::BOLD),
            underlined: modifier.contains(Modifier::UNDERLINED),
            opacity: if modifier.contains(Modifier::DIM) {
                0.6
            } else {
                1.0
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{
        layout::Rect,
        style::{Color, Style},
    };

    use super::{paths::Decimal, *};

    fn drawn(lines: &[&str], style: Style) -> String {
        let mut buffer = Buffer::with_lines(lines.iter().copied());
        buffer.set_style(Rect::new(0, 0, 3, 1), style);
        document(&buffer, "a & b", false)
    }

    #[test]
    fn text_is_escaped_and_as_wide_as_its_cells() {
        let svg = drawn(&["<&> word"], Style::new());
        assert!(svg.contains(">&lt;&amp;&gt;</text>"), "{svg}");
        assert!(svg.contains("<title>a &amp; b</title>"));
        assert!(
            svg.contains(&format!("textLength=\"{:.1}\"", 4.0 * CELL.0)),
            "{svg}"
        );
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn neighbours_of_one_colour_are_one_rectangle_and_halves_are_halves() {
        let blue = Style::new()
            .fg(Color::Rgb(1, 2, 255))
            .bg(Color::Rgb(9, 9, 9));
        let svg = drawn(&["▀▀▀"], blue);
        let of = |fill: &str| svg.matches(&format!("fill=\"{fill}\"")).count();
        assert_eq!((of("#0102ff"), of("#090909")), (1, 1), "{svg}");
        assert!(
            svg.contains(&format!("v{}h", Decimal(CELL.1 / 2.0))),
            "{svg}"
        );
        assert!(!svg.contains("<text"), "blocks are shapes: {svg}");
    }

    #[test]
    fn frames_and_dots_are_strokes_and_reversed_text_has_a_ground() {
        let svg = drawn(&["╭─⠁", "│ x"], Style::new());
        // All lines share one path. Dots have another, which is thicker.
        assert_eq!(svg.matches("<path").count(), 2, "{svg}");
        assert_eq!(svg.matches("<text").count(), 1);
        let dark = Ground::of(false);
        let reversed = drawn(&["abc"], Style::new().add_modifier(Modifier::REVERSED));
        assert!(
            reversed.contains(&format!("fill=\"{}\"", dark.foreground)),
            "{reversed}"
        );
        assert!(
            reversed.contains(&format!("fill=\"{}\">abc", dark.background)),
            "{reversed}"
        );
    }

    #[test]
    fn the_background_is_that_for_which_the_colours_were_chosen() {
        let buffer = Buffer::with_lines(["abc"]);
        for light in [false, true] {
            let ground = Ground::of(light);
            let svg = document(&buffer, "", light);
            assert!(svg.contains(&format!("rx=\"6\" fill=\"{}\"", ground.background)));
            assert!(svg.contains(&format!("fill=\"{}\">abc", ground.foreground)));
        }
        assert_ne!(Ground::of(true), Ground::of(false));
    }
}
