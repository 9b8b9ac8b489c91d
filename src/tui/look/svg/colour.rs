//! The terminal's colours in SVG.

use std::fmt;

use ratatui::style::Color;

use crate::tui::look::tone::{self, CUBE_LEVELS};

/// An RGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hex([u8; 3]);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// The default colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ground {
    pub background: Hex,
    pub foreground: Hex,
}

impl Ground {
    /// Those of a light or a dark terminal.
    pub(super) fn of(light: bool) -> Self {
        let (background, foreground) = if light {
            ([0xff, 0xff, 0xff], [0x1c, 0x1f, 0x26])
        } else {
            ([0x15, 0x17, 0x1c], [0xd6, 0xda, 0xe2])
        };
        Self {
            background: Hex(background),
            foreground: Hex(foreground),
        }
    }
}

/// The 16 named colours of xterm, with lighter blues.
const NAMED: [[u8; 3]; 16] = {
    let mut named = tone::NAMED;
    named[4] = [60, 110, 238];
    named[12] = [92, 142, 255];
    named
};

/// Returns the RGB colour, or `None` for a default colour of the terminal.
pub(super) fn hex(colour: Color) -> Option<Hex> {
    let index = match colour {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => return Some(Hex([r, g, b])),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(Hex(indexed(index)))
}

/// Returns one of the 256 colours.
fn indexed(index: u8) -> [u8; 3] {
    match index {
        0..=15 => NAMED[index as usize],
        16..=231 => {
            let cube = index as usize - 16;
            [cube / 36, cube / 6 % 6, cube % 6].map(|level| CUBE_LEVELS[level])
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexed_colours_are_those_of_xterm() {
        let text = |index| hex(Color::Indexed(index)).unwrap().to_string();
        assert_eq!(
            [16, 21, 196, 231, 232, 255].map(text),
            [
                "#000000", "#0000ff", "#ff0000", "#ffffff", "#080808", "#eeeeee"
            ]
        );
        assert_eq!(hex(Color::Reset), None);
    }
}
