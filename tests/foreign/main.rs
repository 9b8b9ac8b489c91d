//! Foreign text stays text: no command prints a text from a file, a file name or an argument in a form that controls a
//! terminal or reorders text.

mod commands;
mod files;
#[path = "../common/folders.rs"]
mod folders;
#[path = "../common/program.rs"]
mod program;
mod streams;

/// A colour, a title, a bell, a return, an erasure, C1 controls, directions and breaks. Marks at both ends show
/// whether the text was kept whole.
pub const HOSTILE: &str = "evil\u{1b}[31m\u{1b}]0;title\u{7}\u{8}\r\u{7f}\u{9b}2J\u{9d}\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}\u{2029}live";

/// Whether a character could mislead a terminal or a reader. Line breaks and tabs separate the program's own texts.
pub fn is_unsafe(symbol: char) -> bool {
    match symbol {
        '\n' | '\t' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2066}'..='\u{2069}' => true,
        _ => false,
    }
}
