//! The choice of a graphics protocol.

use super::{Graphics, Protocol, query::Replies};
use crate::tui::look::theme::{Depth, Look};

/// The assumed size of a cell in pixels if the terminal does not report it.
const CELL: (u16, u16) = (8, 16);
/// The maximum width or height of a cell in pixels. Larger reports are ignored.
pub const MAX_CELL_PIXELS: u16 = 256;

/// Returns whether to query the terminal: it must have colours and understand escape sequences.
pub(crate) fn should_query(look: &Look, variable: impl Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    look.unicode && look.depth != Depth::None && (!term.starts_with("screen") || in_tmux(variable))
}

/// Returns whether the program runs in tmux.
pub(crate) fn in_tmux(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("TMUX").is_some_and(|value| !value.is_empty())
        || variable("TERM").is_some_and(|value| value.starts_with("tmux"))
}

/// Returns whether the terminal is connected over SSH.
pub(crate) fn is_remote(variable: impl Fn(&str) -> Option<String>) -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .into_iter()
        .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

/// Returns the best protocol that a terminal supports, if any. `window` is the size of a cell in pixels as the system
/// reports it.
pub(crate) fn choose(
    replies: &Replies,
    window: Option<(u16, u16)>,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<Graphics> {
    let tmux = in_tmux(&variable);
    let is = |name: &str, value: &str| variable(name).is_some_and(|found| found == value);
    let iterm = replies.version.starts_with("iTerm2")
        || replies.version.starts_with("WezTerm")
        || is("TERM_PROGRAM", "iTerm.app")
        || is("LC_TERMINAL", "iTerm2");
    let protocol = if tmux && replies.sixel {
        // tmux with sixels draws them itself, and moves them with its panes.
        Protocol::Sixel
    } else if tmux && replies.kitty {
        Protocol::KittyInTmux
    } else if tmux {
        return None;
    } else if replies.kitty && !iterm {
        Protocol::Kitty
    } else if iterm {
        Protocol::ITerm
    } else if replies.sixel {
        Protocol::Sixel
    } else {
        return None;
    };
    Some(Graphics {
        protocol,
        cell: cell(replies.cell, window),
    })
}

/// Returns the size of a cell: the terminal's reply, or else the system's report, or else [`CELL`].
fn cell(replied: Option<(u16, u16)>, window: Option<(u16, u16)>) -> (u16, u16) {
    let is_one = |cell: &(u16, u16)| {
        let range = 1..=MAX_CELL_PIXELS;
        range.contains(&cell.0) && range.contains(&cell.1)
    };
    let mut known = [replied, window].into_iter().flatten();
    known.find(is_one).unwrap_or(CELL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(replies: Replies, variables: &[(&str, &str)]) -> Option<Protocol> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.to_string())
        };
        choose(&replies, None, variable).map(|graphics| graphics.protocol)
    }

    #[test]
    fn the_replies_decide_the_protocol() {
        let kitty = Replies {
            kitty: true,
            ..Replies::default()
        };
        let sixel = Replies {
            sixel: true,
            ..Replies::default()
        };
        let wezterm = Replies {
            version: "WezTerm 20240203".into(),
            ..sixel.clone()
        };
        let tmux = [("TMUX", "/tmp/tmux-0/default,1,0")];
        assert_eq!(chosen(kitty.clone(), &[]), Some(Protocol::Kitty));
        assert_eq!(chosen(sixel.clone(), &[]), Some(Protocol::Sixel));
        assert_eq!(chosen(wezterm, &[]), Some(Protocol::ITerm));
        assert_eq!(chosen(Replies::default(), &[]), None);
        assert_eq!(chosen(kitty, &tmux), Some(Protocol::KittyInTmux));
        assert_eq!(chosen(sixel, &tmux), Some(Protocol::Sixel));
        let iterm = [("LC_TERMINAL", "iTerm2")];
        assert_eq!(chosen(Replies::default(), &iterm), Some(Protocol::ITerm));
    }

    #[test]
    fn implausible_cells_are_ignored() {
        assert_eq!(cell(Some((10, 20)), Some((9, 18))), (10, 20));
        assert_eq!(cell(Some((4000, 4000)), Some((9, 18))), (9, 18));
        assert_eq!(cell(Some((10, u16::MAX)), Some((0, 18))), CELL);
        assert_eq!(cell(None, None), CELL);
    }

    #[test]
    fn terminals_without_graphics_are_not_queried() {
        let of = |term: &'static str| move |name: &str| (name == "TERM").then(|| term.to_owned());
        let look = Look::new(Depth::True, true);
        assert!(should_query(&look, of("xterm-256color")));
        assert!(should_query(&look, of("tmux-256color")));
        assert!(!should_query(&look, of("screen.xterm-256color")));
        assert!(!should_query(&Look::new(Depth::None, true), of("xterm")));
    }
}
