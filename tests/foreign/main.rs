//! Text from elsewhere stays text: whatever stands in a file, in its name or in an argument, no command hands a terminal
//! anything that it would obey, or that would turn the order of its text around.

mod commands;
mod files;
#[path = "../common/folders.rs"]
mod folders;
#[path = "../common/program.rs"]
mod program;
mod streams;

/// A colour, a title, a bell, a return, an erasure and a C1 control that clear and rename, directions and breaks; marks
/// at both ends show that they belong together.
pub const HOSTILE: &str = "evil\u{1b}[31m\u{1b}]0;title\u{7}\u{8}\r\u{7f}\u{9b}2J\u{9d}\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}\u{2029}live";

/// Whether a terminal or a reader could be misled; breaks and tabs part our own texts.
pub fn is_unsafe(symbol: char) -> bool {
    match symbol {
        '\n' | '\t' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2066}'..='\u{2069}' => true,
        _ => false,
    }
}
