//! What is wrong with a text that a person wrote, and where.

use std::{fmt, ops::Range};

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};

use crate::text::{is_unsafe, one_line};

/// Characters after which a message is cut.
const MAX_MESSAGE: usize = 400;

/// An error in a preset file, a built-in preset, a `--set` or an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where the text comes from: a file, `built-in preset ring`, `--set`.
    pub origin: String,
    /// The text itself; empty if the error is not about a text.
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
    /// An error without a place in a text.
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

    /// Adds a help line that says what would be right.
    pub fn with_help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// Moves the error to a longer text that starts with `prefix`.
    pub fn after(mut self, origin: &str, prefix: &str) -> Self {
        origin.clone_into(&mut self.origin);
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

    /// The error as a report for people: message, origin with line and column, the line at fault with carets under the
    /// place, help. It ends with a line break.
    pub fn render(&self, color: bool) -> String {
        let message = sanitized(&self.message);
        let mut report = Level::ERROR.primary_title(message).elements(self.excerpt());
        if let Some(help) = &self.help {
            report = report.element(Level::HELP.message(sanitized(help)));
        }
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[report]) + "\n"
    }

    /// The line at fault with the place marked. Each unsafe character is replaced by U+FFFD.
    fn excerpt(&self) -> Option<Snippet<'static, Annotation<'static>>> {
        let (line, column) = self.position()?;
        let marked = self.text.get(self.span.clone()?).unwrap_or_default();
        let marked = marked.chars().take_while(|&c| c != '\n').count();
        let text: String = (self.text.split('\n').nth(line - 1)?.chars())
            .map(|c| if c == '\t' { ' ' } else { c })
            .map(|c| if is_unsafe(c) { '\u{fffd}' } else { c })
            .collect();
        let text = text.trim_end_matches([' ', '\u{fffd}']).to_owned();
        let byte = |column: usize| text.chars().take(column).map(char::len_utf8).sum::<usize>();
        let span = byte(column - 1)..byte(column - 1 + marked);
        Some(
            Snippet::source(text)
                .line_start(line)
                .path(sanitized(&self.origin))
                .annotation(AnnotationKind::Primary.span(span)),
        )
    }
}

/// The text as one line of bounded length without control characters.
fn sanitized(text: &str) -> String {
    let clean: String = text.chars().take(MAX_MESSAGE).collect();
    let mut clean = one_line(&clean).into_owned();
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
        Diagnostic::at("my.ron", text, 22..27, "unknown field `losss`")
            .with_help("did you mean `loss`?".to_owned())
    }

    #[test]
    fn a_report_shows_the_place() {
        let expected = "\
error: unknown field `losss`
 --> my.ron:3:5
  |
3 |     losss: hinge,
  |     ^^^^^
  |
  = help: did you mean `loss`?
";
        assert_eq!(diagnostic().render(false), expected);
        assert_eq!(
            diagnostic().to_string(),
            "my.ron:3:5: unknown field `losss` (did you mean `loss`?)"
        );
    }

    #[test]
    fn any_span_and_any_text_render() {
        for text in [
            "",
            "\n",
            "(",
            "a\u{1b}[31mb",
            "ünï\r\ncode\t(",
            "x\u{2028}y\nz",
        ] {
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
        let rendered = error.render(false);
        assert!(
            rendered.contains("a.ron:1:70001") && rendered.len() < 1000,
            "{rendered}"
        );
    }
}
