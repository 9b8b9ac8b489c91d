//! The paths in a Rust file that lead out of its module, in `use` and anywhere else in code.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A module by its path from the crate, such as `run::worker`.
#[derive(Clone, Debug, PartialEq)]
pub struct Module(Vec<String>);

impl Module {
    pub fn root() -> Self {
        Self(Vec::new())
    }

    pub fn inner(&self, name: &str) -> Self {
        let mut path = self.0.clone();
        path.push(name.to_owned());
        Self(path)
    }

    fn outer(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// The top-level module, or the one below it in `engine`, which has rooms of its own; `None` for the root.
    pub fn room(&self) -> Option<String> {
        let depth = match self.0.first()?.as_str() {
            "engine" => 2,
            _ => 1,
        };
        Some(self.0[..depth.min(self.0.len())].join("::"))
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

/// A path from one room to another or to the same room.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub from: String,
    pub to: String,
    /// The path from the crate, such as `crate::run::Handle`.
    pub text: String,
}

/// The imports in a file that is this module, and the modules that it declares only for tests.
pub fn read(text: &str, module: &Module) -> (Vec<Import>, Vec<Module>) {
    let tokens: TokenStream = text.parse().unwrap();
    let mut reader = Reader::default();
    reader.code(tokens, module);
    (reader.imports, reader.tests)
}

#[derive(Default)]
struct Reader {
    imports: Vec<Import>,
    tests: Vec<Module>,
}

impl Reader {
    fn code(&mut self, tokens: TokenStream, module: &Module) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            at += match rest {
                [TokenTree::Punct(mark), TokenTree::Group(attribute), ..]
                    if mark.as_char() == '#' && is_of_tests(attribute) =>
                {
                    2 + self.item_of_tests(&rest[2..], module)
                }
                [keyword, TokenTree::Ident(name), TokenTree::Group(body), ..]
                    if is(keyword, "mod") && body.delimiter() == Delimiter::Brace =>
                {
                    self.code(body.stream(), &module.inner(&name.to_string()));
                    3
                }
                [start, ..] if colons(&rest[1..]) && base(start, module).is_some() => {
                    self.tree(rest, module, module)
                }
                [TokenTree::Group(group), ..] => {
                    self.code(group.stream(), module);
                    1
                }
                _ => 1,
            };
        }
    }

    /// Skips an item that exists only in tests; returns its number of tokens.
    fn item_of_tests(&mut self, tokens: &[TokenTree], module: &Module) -> usize {
        if let Some(at) = tokens.iter().position(|token| is(token, "mod"))
            && let [TokenTree::Ident(name), end, ..] = &tokens[at + 1..]
            && at < 4
            && is(end, ";")
        {
            self.tests.push(module.inner(&name.to_string()));
        }
        let ends = |token: &TokenTree| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            token => is(token, ";") || is(token, ","),
        };
        tokens
            .iter()
            .position(ends)
            .map_or(tokens.len(), |at| at + 1)
    }

    /// Reads a path, or a tree of paths as in `use`, that starts at `base`; returns its number of tokens.
    fn tree(&mut self, tokens: &[TokenTree], base: &Module, module: &Module) -> usize {
        let (mut path, mut at) = (base.clone(), 0);
        loop {
            match tokens.get(at) {
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let parts = inner.split(|token| is(token, ","));
                    for part in parts.filter(|part| !part.is_empty()) {
                        self.tree(part, &path, module);
                    }
                    return at + 1;
                }
                Some(token @ TokenTree::Ident(name)) => {
                    path =
                        self::base(token, &path).unwrap_or_else(|| path.inner(&name.to_string()));
                    at += 1;
                }
                Some(token) if is(token, "*") => at += 1,
                // Generic arguments (`::<`) and other tokens end the path.
                _ => break,
            }
            if colons(tokens.get(at..).unwrap_or_default()) {
                at += 2;
            } else {
                break;
            }
        }
        if let (Some(from), Some(to)) = (module.room(), path.room()) {
            let text = format!("crate::{}", path.0.join("::"));
            self.imports.push(Import { from, to, text });
        }
        at.max(1)
    }
}

/// The module that the path continues from after `crate`, `super` or `self`.
fn base(token: &TokenTree, here: &Module) -> Option<Module> {
    if is(token, "crate") || is(token, "sn_tui") {
        Some(Module::root())
    } else if is(token, "super") {
        Some(here.outer())
    } else {
        is(token, "self").then(|| here.clone())
    }
}

/// Whether a token is this word or mark.
fn is(token: &TokenTree, text: &str) -> bool {
    match token {
        TokenTree::Ident(word) => word == text,
        TokenTree::Punct(mark) => text.chars().eq([mark.as_char()]),
        _ => false,
    }
}

fn colons(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [a, b, ..] if is(a, ":") && is(b, ":"))
}

/// Whether an attribute is `cfg(test)` or `cfg(all(test, …))`.
fn is_of_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string().replace(' ', "");
    text.starts_with("cfg(test") || text.starts_with("cfg(all(test")
}

#[test]
fn paths_are_followed_wherever_they_stand() {
    let text = r#"
        //! Nothing of [`crate::tui`] is meant, nor of "crate::tui" below.
        use std::fs;
        use crate::{data::{Images, error}, text, nn as networks};
        use super::super::metric::*;
        pub(crate) mod inner {
            use super::super::super::gan::Trainer;
            pub(in crate::run) fn f() { self::g("crate::tui"); }
        }
        fn f() -> super::Handle { let x = vec![crate::open::file::<u8>(1)]; }
        #[cfg(test)]
        mod cases;
        #[cfg(test)]
        mod tests { use crate::tui::App; }
        #[cfg(test)]
        use crate::{tui::App, watch};
        fn g() -> crate::engine::random::Stream {}
    "#;
    let (imports, tests) = read(text, &Module(vec!["run".into(), "worker".into()]));
    let found: Vec<&str> = imports.iter().map(|import| &import.text[7..]).collect();
    assert_eq!(
        found,
        [
            "data::Images",
            "data::error",
            "text",
            "nn",
            "metric",
            "gan::Trainer",
            "run",
            "run::worker::inner::g",
            "run::Handle",
            "open::file",
            "engine::random::Stream",
        ]
    );
    assert!(imports.iter().all(|import| import.from == "run"));
    let last = imports.last().map(|import| import.to.as_str());
    assert_eq!(last, Some("engine::random"));
    assert_eq!(
        tests,
        [Module(vec!["run".into(), "worker".into(), "cases".into()])]
    );
}
