//! Positions of fields and values in a RON text.
//!
//! A tolerant scanner: it follows brackets, strings and comments, builds a tree of spans from any text, and leaves
//! errors to the strict parser. All offsets are in bytes.

mod scanner;

use std::ops::Range;

pub(crate) use scanner::scan;

/// A value and its span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// The whole value, a leading name included.
    pub span: Range<usize>,
    /// The name before an opening bracket, or a bare word.
    pub name: String,
    /// The items between the brackets, in order.
    pub items: Vec<Item>,
    /// Whether the value has brackets at all.
    pub bracketed: bool,
}

/// A field, an element or an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Name (quotes removed) and place of the field or map key; none for elements.
    pub key: Option<(String, Range<usize>)>,
    pub value: Node,
}

/// The tree of a text and what is unbalanced in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    pub root: Node,
    /// Mismatched brackets: (the opening one, the wrong closing one).
    pub mismatched: Option<(usize, usize)>,
    /// The innermost bracket or quotation mark that is still open at the end of the text.
    pub unclosed: Option<usize>,
    /// A string that continues on the next line: often a missing quotation mark.
    pub runaway: Option<usize>,
    /// End of the root value, including white space and comments after it.
    pub end: usize,
}

impl Item {
    /// The segment of a dotted path for this item, the `index`th of its parent.
    pub(crate) fn segment(&self, index: usize) -> String {
        match &self.key {
            Some((name, _)) => name.clone(),
            None => index.to_string(),
        }
    }
}

impl Node {
    /// The item at a dotted path; map keys may contain dots (`layers.d.0`).
    pub(crate) fn item(&self, path: &str) -> Option<&Item> {
        self.items.iter().enumerate().find_map(|(index, item)| {
            match path.strip_prefix(item.segment(index).as_str())? {
                "" => Some(item),
                rest => item.value.item(rest.strip_prefix('.')?),
            }
        })
    }

    /// Every path below this node with its value, parents first.
    pub(crate) fn paths(&self) -> Vec<(String, &Node)> {
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
    pub(crate) fn around(&self, offset: usize) -> (String, &Node) {
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
    pub(crate) fn starts_at(&self, offset: usize) -> bool {
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
