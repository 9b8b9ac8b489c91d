//! Lays out a page of Markdown as text of 80 columns. It knows only the Markdown that the pages in `docs/` use.

mod code;
mod inline;
mod wrap;

use inline::inline;
use wrap::{WIDTH, wrap};
pub(super) use wrap::{width, wrapped};

/// Marks the beginning and the end of inline code in text that is being laid out.
const CODE: char = '\u{1}';
const BOLD: &str = "\u{1b}[1m";
const CYAN: &str = "\u{1b}[36m";
const PLAIN: &str = "\u{1b}[0m";
/// Longer words may be cut when a column of a table shrinks.
const MAX_WORD: usize = 24;

/// Lays out a page, with colour sequences if `colored`.
pub(super) fn render(markdown: &str, colored: bool) -> String {
    let mut page = Page {
        text: String::new(),
        in_list: false,
        colored,
    };
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("<!--") || line.is_empty() {
            continue;
        }
        if let Some(language) = line.strip_prefix("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            page.code(language, &code);
            continue;
        }
        if let Some(heading) = line.strip_prefix('#') {
            page.heading(&inline(heading.trim_start_matches('#').trim()));
            continue;
        }
        let mut block = vec![line];
        let is_table = line.starts_with('|');
        // A block continues until another one begins.
        while let Some(next) = lines.next_if(|next| {
            if is_table {
                next.starts_with('|')
            } else {
                continues(next)
            }
        }) {
            block.push(next);
        }
        if is_table {
            page.table(&block);
        } else {
            page.paragraph(&joined(&block));
        }
    }
    page.text
}

/// A page that is being laid out.
struct Page {
    text: String,
    /// Whether the last block was a list item. No empty line separates it from the next item.
    in_list: bool,
    colored: bool,
}

impl Page {
    fn heading(&mut self, heading: &str) {
        self.gap();
        self.line(heading, true);
    }

    /// A block of code. Long lines are broken.
    fn code(&mut self, language: &str, lines: &[&str]) {
        self.gap();
        for line in lines {
            for part in code::lines(language, line) {
                self.line(&format!("{}{part}", code::INDENT), false);
            }
        }
    }

    /// A paragraph or a list item.
    fn paragraph(&mut self, text: &str) {
        let (mark, text) = item(text).unwrap_or(("", text));
        if mark.is_empty() || !self.in_list {
            self.gap();
        }
        let lines = wrap(&inline(text), WIDTH - mark.len());
        for (i, line) in lines.iter().enumerate() {
            match i {
                0 => self.line(&format!("{mark}{line}"), false),
                _ => self.line(&format!("{}{line}", " ".repeat(mark.len())), false),
            }
        }
        self.in_list = !mark.is_empty();
    }

    fn table(&mut self, rows: &[&str]) {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| cells(row)).collect();
        let [head, _, body @ ..] = &rows[..] else {
            return;
        };
        self.gap();
        let widths = widths(&rows[..1], body);
        self.row(head, &widths, true);
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        self.line(&rule.join("  "), false);
        for row in body {
            self.row(row, &widths, false);
        }
    }

    /// A row of a table, whose cells may take several lines.
    fn row(&mut self, cells: &[String], widths: &[usize], bold: bool) {
        let cells: Vec<Vec<String>> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| wrap(cell, *width))
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..height {
            let mut line = String::new();
            for (cell, width_of) in cells.iter().zip(widths) {
                let text = cell.get(i).map_or("", String::as_str);
                line += text;
                line += &" ".repeat(width_of.saturating_sub(width(text)) + 2);
            }
            self.line(line.trim_end(), bold);
        }
    }

    /// Adds an empty line between blocks.
    fn gap(&mut self) {
        self.in_list = false;
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Adds a line and colours its code, or makes it bold.
    fn line(&mut self, text: &str, bold: bool) {
        if !self.colored {
            self.text.extend(text.chars().filter(|c| *c != CODE));
        } else if bold {
            let text: String = text.chars().filter(|c| *c != CODE).collect();
            self.text += &format!("{BOLD}{text}{PLAIN}");
        } else {
            for (i, part) in text.split(CODE).enumerate() {
                match i % 2 {
                    1 => self.text += &format!("{CYAN}{part}{PLAIN}"),
                    _ => self.text += part,
                }
            }
        }
        self.text.push('\n');
    }
}

/// Joins the lines of a paragraph.
fn joined(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

/// Splits a list item into its mark (`- ` or `12. `) and its text.
fn item(line: &str) -> Option<(&str, &str)> {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let mark = match line[digits..].starts_with(". ") && digits > 0 {
        true => digits + 2,
        false if line.starts_with("- ") => 2,
        false => return None,
    };
    Some(line.split_at(mark))
}

/// Returns whether a line continues the paragraph before it.
fn continues(line: &str) -> bool {
    !(line.is_empty()
        || item(line).is_some()
        || ["#", "|", "```", "<!--"]
            .iter()
            .any(|start| line.starts_with(start)))
}

/// Returns the cells of a row. `\|` is a bar within a cell.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|');
    let row = row.strip_suffix('|').unwrap_or(row).replace("\\|", "\u{2}");
    let cells = row.split('|').map(|cell| cell.trim().replace('\u{2}', "|"));
    cells.map(|cell| inline(&cell)).collect()
}

/// Returns widths of columns that fit the page with two spaces between them. The widest columns shrink first, and words stay
/// whole if possible.
fn widths(head: &[Vec<String>], body: &[Vec<String>]) -> Vec<usize> {
    let columns = head.iter().chain(body).map(Vec::len).max().unwrap_or(0);
    let most = |measure: &dyn Fn(&str) -> usize| -> Vec<usize> {
        let column = |i| {
            let cells = head
                .iter()
                .chain(body)
                .filter_map(move |row| row.get(i).map(String::as_str));
            cells.map(measure).max().unwrap_or(0).max(1)
        };
        (0..columns).map(column).collect()
    };
    let longest_word = |cell: &str| cell.split(' ').map(width).max().unwrap_or(0);
    let (mut widths, least) = (most(&width), most(&longest_word));
    let room = WIDTH.saturating_sub(2 * columns.saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let can_shrink = |i: &usize| widths[*i] > least[*i].min(MAX_WORD);
        let widest = |i: &usize| widths[*i];
        let all = 0..columns;
        let chosen = all.clone().filter(can_shrink).max_by_key(widest);
        match chosen.or_else(|| all.max_by_key(widest)) {
            Some(i) if widths[i] > 1 => widths[i] -= 1,
            _ => break,
        }
    }
    widths
}
