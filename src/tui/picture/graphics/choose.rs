//! Which protocol a terminal gets.

use super::{Graphics, Protocol, ask::Replies};
use crate::tui::look::theme::{Depth, Look};

/// What a cell is taken to be where the terminal does not say.
const CELL: (u16, u16) = (8, 16);
/// Pixels that no cell has more of in either direction; whoever says so is not believed.
pub const LARGEST_CELL: u16 = 256;

/// Whether it makes sense to ask: there must be a terminal with colours, and one that knows what an escape sequence is.
pub fn worth_asking(look: &Look, variable: impl Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    look.unicode && look.depth != Depth::None && (!term.starts_with("screen") || in_tmux(variable))
}

/// Whether tmux stands between.
pub fn in_tmux(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("TMUX").is_some_and(|value| !value.is_empty())
        || variable("TERM").is_some_and(|value| value.starts_with("tmux"))
}

/// Whether a network lies between.
pub fn is_far(variable: impl Fn(&str) -> Option<String>) -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .into_iter()
        .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

/// The best that a terminal has; none where it has nothing. `window` is the size of a cell as the system knows it.
pub fn choose(
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
    let protocol = match () {
        // tmux shows sixels itself where it says so, and moves them with its panes.
        _ if tmux && replies.sixel => Protocol::Sixel,
        _ if tmux && replies.kitty => Protocol::KittyInTmux,
        _ if tmux => return None,
        _ if replies.kitty && !iterm => Protocol::Kitty,
        _ if iterm => Protocol::ITerm,
        _ if replies.sixel => Protocol::Sixel,
        _ => return None,
    };
    Some(Graphics {
        protocol,
        cell: cell(replies.cell, window),
    })
}

/// The size of a cell by the first who knows it and can be believed.
fn cell(replied: Option<(u16, u16)>, window: Option<(u16, u16)>) -> (u16, u16) {
    let is_one = |cell: &(u16, u16)| {
        let range = 1..=LARGEST_CELL;
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
    fn the_terminal_decides() {
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
    fn a_cell_that_no_terminal_has_is_not_believed() {
        assert_eq!(cell(Some((10, 20)), Some((9, 18))), (10, 20));
        assert_eq!(cell(Some((4000, 4000)), Some((9, 18))), (9, 18));
        assert_eq!(cell(Some((10, u16::MAX)), Some((0, 18))), CELL);
        assert_eq!(cell(None, None), CELL);
    }

    #[test]
    fn where_there_is_nothing_to_show_nobody_asks() {
        let of = |term: &'static str| move |name: &str| (name == "TERM").then(|| term.to_owned());
        let look = Look::new(Depth::True, true);
        assert!(worth_asking(&look, of("xterm-256color")));
        assert!(worth_asking(&look, of("tmux-256color")));
        assert!(!worth_asking(&look, of("screen.xterm-256color")));
        assert!(!worth_asking(&Look::new(Depth::None, true), of("xterm")));
    }
}
