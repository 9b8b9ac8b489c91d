//! Blocks of code: long lines are broken so that a terminal of 80 columns shows all of them.

use super::{WIDTH, width};

/// What stands before each line of code.
pub(super) const INDENT: &str = "    ";
/// Columns of a line of code.
const COLUMNS: usize = WIDTH - INDENT.len();

/// Breaks a line of code into lines that fit the page.
///
/// A shell command is broken before flags, with backslashes, so that it can still be copied. Its comment moves to the line
/// before.
/// Lines of other languages are broken after spaces and commas.
pub(super) fn lines(language: &str, line: &str) -> Vec<String> {
    if width(line) <= COLUMNS {
        return vec![line.to_owned()];
    }
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let hanging = format!("{indent}{INDENT}");
    if !language.starts_with("sh") {
        return broken(line, &hanging, "", |c, _| matches!(c, ' ' | ','));
    }
    let (command, comment) = match line.split_once(" # ") {
        Some((command, comment)) => (command.trim_end(), Some(comment)),
        None => (line, None),
    };
    let comment = comment.map(|text| format!("{indent}# {text}"));
    let mut lines: Vec<String> = comment
        .iter()
        .flat_map(|comment| broken(comment, &format!("{indent}# "), "", |c, _| c == ' '))
        .collect();
    let mut quote = None;
    let is_break = |c: char, next: char| {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == ' ' && next == '-'
    };
    lines.extend(broken(command, &hanging, " \\", is_break));
    lines
}

/// Breaks a line after characters for which `is_break` is true, given the character and the next one. Lines after the first
/// start with `hanging`, lines before the last end with `mark`. A part that is too long stays whole.
fn broken(
    line: &str,
    hanging: &str,
    mark: &str,
    mut is_break: impl FnMut(char, char) -> bool,
) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let ends = is_break(c, chars.peek().copied().unwrap_or(' '));
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        if ends {
            parts.push(String::new());
        }
    }
    let mut lines = Vec::new();
    let mut current = String::new();
    for part in parts {
        let fits = width(&current) + width(part.trim_end()) + mark.len() <= COLUMNS;
        if !fits && !current.trim().is_empty() {
            lines.push(current.trim_end().to_owned() + mark);
            hanging.clone_into(&mut current);
        }
        current += &part;
    }
    lines.push(current.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_can_still_be_copied() {
        let words = "--set 'a -b'".to_owned() + &" --set gain=1".repeat(8);
        let line = format!("sn-tui run ring {words}    # what it does");
        let broken = lines("sh live", &line);
        assert_eq!(broken[0], "# what it does");
        assert!(
            broken.iter().all(|line| width(line) <= COLUMNS),
            "{broken:?}"
        );
        let command = broken[1..].join("\n").replace("\\\n    ", "");
        assert_eq!(command, format!("sn-tui run ring {words}"));
    }

    #[test]
    fn other_code_is_broken_after_commas_and_spaces() {
        let line = format!("{{{}}}", ["\"loss_d\":1.5"; 12].join(","));
        let broken = lines("json", &line);
        assert!(broken.len() > 1);
        assert!(
            broken.iter().all(|line| width(line) <= COLUMNS),
            "{broken:?}"
        );
        assert_eq!(broken.concat().replace(' ', ""), line);
        assert_eq!(lines("json", "{}"), ["{}"]);
    }
}
