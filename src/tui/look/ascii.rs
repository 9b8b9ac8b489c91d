//! The screen for a locale without UTF-8. Each character is replaced by one ASCII character, so the layout stays.

use ratatui::buffer::Buffer;

/// Replaces every non-ASCII character of a buffer.
pub(crate) fn replace_non_ascii(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if !cell.symbol().is_ascii() {
            let first = cell.symbol().chars().next().unwrap_or(' ');
            cell.set_char(counterpart(first));
        }
    }
}

/// Returns the ASCII character that looks most like a character of the screen.
fn counterpart(character: char) -> char {
    match character {
        '─' | '–' | '−' | '▃' => '-',
        '│' | '┃' | '‖' | '┤' | '├' => '|',
        '┊' => ':',
        '└' => '+',
        '▐' | '▌' => '|',
        '░' | '┈' => '.',
        '╌' => '~',
        '▒' => ':',
        '▓' => '=',
        '←' => '<',
        'ᵢ' => 'i',
        '₁' => '1',
        '╭' | '╮' | '╰' | '╯' => '+',
        '━' | '▄' => '=',
        '→' | '▶' | '▸' => '>',
        '◌' => 'o',
        '×' => 'x',
        'σ' => 's',
        'Δ' => 'D',
        '∏' => 'P',
        'θ' => 't',
        'β' => 'b',
        '∇' => 'd',
        '·' => '-',
        '…' | '▂' => '.',
        '↑' => '^',
        '↓' | '▾' => 'v',
        '≤' => '<',
        '≥' => '>',
        '▁' => '_',
        '▅' => '+',
        '▆' | '●' => '*',
        '▇' | '█' => '#',
        '○' => 'o',
        '²' => '2',
        'é' => 'e',
        _ => '?',
    }
}
