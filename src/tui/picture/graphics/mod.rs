//! Pictures as pixels, through kitty's protocol, iTerm2's protocol or sixels.
//!
//! The terminal is queried once, after the first frame ([`query`]), and nothing waits for its replies. They decide the
//! protocol ([`choose`]). From then on a frame skips the cells of a picture, and the picture is sent after the frame if it
//! has changed ([`board`]).

pub(crate) mod board;
pub(crate) mod choose;
mod iterm;
mod kitty;
pub(crate) mod query;
pub(crate) mod raster;
mod sixel;

/// A protocol for pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Kitty,
    /// Kitty's protocol through tmux, with placeholder characters in the cells of a picture.
    KittyInTmux,
    ITerm,
    Sixel,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Kitty => "pixels (kitty's protocol)",
            Protocol::KittyInTmux => "pixels (kitty's protocol through tmux)",
            Protocol::ITerm => "pixels (iTerm2's protocol)",
            Protocol::Sixel => "pixels (sixels)",
        }
    }
}

/// The graphics of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graphics {
    pub protocol: Protocol,
    /// The width and height of a cell, in pixels.
    pub cell: (u16, u16),
}
