//! A picture of the screen as an SVG document: text on the grid of its cells whatever font a viewer has; lines, blocks and
//! dots drawn as shapes, so that they meet as they do in a terminal.

mod colour;
mod shape;

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::Modifier,
};

use colour::{BACKGROUND, FOREGROUND, Hex};

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
    svg += "<g shape-rendering=\"crispEdges\">\n";
    for (y, row) in rows.iter().enumerate() {
        blocks(&mut svg, y, row);
    }
    svg += "</g>\n<g fill=\"none\" stroke-linecap=\"round\">\n";
    for (y, row) in rows.iter().enumerate() {
        strokes(&mut svg, y, row);
    }
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

/// Grounds of cells, and blocks in them, neighbours of one colour as one rectangle.
fn blocks(svg: &mut String, y: usize, row: &[Cell]) {
    // A block: its part of the cell (left, top, width, height), its colour and opacity.
    type Block = ([f32; 4], Hex, f32);
    let mut open: Option<(usize, usize, Block)> = None;
    let mut write =
        |(from, to, ([left, top, width, height], ink, opacity)): (usize, usize, Block)| {
            let whole = width >= 1.0;
            let _ = write!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.2}\" width=\"{:.1}\" height=\"{:.2}\" fill=\"{ink}\"",
                (from as f32 + left) * CELL.0,
                (y as f32 + top) * CELL.1,
                if whole { (to - from) as f32 } else { width } * CELL.0,
                height * CELL.1
            );
            if opacity < 1.0 {
                let _ = write!(svg, " opacity=\"{opacity}\"");
            }
            svg.push_str("/>\n");
        };
    let mut add = |x: usize, block: Block| match &mut open {
        Some((_, to, before)) if *to == x && *before == block && block.0[2] >= 1.0 => *to += 1,
        _ => {
            if let Some(done) = open.replace((x, x + 1, block)) {
                write(done);
            }
        }
    };
    for (x, cell) in row.iter().enumerate() {
        if let Some(ground) = Look::of(cell).ground {
            add(x, ([0.0, 0.0, 1.0, 1.0], ground, 1.0));
        }
    }
    for (x, cell) in row.iter().enumerate() {
        let look = Look::of(cell);
        if let Some((part, opacity)) = shape::block(cell.symbol()) {
            add(x, (part, look.ink, opacity * look.opacity));
        }
    }
    if let Some(done) = open {
        write(done);
    }
}

/// Lines of frames, and braille dots, as one path for neighbours of one colour.
fn strokes(svg: &mut String, y: usize, row: &[Cell]) {
    let mut open: Option<(Hex, f32, f32, String)> = None;
    let mut write = |(ink, opacity, width, path): (Hex, f32, f32, String)| {
        let _ = write!(
            svg,
            "<path d=\"{path}\" stroke=\"{ink}\" stroke-width=\"{width}\""
        );
        if opacity < 1.0 {
            let _ = write!(svg, " opacity=\"{opacity}\"");
        }
        svg.push_str("/>\n");
    };
    for (x, cell) in row.iter().enumerate() {
        let Some((width, path)) = shape::stroke(cell.symbol(), (x as f32, y as f32), CELL) else {
            continue;
        };
        let look = Look::of(cell);
        match &mut open {
            Some((ink, opacity, thick, all))
                if (*ink, *opacity, *thick) == (look.ink, look.opacity, width) =>
            {
                all.push_str(&path);
            }
            _ => {
                if let Some(done) = open.replace((look.ink, look.opacity, width, path)) {
                    write(done);
                }
            }
        }
    }
    if let Some(done) = open {
        write(done);
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

/// Text as XML has it, without what it cannot have.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            symbol if symbol.is_control() => out.push(' '),
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
        assert!(svg.contains(&format!("height=\"{:.2}\" fill=\"#0102ff\"", CELL.1 / 2.0)));
        assert!(!svg.contains("<text"), "blocks are shapes: {svg}");
    }

    #[test]
    fn frames_and_dots_are_strokes_and_reversed_text_has_a_ground() {
        let svg = drawn(&["╭─⠁", "│ x"], Style::new());
        assert_eq!(svg.matches("<path").count(), 3, "{svg}");
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
