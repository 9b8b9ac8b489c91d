//! A page of Markdown as plain text of 80 columns: what the pages in `docs/` use of it, and no more.

/// Columns of a page.
const WIDTH: usize = 80;
/// Code begins here in Markdown that is being laid out, and ends at the next one.
const CODE: char = '\u{1}';
const BOLD: &str = "\u{1b}[1m";
const CYAN: &str = "\u{1b}[36m";
const PLAIN: &str = "\u{1b}[0m";

/// The page, with colour sequences or without.
pub fn render(markdown: &str, colored: bool) -> String {
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
        if line.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            page.code(&code);
            continue;
        }
        if let Some(heading) = line.strip_prefix('#') {
            page.heading(&inline(heading.trim_start_matches('#').trim()));
            continue;
        }
        let mut block = vec![line];
        let is_table = line.starts_with('|');
        // A paragraph goes on until something else begins.
        while let Some(next) = lines.next_if(|next| match is_table {
            true => next.starts_with('|'),
            false => goes_on(next),
        }) {
            block.push(next);
        }
        match is_table {
            true => page.table(&block),
            false => page.paragraph(&joined(&block)),
        }
    }
    page.text
}

/// Text of our own in lines of 80 columns, each after this indent.
pub fn wrapped(text: &str, indent: &str) -> String {
    let lines = wrap(text, WIDTH - indent.len());
    lines
        .iter()
        .fold(String::new(), |text, line| text + indent + line + "\n")
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    let combining = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    text.chars().filter(|c| *c != CODE && !combining(c)).count()
}

struct Page {
    text: String,
    /// Whether the last block was an item of a list: no empty line parts it from the next.
    in_list: bool,
    colored: bool,
}

impl Page {
    fn heading(&mut self, heading: &str) {
        self.gap();
        self.line(heading, true);
    }

    fn code(&mut self, lines: &[&str]) {
        self.gap();
        for line in lines {
            self.line(&format!("    {line}"), false);
        }
    }

    /// A paragraph, or an item of a list.
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
        let (head, body) = match &rows[..] {
            [head, _, body @ ..] => (head, body),
            _ => return,
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

    /// An empty line between blocks.
    fn gap(&mut self) {
        self.in_list = false;
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

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

fn joined(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

/// The mark of an item of a list, `- ` or `12. `, and its text.
fn item(line: &str) -> Option<(&str, &str)> {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let mark = match line[digits..].starts_with(". ") && digits > 0 {
        true => digits + 2,
        false if line.starts_with("- ") => 2,
        false => return None,
    };
    Some(line.split_at(mark))
}

/// Whether a line goes on with the paragraph before it.
fn goes_on(line: &str) -> bool {
    !(line.is_empty()
        || item(line).is_some()
        || ["#", "|", "```", "<!--"]
            .iter()
            .any(|start| line.starts_with(start)))
}

/// The cells of a row; `\|` is a bar in one of them.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|');
    let row = row.strip_suffix('|').unwrap_or(row).replace("\\|", "\u{2}");
    let cells = row.split('|').map(|cell| cell.trim().replace('\u{2}', "|"));
    cells.map(|cell| inline(&cell)).collect()
}

/// Widths of columns that fit the page with two spaces between them: the widest gives way, words stay whole while they can.
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
        let can_give = |i: &usize| widths[*i] > least[*i].min(24);
        let widest = |i: &usize| widths[*i];
        let all = 0..columns;
        let chosen = all.clone().filter(can_give).max_by_key(widest);
        match chosen.or_else(|| all.max_by_key(widest)) {
            Some(i) if widths[i] > 1 => widths[i] -= 1,
            _ => break,
        }
    }
    widths
}

/// Text in lines of so many columns; code that is cut begins again on the next line.
fn wrap(text: &str, columns: usize) -> Vec<String> {
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
            // A word that no line holds is cut.
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

/// Words without marks of emphasis; code between [`CODE`]s; links as their text, with the address where it leads outside.
fn inline(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((code, after)) = rest.strip_prefix('`').and_then(|r| r.split_once('`')) {
            plain += &format!("{CODE}{code}{CODE}");
            rest = after;
        } else if let Some((label, address, after)) = link(rest) {
            plain += &shown(label, address);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('*') {
            rest = after;
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    plain
}

/// `[label](address)` at the beginning of a text, or a picture: label, address, what comes after.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let inner = text.strip_prefix("![").or_else(|| text.strip_prefix('['))?;
    let (label, rest) = inner.split_once("](")?;
    if label.contains(['[', ']']) {
        return None;
    }
    let (address, after) = rest.split_once(')')?;
    Some((label, address, after))
}

fn shown(label: &str, address: &str) -> String {
    let label = inline(label);
    match address.strip_suffix(".md") {
        Some(page) if page == label => format!("{CODE}sn-tui help {page}{CODE}"),
        Some(_) => label,
        None if address.starts_with("http") && !label.starts_with("http") => {
            format!("{label} ({address})")
        }
        None if address.ends_with(".svg") || address.ends_with(".png") => {
            format!("[picture: {label}]")
        }
        None => label,
    }
}
