//! What the environment of the process tells of the terminal.

use super::theme::{Depth, Look};

/// Returns whether a terminal of this name has only 16 colours.
fn has_sixteen_colours(term: &str) -> bool {
    let names = ["ansi", "cygwin", "rxvt", "screen"];
    term.ends_with("-16color") || term.ends_with("-8color") || names.contains(&term)
}

/// Returns whether a terminal of this name has no colours.
fn is_monochrome(term: &str) -> bool {
    term.ends_with("-mono") || term.ends_with("-m")
}

/// Returns whether the background in `COLORFGBG` is light: it is the last of two or three of the 16 colours.
fn is_light(colours: &str) -> bool {
    let background = colours
        .rsplit(';')
        .next()
        .and_then(|last| last.parse().ok());
    matches!(background, Some(7 | 9..=15_u8))
}

impl Look {
    /// Returns the look for the environment of this process.
    pub fn from_env() -> Self {
        Self::from(|name| std::env::var(name).ok())
    }

    /// Returns the look for an environment, given by a lookup of variables.
    pub fn from(variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name| variable(name).filter(|value| !value.is_empty());
        let term = get("TERM").unwrap_or_default();
        let plain = term.is_empty() || term == "dumb" || term == "linux" || term.starts_with("vt");
        let truecolor =
            get("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit");
        let depth = if get("NO_COLOR").is_some() {
            Depth::None
        } else if term == "linux" {
            Depth::Sixteen
        } else if plain || is_monochrome(&term) {
            Depth::None
        } else if truecolor {
            Depth::True
        } else if has_sixteen_colours(&term) {
            Depth::Sixteen
        } else {
            Depth::Indexed
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(get);
        let utf8 = locale.is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        });
        Self {
            titled: !plain,
            ..Self::new(depth, utf8 && !plain)
        }
        .with_background(get("COLORFGBG").is_some_and(|value| is_light(&value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::theme::Glyphs;

    fn look(variables: &[(&str, &str)]) -> (Depth, bool, Glyphs) {
        let look = Look::from(|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.to_string())
        });
        (look.depth, look.unicode, look.glyphs()[0])
    }

    #[test]
    fn the_environment_decides() {
        let xterm = [("TERM", "xterm-256color"), ("LANG", "en_GB.UTF-8")];
        let with = |more| [&xterm[..], &[more]].concat();
        assert_eq!(look(&xterm), (Depth::Indexed, true, Glyphs::HalfBlock));
        let of = |term| look(&[("TERM", term), ("LANG", "C.UTF-8")]).0;
        assert_eq!(
            ["xterm-16color", "screen", "rxvt"].map(of),
            [Depth::Sixteen; 3]
        );
        assert_eq!(of("screen-256color"), Depth::Indexed);
        assert_eq!(look(&with(("COLORTERM", "truecolor"))).0, Depth::True);
        assert_eq!(
            look(&with(("NO_COLOR", "1"))),
            (Depth::None, true, Glyphs::Ascii)
        );
        assert_eq!(look(&with(("NO_COLOR", ""))).0, Depth::Indexed);
        assert_eq!(
            look(&with(("LC_ALL", "C"))),
            (Depth::Indexed, false, Glyphs::Ascii)
        );
        for term in ["dumb", "vt100", "vt220"] {
            assert_eq!(
                look(&[("TERM", term), ("LANG", "C.UTF-8")]),
                (Depth::None, false, Glyphs::Ascii)
            );
        }
        let linux = [("TERM", "linux"), ("LANG", "C.UTF-8")];
        assert_eq!(look(&linux), (Depth::Sixteen, false, Glyphs::Ascii));
        assert_eq!(of("xterm-mono"), Depth::None);
    }

    #[test]
    fn some_terminals_tell_their_background() {
        for (value, light) in [
            ("0;15", true),
            ("0;default;7", true),
            ("15;0", false),
            ("7;8", false),
            ("15;default", false),
            ("", false),
        ] {
            let look = Look::from(|name| (name == "COLORFGBG").then(|| value.to_owned()));
            assert_eq!(look.light, light, "{value}");
        }
    }
}
