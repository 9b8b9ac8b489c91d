//! What the threads around the screen tell it.

use crossterm::event::KeyEvent;

use super::graphics::ask::Replies;

/// Something that happened outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Key(KeyEvent),
    /// What the terminal says it can.
    Replies(Replies),
    /// The terminal has another size.
    Resize,
    /// Ctrl-Z: the terminal is wanted by another program.
    Suspend,
    /// The terminal is ours again.
    Continue,
    /// A signal asks for a checkpoint.
    Save,
    /// A signal that ends the program.
    Signal(i32),
    /// The terminal is gone.
    HangUp,
    /// The last frame has been written.
    Written,
}
