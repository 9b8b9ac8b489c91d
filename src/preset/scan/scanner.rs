//! The scanner itself: from characters to spans.

use super::{Item, Node, Scan};

/// Depth of nesting that is scanned. The strict parser refuses deeper nesting.
const MAX_DEPTH: usize = 64;

/// Scans a text.
pub(crate) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner {
        text,
        at: 0,
        scan: Scan::default(),
    };
    scanner.blank();
    while scanner.rest().starts_with("#!") {
        while !scanner.rest().is_empty() && !scanner.rest().starts_with(']') {
            scanner.step();
        }
        scanner.step();
        scanner.blank();
    }
    scanner.scan.root = scanner.value(0);
    scanner.blank();
    scanner.scan.end = scanner.at;
    scanner.scan
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    scan: Scan,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn step(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    /// Skips to just after the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &str) {
        self.at += match self.rest().find(end) {
            Some(found) => found + end.len(),
            None => self.rest().len(),
        };
    }

    /// Skips white space and comments.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if self.rest().starts_with("//") {
                self.skip_past("\n");
            } else if self.rest().starts_with("/*") {
                self.block_comment();
            } else {
                return;
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else if self.rest().is_empty() {
                return;
            } else {
                self.step();
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Node {
        let start = self.at;
        let mut node = Node::default();
        if !self.string() {
            node.name = self.word().to_owned();
            node.span = start..self.at;
            let end = self.at;
            if !node.name.is_empty() {
                self.blank();
            }
            match self.peek() {
                Some('(') if depth < MAX_DEPTH => self.items(&mut node, depth),
                Some('[' | '{') if depth < MAX_DEPTH && node.name.is_empty() => {
                    self.items(&mut node, depth);
                }
                _ => self.at = end,
            }
        }
        node.span = start..self.at;
        node
    }

    /// Skips a string or character literal; returns false if none starts here.
    fn string(&mut self) -> bool {
        let start = self.at;
        let rest = self.rest();
        let body = rest.strip_prefix('b').unwrap_or(rest);
        let raw = body.strip_prefix('r').map(|raw| {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            (hashes, raw[hashes..].starts_with('"'))
        });
        if let Some((hashes, true)) = raw {
            self.at += rest.len() - body.len() + 1 + hashes + 1;
            let end = format!("\"{}", "#".repeat(hashes));
            let closed = self.rest().contains(&end);
            self.skip_past(&end);
            if !closed {
                self.scan.unclosed.get_or_insert(start);
            }
        } else if let Some(quote) = body.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            self.at += rest.len() - body.len() + 1;
            let mut closed = false;
            while let Some(c) = self.peek() {
                self.step();
                match c {
                    '\\' => self.step(),
                    '\n' if quote == '\'' => break,
                    c if c == quote => {
                        closed = true;
                        break;
                    }
                    _ => {}
                }
            }
            if !closed {
                self.scan.unclosed.get_or_insert(start);
            }
        } else {
            return false;
        }
        if self.text[start..self.at].contains('\n') {
            self.scan.runaway.get_or_insert(start);
        }
        true
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let mut length = rest.len();
        for (offset, c) in rest.char_indices() {
            let ends = c.is_whitespace() || ",:()[]{}\"'".contains(c);
            if ends || rest[offset..].starts_with("//") || rest[offset..].starts_with("/*") {
                length = offset;
                break;
            }
        }
        self.at += length;
        &rest[..length]
    }

    /// Reads the items between brackets, starting at the opening one.
    fn items(&mut self, node: &mut Node, depth: usize) {
        let open = self.at;
        let closing = match self.peek() {
            Some('(') => ')',
            Some('[') => ']',
            _ => '}',
        };
        node.bracketed = true;
        self.step();
        loop {
            self.blank();
            match self.peek() {
                None => {
                    self.scan.unclosed.get_or_insert(open);
                    return;
                }
                Some(c) if c == closing => return self.step(),
                Some(')' | ']' | '}') => {
                    self.scan.mismatched.get_or_insert((open, self.at));
                    return;
                }
                Some(',') => self.step(),
                Some(_) => {
                    let before = self.at;
                    let item = self.item(depth + 1);
                    node.items.push(item);
                    if self.at == before {
                        self.step();
                    }
                }
            }
        }
    }

    fn item(&mut self, depth: usize) -> Item {
        let first = self.value(depth);
        let end = self.at;
        self.blank();
        if self.peek() != Some(':') {
            self.at = end;
            return Item {
                key: None,
                value: first,
            };
        }
        self.step();
        self.blank();
        let name = self.text[first.span.clone()].trim_matches('"').to_owned();
        let value = match self.peek() {
            None | Some(',' | ')' | ']' | '}') => Node {
                span: self.at..self.at,
                ..Node::default()
            },
            Some(_) => self.value(depth),
        };
        Item {
            key: Some((name, first.span)),
            value,
        }
    }
}
