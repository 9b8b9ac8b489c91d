//! Colours and emphasis of the dashboard at each depth of colour.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Style},
};
use sn_tui::tui::look::theme::{Depth, Look};

use super::{app, check_snapshot, drawn, lanes, made_up::*};

/// The runs of cells with one style, one on each line: position, text and style.
pub fn styles(buffer: &Buffer) -> String {
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

/// The depths of colour, with the ends of the names of their snapshots.
pub const DEPTHS: [(Depth, &str); 4] = [
    (Depth::None, "none"),
    (Depth::Sixteen, "16"),
    (Depth::Indexed, "256"),
    (Depth::True, "true"),
];

#[test]
fn every_depth_of_colour_has_its_styles() {
    for (depth, name) in DEPTHS {
        let snapshot = running(ring(), "ring", points());
        let app = app(snapshot, history(measures), Look::new(depth, true));
        let name = format!("styled_{name}");
        check_snapshot(&name, styles(&drawn(&app, (80, 24))));
    }
}

#[test]
fn a_light_background_has_styles_of_its_own() {
    for (depth, name) in [(Depth::Sixteen, "16"), (Depth::Indexed, "256")] {
        let look = Look::new(depth, true).with_background(true);
        let app = lanes::run(ring(), 2, 0, look);
        let light = styles(&drawn(&app, (80, 24)));
        check_snapshot(&format!("lanes_light_{name}"), light);
    }
}
