//! Colours and emphasis of the dashboard at each depth of colour.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Style},
};
use sn_tui::tui::look::theme::{Depth, Look};

use super::{app, check_snapshot, drawn, made_up::*};

/// The runs of cells with one style, one on each line: position, text and style.
fn styles(buffer: &Buffer) -> String {
    let mut text = String::new();
    let rows = buffer.content.chunks(buffer.area.width.into());
    for (y, row) in rows.enumerate() {
        let mut x = 0;
        for stretch in row.chunk_by(|a, b| a.style() == b.style()) {
            let symbols: String = stretch.iter().map(Cell::symbol).collect();
            let style = named(stretch[0].style());
            // Blanks without a colour are background.
            if !style.is_empty() || !symbols.trim().is_empty() {
                writeln!(text, "{y:>2},{x:<2} {symbols:?}{style}").unwrap();
            }
            x += stretch.len();
        }
    }
    text
}

/// The names of what a style sets.
fn named(style: Style) -> String {
    let mut name = String::new();
    for (of, colour) in [("", style.fg), (" on", style.bg)] {
        if let Some(colour) = colour.filter(|&colour| colour != Color::Reset) {
            write!(name, "{of} {colour}").unwrap();
        }
    }
    if !style.add_modifier.is_empty() {
        write!(name, " {:?}", style.add_modifier).unwrap();
    }
    name
}

#[test]
fn every_depth_of_colour_has_its_styles() {
    for (depth, name) in [
        (Depth::None, "styled_none"),
        (Depth::Sixteen, "styled_16"),
        (Depth::Indexed, "styled_256"),
        (Depth::True, "styled_true"),
    ] {
        let snapshot = running(ring(), "ring", points());
        let app = app(snapshot, history(measures), Look::new(depth, true));
        check_snapshot(name, styles(&drawn(&app, (80, 24))));
    }
}
