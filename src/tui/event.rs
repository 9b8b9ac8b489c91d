//! What the threads around the screen tell it.

use crossterm::event::KeyEvent;

/// Something that happened outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Key(KeyEvent),
    /// The terminal has another size.
    Resize,
    /// Ctrl-Z: the terminal is wanted by another program.
    Suspend,
    /// The terminal is ours again.
    Continue,
    /// A signal that ends the program.
    Signal(i32),
    /// The terminal is gone.
    HangUp,
    /// The last frame has been written.
    Written,
}
