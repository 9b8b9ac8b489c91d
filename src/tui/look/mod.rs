//! How the screen looks: what the terminal can show, and the colours that follow from it.

pub mod ascii;
pub mod palette;
pub mod svg;
pub mod theme;
pub mod tone;
