//! Where things stand in a RON text.
//!
//! A tolerant scanner: it follows brackets, strings and comments, builds a tree of spans from whatever it is given,
//! and leaves judging to the strict parser. All offsets are in bytes.

use std::ops::Range;

/// Deeper nesting is left to the strict parser to refuse.
const MAX_DEPTH: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// The whole value, a leading name included.
    pub span: Range<usize>,
    /// The name before an opening bracket, or a bare word.
    pub name: String,
    /// What stands between the brackets, in order.
    pub items: Vec<Item>,
    /// Whether the value has brackets at all.
    pub bracketed: bool,
}

/// A field, an element or an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Name (quotes removed) and place of the field or map key; none for elements.
    pub key: Option<(String, Range<usize>)>,
    pub value: Node,
}

/// What the scanner has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub root: Node,
    /// A bracket that meets another's closing bracket: (the opening one, the wrong closing one).
    pub mismatched: Option<(usize, usize)>,
    /// The innermost bracket or quotation mark that is open at the end of the text.
    pub unclosed: Option<usize>,
    /// A string that runs over the end of its line: often a missing quotation mark.
    pub runaway: Option<usize>,
    /// Where the root value ends, white space and comments after it included.
    pub end: usize,
}

impl Item {
    /// What stands for this item, the `index`th, in a dotted path.
    pub fn segment(&self, index: usize) -> String {
        match &self.key {
            Some((name, _)) => name.clone(),
            None => index.to_string(),
        }
    }
}

impl Node {
    /// The item under a dotted path; map keys may hold dots themselves (`layers.d.0`).
    pub fn item(&self, path: &str) -> Option<&Item> {
        self.items.iter().enumerate().find_map(|(index, item)| {
            match path.strip_prefix(item.segment(index).as_str())? {
                "" => Some(item),
                rest => item.value.item(rest.strip_prefix('.')?),
            }
        })
    }

    /// Every path below this node with its value, parents before children.
    pub fn paths(&self) -> Vec<(String, &Node)> {
        let mut paths = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let segment = item.segment(index);
            let below = item.value.paths();
            paths.push((segment.clone(), &item.value));
            paths.extend(
                below
                    .into_iter()
                    .map(|(path, node)| (format!("{segment}.{path}"), node)),
            );
        }
        paths
    }

    /// The innermost value around a byte, with its path; the root's path is empty.
    pub fn around(&self, offset: usize) -> (String, &Node) {
        for (index, item) in self.items.iter().enumerate() {
            if item.value.span.start <= offset && offset < item.value.span.end {
                let (path, node) = item.value.around(offset);
                let segment = item.segment(index);
                return match path.as_str() {
                    "" => (segment, node),
                    _ => (format!("{segment}.{path}"), node),
                };
            }
        }
        (String::new(), self)
    }

    /// Whether a field's name or a value starts at this byte.
    pub fn starts_at(&self, offset: usize) -> bool {
        self.items.iter().any(|item| {
            item.value.span.start == offset
                || item
                    .key
                    .as_ref()
                    .is_some_and(|(_, span)| span.start == offset)
                || item.value.starts_at(offset)
        })
    }
}

/// Scans a text.
pub fn scan(text: &str) -> Scan {
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
                    self.items(&mut node, depth)
                }
                _ => self.at = end,
            }
        }
        node.span = start..self.at;
        node
    }

    /// Skips a string or character literal; false where none starts.
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

    /// Reads what stands between brackets, from the opening one on.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_under_its_path() {
        let text = r##"#![enable(implicit_some)]
// (a comment [with brackets
(
    about: "a \" ) quote", /* nested /* ) */ */
    raw: r#"x " ( "#,
    data: Images(source: Path("p"), shape: (1, 28, 28)),
    layers: [Linear(out: 3), ReLU],
    spectral: (layers: {"d.0": (iterations: 3), "d.01": ()}),
)"##;
        let scan = scan(text);
        let value = |path: &str| scan.root.item(path).map(|i| &text[i.value.span.clone()]);
        assert_eq!(value("about"), Some(r#""a \" ) quote""#));
        assert_eq!(value("raw"), Some("r#\"x \" ( \"#"));
        assert_eq!(value("data.shape"), Some("(1, 28, 28)"));
        assert_eq!(value("data.shape.2"), Some("28"));
        assert_eq!(value("data.source.0"), Some("\"p\""));
        assert_eq!(value("layers.0.out"), Some("3"));
        assert_eq!(value("layers.1"), Some("ReLU"));
        assert_eq!(value("spectral.layers.d.0.iterations"), Some("3"));
        assert_eq!(value("spectral.layers.d.01"), Some("()"));
        assert_eq!(value("spectral.layers.d.2"), None);
        assert_eq!(
            (scan.end, scan.unclosed, scan.mismatched),
            (text.len(), None, None)
        );
    }

    #[test]
    fn brackets_that_do_not_pair_are_remembered() {
        assert_eq!(
            scan("(a: [Linear(out: 3, ReLU])").mismatched,
            Some((11, 24))
        );
        assert_eq!(scan("(a: [1, 2").unclosed, Some(4));
        let strings = scan("(a: \"x,\nb: \"y\")");
        assert_eq!((strings.runaway, strings.unclosed), (Some(4), Some(13)));
    }

    #[test]
    fn deep_nesting_ends() {
        let text = "(".repeat(100_000);
        assert!(scan(&text).end <= text.len());
    }
}
