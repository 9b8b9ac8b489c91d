//! The screen for a locale without UTF-8. Each character is replaced by ASCII, so that the layout stays: by one character,
//! or by several where blank cells beside it have room for them.

use ratatui::buffer::{Buffer, Cell};

/// The sign at which a text is cut, where `...` has no room.
const CUT: char = '$';

/// Replaces every non-ASCII character of a buffer.
pub(crate) fn replace_non_ascii(buf: &mut Buffer) {
    let width = usize::from(buf.area.width.max(1));
    for row in buf.content.chunks_mut(width) {
        for at in 0..row.len() {
            if row[at].symbol().is_ascii() {
                continue;
            }
            let character = row[at].symbol().chars().next().unwrap_or(' ');
            match character {
                '…' if is_free(row, at) => write(row, at, "..."),
                '≤' | '≥' => {
                    let text = if character == '≤' { "<=" } else { ">=" };
                    let is_blank = |at: usize| row.get(at).is_some_and(|cell| cell.symbol() == " ");
                    match at.checked_sub(1) {
                        _ if is_blank(at + 1) => write(row, at, text),
                        Some(before) if is_blank(before) => write(row, before, text),
                        // "About" is vague, where one sign of the two would be wrong.
                        _ => write(row, at, "~"),
                    }
                }
                _ => {
                    row[at].set_char(counterpart(character));
                }
            }
        }
    }
}

/// Returns whether two blank cells follow, and no word after them.
fn is_free(row: &[Cell], at: usize) -> bool {
    let after = row.get(at + 1..at + 3);
    let end = row.get(at + 3).map_or("", Cell::symbol);
    after.is_some_and(|cells| cells.iter().all(|cell| cell.symbol() == " "))
        && !end.contains(char::is_alphanumeric)
}

/// Writes characters into cells from a place on, in the style of the first that is not blank.
fn write(row: &mut [Cell], from: usize, text: &str) {
    let cells = from..from + text.len();
    let drawn = row[cells.clone()].iter().find(|cell| cell.symbol() != " ");
    let Some(style) = drawn.map(Cell::style) else {
        return;
    };
    for (cell, character) in row[cells].iter_mut().zip(text.chars()) {
        cell.set_char(character).set_style(style);
    }
}

/// Returns the ASCII character that looks most like a character of the screen.
fn counterpart(character: char) -> char {
    match character {
        '─' | '–' | '—' | '−' | '⁻' | '▃' => '-',
        '÷' | '↗' | '↙' => '/',
        '↘' | '↖' => '\\',
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
        '₀'..='₉' => digit(character, '₀'),
        '⁰' | '⁴'..='⁹' => digit(character, '⁰'),
        '¹' => '1',
        '³' => '3',
        'ᵀ' => 'T',
        '╭' | '╮' | '╰' | '╯' => '+',
        '━' | '▄' => '=',
        '→' | '▶' | '▸' => '>',
        '◌' => 'o',
        '×' => 'x',
        'σ' => 's',
        'Δ' => 'D',
        'δ' => 'd',
        '∏' => 'P',
        'θ' => 't',
        'β' => 'b',
        '∇' => 'd',
        '·' => '-',
        '…' => CUT,
        '▂' => '.',
        '↑' => '^',
        '↓' | '▾' => 'v',
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

/// Returns the plain digit of one that is set lower or higher. `zero` is 0 in that row of digits.
fn digit(character: char, zero: char) -> char {
    let value = u32::from(character) - u32::from(zero);
    char::from_digit(value, 10).unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn replaced(text: &str) -> String {
        let mut buf = Buffer::with_lines([text]);
        replace_non_ascii(&mut buf);
        buf.content.iter().map(Cell::symbol).collect()
    }

    #[test]
    fn no_substitute_says_something_else() {
        for (text, expected) in [
            ("≥ 1", ">=1"),
            ("at ≥1.2", "at>=1.2"),
            ("▾ ≤0", "v<=0"),
            ("x≥1", "x~1"),
            ("gain 4 → 2 …    │", "gain 4 > 2 ...  |"),
            ("Ring(modes: 8, r… b 2", "Ring(modes: 8, r$ b 2"),
            ("Ring(m…  b 2", "Ring(m$  b 2"),
            ("cut at the edge…", "cut at the edge$"),
            ("σ₂/σ₁ 10⁻⁵ ÷2", "s2/s1 10-5 /2"),
        ] {
            assert_eq!(replaced(text), expected);
        }
    }

    /// Collects the characters of the source that may be drawn: those in lines without a comment.
    fn drawn(folder: &Path, found: &mut Vec<(char, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                drawn(&path, found);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
                let lines = code.lines().filter(|line| !line.trim().starts_with("//"));
                let characters = lines.flat_map(str::chars).filter(|c| !c.is_ascii());
                found.extend(characters.map(|c| (c, path.display().to_string())));
            }
        }
    }

    #[test]
    fn every_character_of_the_screen_has_a_substitute() {
        let mut found = Vec::new();
        for folder in ["tui", "model", "preset", "run"] {
            drawn(
                &Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("src")
                    .join(folder),
                &mut found,
            );
        }
        // Half blocks are drawn with Unicode alone.
        for (character, path) in found.into_iter().filter(|(c, _)| !"▀≤≥".contains(*c)) {
            assert_ne!(counterpart(character), '?', "{character} of {path}");
        }
    }
}
