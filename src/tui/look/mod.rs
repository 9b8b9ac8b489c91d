//! The appearance of the screen: the terminal's capabilities, colours and characters.

pub mod ascii;
pub mod palette;
pub mod svg;
pub mod theme;
pub mod tone;
