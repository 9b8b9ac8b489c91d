//! Colours of a terminal as SVG has them.

use std::fmt;

use ratatui::style::Color;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex([u8; 3]);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// What stands for the terminal's own colours.
pub const BACKGROUND: Hex = Hex([0x15, 0x17, 0x1c]);
pub const FOREGROUND: Hex = Hex([0xd6, 0xda, 0xe2]);

/// The sixteen colours that have names, as xterm has them but for the blues, which are dark there.
const NAMED: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [60, 110, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 142, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// The colour; none for the terminal's own.
pub fn hex(colour: Color) -> Option<Hex> {
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

/// One of the 256 colours.
fn indexed(index: u8) -> [u8; 3] {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        0..=15 => NAMED[index as usize],
        16..=231 => {
            let cube = index as usize - 16;
            [cube / 36, cube / 6 % 6, cube % 6].map(|level| LEVELS[level])
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_those_of_xterm() {
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
