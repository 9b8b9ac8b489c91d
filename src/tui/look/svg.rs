//! A picture of the screen as an SVG document: text on the grid of its cells whatever font a viewer has; lines, blocks and
//! dots drawn as shapes, so that they meet as they do in a terminal.

mod colour;
mod shape;

use std::fmt::{self, Write};

use ratatui::{
    buffer::{Buffer, Cell},
    style::Modifier,
};

use colour::{BACKGROUND, FOREGROUND, Hex};

use crate::text::is_unsafe;

/// Width and height of a cell, in pixels.
const CELL: (f32, f32) = (8.4, 17.0);
/// Height of the letters, and where they stand in a cell.
const FONT: (f32, f32) = (14.0, 12.8);
/// Room around the screen.
const MARGIN: f32 = 10.0;

/// The document.
pub fn document(buffer: &Buffer, title: &str) -> String {
    let area = buffer.area;
    let (width, height) = (
        f32::from(area.width) * CELL.0 + 2.0 * MARGIN,
        f32::from(area.height) * CELL.1 + 2.0 * MARGIN,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.1} {height:.1}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n",
        escaped(title)
    );
    let rows: Vec<&[Cell]> = buffer
        .content
        .chunks(usize::from(area.width.max(1)))
        .collect();
    let (mut grounds, mut parts, mut lines) =
        (Paths::default(), Paths::default(), Paths::default());
    for (y, row) in rows.iter().enumerate() {
        blocks(&mut grounds, &mut parts, y, row);
        strokes(&mut lines, y, row);
    }
    svg += "<g shape-rendering=\"crispEdges\">\n";
    grounds.write(&mut svg, "fill");
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
        words(&mut svg, y, row);
    }
    svg += "</g>\n</g>\n</svg>\n";
    svg
}

/// What a cell looks like: ink, ground where it is not the screen's own, boldness, and how much of the ink there is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Look {
    ink: Hex,
    ground: Option<Hex>,
    bold: bool,
    underlined: bool,
    opacity: f32,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (ink, ground) = (colour::hex(cell.fg), colour::hex(cell.bg));
        let modifier = cell.modifier;
        let (ink, ground) = match modifier.contains(Modifier::REVERSED) {
            true => (
                ground.unwrap_or(BACKGROUND),
                Some(ink.unwrap_or(FOREGROUND)),
            ),
            false => (ink.unwrap_or(FOREGROUND), ground),
        };
        Self {
            ink,
            ground,
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

/// Shapes, those of one look as one path.
#[derive(Default)]
struct Paths(Vec<(Hex, f32, f32, String)>);

impl Paths {
    /// Adds to the path of this colour, opacity and thickness (0 for what is filled).
    fn add(&mut self, (ink, opacity, thick): (Hex, f32, f32), path: &str) {
        let found = self
            .0
            .iter_mut()
            .find(|p| (p.0, p.1, p.2) == (ink, opacity, thick));
        match found {
            Some((_, _, _, all)) => all.push_str(path),
            None => self.0.push((ink, opacity, thick, path.to_owned())),
        }
    }

    fn write(self, svg: &mut String, attribute: &str) {
        for (ink, opacity, thick, path) in self.0 {
            let _ = write!(svg, "<path {attribute}=\"{ink}\"");
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

/// Grounds of cells, and blocks in them, neighbours of one colour as one rectangle.
fn blocks(grounds: &mut Paths, parts: &mut Paths, y: usize, row: &[Cell]) {
    let ground = |cell: &Cell| {
        Look::of(cell)
            .ground
            .map(|ink| ([0.0, 0.0, 1.0, 1.0], ink, 1.0))
    };
    let part = |cell: &Cell| {
        let look = Look::of(cell);
        let (part, opacity) = shape::block(cell.symbol())?;
        Some((part, look.ink, opacity * look.opacity))
    };
    rectangles(grounds, y, row.iter().map(ground));
    rectangles(parts, y, row.iter().map(part));
}

/// A part of a cell (left, top, width and height as shares of it), its colour and opacity.
type Part = ([f32; 4], Hex, f32);

fn rectangles(paths: &mut Paths, y: usize, row: impl Iterator<Item = Option<Part>>) {
    let row: Vec<Option<Part>> = row.collect();
    let mut x = 0;
    while x < row.len() {
        let Some((part, ink, opacity)) = row[x] else {
            x += 1;
            continue;
        };
        let [left, top, width, height] = part;
        let count = match width >= 1.0 {
            true => row[x..]
                .iter()
                .take_while(|other| **other == row[x])
                .count(),
            false => 1,
        };
        let wide = if width >= 1.0 { count as f32 } else { width } * CELL.0;
        let path = format!(
            "M{} {}h{}v{}h-{}z",
            Short((x as f32 + left) * CELL.0),
            Short((y as f32 + top) * CELL.1),
            Short(wide),
            Short(height * CELL.1),
            Short(wide)
        );
        paths.add((ink, opacity, 0.0), &path);
        x += count;
    }
}

/// A number with two decimals at most.
struct Short(f32);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Lines of frames, and braille dots.
fn strokes(paths: &mut Paths, y: usize, row: &[Cell]) {
    for (x, cell) in row.iter().enumerate() {
        if let Some((thick, path)) = shape::stroke(cell.symbol(), (x as f32, y as f32), CELL) {
            let look = Look::of(cell);
            paths.add((look.ink, look.opacity, thick), &path);
        }
    }
}

/// Everything else, neighbours of one look as one piece of text that is as wide as its cells.
fn words(svg: &mut String, y: usize, row: &[Cell]) {
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
        let look = Look::of(&row[x]);
        let same = |cell: &Cell| is_text(cell) && Look::of(cell) == look;
        let length = row[x..].iter().take_while(|cell| same(cell)).count();
        let text: String = row[x..x + length].iter().map(Cell::symbol).collect();
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" \
             lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"",
            x as f32 * CELL.0,
            y as f32 * CELL.1 + FONT.1,
            length as f32 * CELL.0,
            look.ink
        );
        if look.bold {
            svg.push_str(" font-weight=\"bold\"");
        }
        if look.underlined {
            svg.push_str(" text-decoration=\"underline\"");
        }
        if look.opacity < 1.0 {
            let _ = write!(svg, " opacity=\"{}\"", look.opacity);
        }
        let _ = writeln!(svg, ">{}</text>", escaped(&text));
        x += length;
    }
}

/// Text as XML has it, without what it cannot have or a reader could be misled by.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            symbol if is_unsafe(symbol) => out.push(' '),
            symbol => out.push(symbol),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use ratatui::{
        layout::Rect,
        style::{Color, Style},
    };

    use super::*;

    fn drawn(lines: &[&str], style: Style) -> String {
        let mut buffer = Buffer::with_lines(lines.iter().copied());
        buffer.set_style(Rect::new(0, 0, 3, 1), style);
        document(&buffer, "a & b")
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
        assert!(svg.contains(&format!("v{}h", Short(CELL.1 / 2.0))), "{svg}");
        assert!(!svg.contains("<text"), "blocks are shapes: {svg}");
    }

    #[test]
    fn frames_and_dots_are_strokes_and_reversed_text_has_a_ground() {
        let svg = drawn(&["╭─⠁", "│ x"], Style::new());
        // Lines are of one look, dots thicker.
        assert_eq!(svg.matches("<path").count(), 2, "{svg}");
        assert_eq!(svg.matches("<text").count(), 1);
        let reversed = drawn(&["abc"], Style::new().add_modifier(Modifier::REVERSED));
        assert!(
            reversed.contains(&format!("fill=\"{FOREGROUND}\"")),
            "{reversed}"
        );
        assert!(
            reversed.contains(&format!("fill=\"{BACKGROUND}\">abc")),
            "{reversed}"
        );
    }
}
