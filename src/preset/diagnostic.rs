//! What is wrong with a text that a person wrote, and where.

use std::{fmt, ops::Range};

use ariadne::{CharSet, Color, Config, IndexType, Label, LabelAttach, Report, ReportKind, Source};

/// Lines with more characters are not shown.
const MAX_LINE: usize = 200;
/// Longer messages are cut.
const MAX_MESSAGE: usize = 400;

/// An error in a preset file, a built-in preset, a `--set` or an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where the text comes from: a file, `built-in preset ring`, `--set`.
    pub origin: String,
    /// The text itself; empty where the error is not about a text.
    pub text: String,
    /// The bytes of the text at fault.
    pub span: Option<Range<usize>>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl std::error::Error for Diagnostic {}

impl Diagnostic {
    /// An error that has no place in a text.
    pub fn plain(message: impl Into<String>) -> Self {
        Self {
            origin: String::new(),
            text: String::new(),
            span: None,
            message: message.into(),
            help: None,
        }
    }

    /// An error at a place in a text.
    pub fn at(origin: &str, text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            origin: origin.to_owned(),
            text: text.to_owned(),
            span: Some(span),
            ..Self::plain(message)
        }
    }

    /// The same with what would be right.
    pub fn with_help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// The same error in a longer text that starts with `prefix`.
    pub fn after(mut self, origin: &str, prefix: &str) -> Self {
        self.origin = origin.to_owned();
        self.text.insert_str(0, prefix);
        self.span = self
            .span
            .map(|span| span.start + prefix.len()..span.end + prefix.len());
        self
    }

    /// Line and column of the first character at fault, each from 1; columns count characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        let before = self.text.get(..self.span.as_ref()?.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        Some((line, column))
    }

    /// The error as a person reads it: message, origin with line and column, the line at fault with the place marked,
    /// help. Ends with a line break.
    pub fn render(&self, color: bool) -> String {
        match self.excerpt() {
            Some((line, text, marked)) => {
                let report = self.report(line, &text, marked, color);
                report.unwrap_or_else(|| self.without_excerpt())
            }
            None => self.without_excerpt(),
        }
    }

    /// Line, the line's text free of control characters, and the characters to mark in it.
    fn excerpt(&self) -> Option<(usize, String, Range<usize>)> {
        let (line, column) = self.position()?;
        let span = self.span.clone()?;
        let text: String = self
            .text
            .split('\n')
            .nth(line - 1)?
            .chars()
            .map(|c| if c == '\t' { ' ' } else { c })
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        let text = text.trim_end().to_owned();
        let length = text.chars().count();
        if length > MAX_LINE {
            return None;
        }
        let marked = self
            .text
            .get(span)?
            .chars()
            .take_while(|&c| c != '\n')
            .count();
        let start = (column - 1).min(length);
        let end = (start + marked).clamp(start + 1, length.max(start + 1));
        Some((line, text, start..end))
    }

    fn report(
        &self,
        line: usize,
        text: &str,
        marked: Range<usize>,
        color: bool,
    ) -> Option<String> {
        let origin = sanitized(&self.origin);
        // Empty lines before the line give it its number; a mark after its last character needs one to stand under.
        let above = line - 1;
        let source = Source::from(format!("{}{text} ", "\n".repeat(above)));
        let marked = marked.start + above..marked.end + above;
        let mut report = Report::build(ReportKind::Error, (origin.clone(), marked.clone()))
            .with_config(
                Config::new()
                    .with_color(color)
                    .with_char_set(if color {
                        CharSet::Unicode
                    } else {
                        CharSet::Ascii
                    })
                    .with_label_attach(LabelAttach::Start)
                    .with_index_type(IndexType::Char),
            )
            .with_message(sanitized(&self.message))
            .with_label(Label::new((origin.clone(), marked)).with_color(Color::Red));
        if let Some(help) = &self.help {
            report = report.with_help(sanitized(help));
        }
        let mut bytes = Vec::new();
        report
            .finish()
            .write((origin, source), &mut bytes)
            .ok()?;
        String::from_utf8(bytes).ok()
    }

    fn without_excerpt(&self) -> String {
        let mut text = format!("Error: {}\n", sanitized(&self.message));
        if let Some((line, column)) = self.position() {
            text += &format!("  at {}:{line}:{column}\n", sanitized(&self.origin));
        } else if !self.origin.is_empty() {
            text += &format!("  in {}\n", sanitized(&self.origin));
        }
        if let Some(help) = &self.help {
            text += &format!("  Help: {}\n", sanitized(help));
        }
        text
    }
}

/// One line without control characters, of bounded length.
fn sanitized(text: &str) -> String {
    let mut clean: String = text
        .chars()
        .take(MAX_MESSAGE)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(MAX_MESSAGE).is_some() {
        clean.push('…');
    }
    clean
}

/// The message on one line, with its place; for logs and status lines.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position() {
            write!(f, "{}:{line}:{column}: ", sanitized(&self.origin))?;
        }
        f.write_str(&sanitized(&self.message))?;
        match &self.help {
            Some(help) => write!(f, " ({})", sanitized(help)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic() -> Diagnostic {
        let text = "(\n    latent: 64,\n    losss: hinge,\n)";
        Diagnostic::at("my.ron", text, 23..28, "unknown field `losss`")
            .with_help("did you mean `loss`?".to_owned())
    }

    #[test]
    fn a_report_shows_the_place() {
        insta::assert_snapshot!(diagnostic().render(false), @"");
    }

    #[test]
    fn any_span_and_any_text_render() {
        for text in ["", "\n", "(", "a\u{1b}[31mb", "ünï\r\ncode\t(", "x\u{2028}y\nz"] {
            for start in 0..=text.len() {
                for end in start..=text.len() + 1 {
                    let error = Diagnostic::at("--set", text, start..end, "wrong\u{1b}[2J");
                    let rendered = error.render(false);
                    assert!(rendered.contains("wrong") && !rendered.contains('\u{1b}'));
                    assert!(rendered.lines().count() < 12, "{rendered}");
                    let _ = error.render(true);
                }
            }
        }
        let long = "x".repeat(100_000);
        let error = Diagnostic::at("a.ron", &long, 70_000..70_001, "wrong");
        assert_eq!(error.render(false), "Error: wrong\n  at a.ron:1:70001\n");
    }
}
