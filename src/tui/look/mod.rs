//! The appearance of the screen: the terminal's capabilities, colours and characters.

pub(crate) mod ascii;
mod environment;
pub(crate) mod palette;
pub mod svg;
pub mod theme;
pub(crate) mod tint;
pub(crate) mod tone;
