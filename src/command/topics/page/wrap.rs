//! Wrapping of text.

use super::CODE;

/// Columns of a page.
pub(super) const WIDTH: usize = 80;

/// Wraps text into lines of 80 columns that start with `indent`.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let lines = wrap(text, WIDTH - indent.len());
    lines
        .iter()
        .fold(String::new(), |text, line| text + indent + line + "\n")
}

/// Returns the number of columns of a text.
pub(crate) fn width(text: &str) -> usize {
    let combining = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    text.chars().filter(|c| *c != CODE && !combining(c)).count()
}

/// Wraps text into lines of at most `columns` columns. Code that is broken starts again on the next line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut words: Vec<String> = text.split(' ').rev().map(str::to_owned).collect();
    while let Some(word) = words.pop() {
        let used = width(&line);
        let gap = usize::from(used > 0);
        if used + gap + width(&word) <= columns {
            line += &" ".repeat(gap);
            line += &word;
        } else if used > 0 {
            lines.push(std::mem::take(&mut line));
            words.push(word);
        } else {
            // The word is longer than a line: cut it.
            let mut cut = word.chars();
            line = cut.by_ref().take(columns.max(1)).collect();
            words.push(cut.collect());
        }
    }
    lines.push(line);
    let mut open = false;
    for line in &mut lines {
        let toggles = line.matches(CODE).count();
        if open {
            line.insert(0, CODE);
        }
        open ^= toggles % 2 == 1;
        if open {
            line.push(CODE);
        }
    }
    lines
}
