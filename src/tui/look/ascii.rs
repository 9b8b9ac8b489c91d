//! The screen for a locale without UTF-8: one ASCII character for each other one, so that nothing moves.

use ratatui::buffer::Buffer;

/// Replaces every character beyond ASCII.
pub fn only(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if !cell.symbol().is_ascii() {
            let first = cell.symbol().chars().next().unwrap_or(' ');
            cell.set_char(counterpart(first));
        }
    }
}

fn counterpart(symbol: char) -> char {
    match symbol {
        '─' | '–' | '−' | '▃' => '-',
        '│' | '‖' | '┤' => '|',
        '┊' => ':',
        '└' => '+',
        '▐' | '▌' => '|',
        '░' => '.',
        '▒' => ':',
        '▓' => '=',
        '←' => '<',
        'ᵢ' => 'i',
        '₁' => '1',
        '╭' | '╮' | '╰' | '╯' => '+',
        '━' | '▄' => '=',
        '→' | '▶' | '▸' => '>',
        '×' => 'x',
        'σ' => 's',
        'θ' => 't',
        'β' => 'b',
        '∇' => 'd',
        '·' => '-',
        '…' | '▂' => '.',
        '↑' => '^',
        '↓' | '▾' => 'v',
        '≤' => '<',
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
