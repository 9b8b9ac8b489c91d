//! Pictures as real pixels, where the terminal says that it can: by kitty's protocol, iTerm2's or as sixels.
//!
//! The terminal is asked once, after the first frame ([`ask`]), and nothing waits for its answer. What it can is chosen
//! from the replies ([`choose`]); from then on the cells of a picture are left out of the frame, and the picture is sent
//! after it, anew only when it has changed ([`board`]).

pub mod ask;
pub mod board;
pub mod choose;
mod iterm;
mod kitty;
pub mod raster;
mod sixel;

/// How pixels reach the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Kitty,
    /// Kitty's, through tmux: pictures stand where characters stand for them.
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

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graphics {
    pub protocol: Protocol,
    /// Width and height of a cell in pixels.
    pub cell: (u16, u16),
}
