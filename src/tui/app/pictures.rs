//! How pictures are drawn: as pixels or as glyphs, and in which colours.

use super::{App, Effect, view::View};
use crate::tui::{
    look::theme::{Depth, Glyphs},
    picture::graphics::{Graphics, Protocol},
};

/// The hint in a terminal that seems to have few colours.
const FEW_COLOURS: &str = "Few colours: COLORTERM=truecolor says that there are more; in tmux: set -as \
                           terminal-features ',*:RGB'.";

impl App {
    /// Stores the terminal's protocol for pixels and switches pictures to pixels, unless the person has chosen another
    /// kind of picture. Sixels are large, so a `remote` terminal does not get them unasked.
    pub fn set_graphics(&mut self, graphics: Option<Graphics>, remote: bool) {
        self.graphics = graphics;
        let cheap = graphics.is_some_and(|g| !remote || g.protocol != Protocol::Sixel);
        if cheap && self.glyphs == self.look.glyphs()[0] {
            self.glyphs = Glyphs::Pixels;
        }
    }

    /// Draws in true colour from now on, which the terminal says that it has, unless it shows no colours at all.
    pub fn set_true_colour(&mut self) {
        if self.look.depth == Depth::Indexed {
            self.look = self.look.with_depth(Depth::True);
        }
    }

    /// Tells once, in a view of pictures, how to get finer colours.
    pub(super) fn hint_at_colours(&mut self, view: View) {
        let few = matches!(self.look.depth, Depth::Indexed | Depth::Sixteen);
        if few && matches!(view, View::Plane | View::Samples) && !self.hinted {
            self.hinted = true;
            self.say(FEW_COLOURS, false);
        }
    }

    /// Returns the available kinds of pictures, the best first.
    fn available_glyphs(&self) -> Vec<Glyphs> {
        let pixels = self.graphics.map(|_| Glyphs::Pixels);
        let others = self.look.glyphs().iter().copied();
        pixels.into_iter().chain(others).collect()
    }

    /// Draws pictures the next way that the terminal can show.
    pub(super) fn next_glyphs(&mut self) -> Option<Effect> {
        let all = self.available_glyphs();
        let current = all.iter().position(|&glyphs| glyphs == self.glyphs);
        self.glyphs = all[(current.unwrap_or(0) + 1) % all.len()];
        let name = match (self.glyphs, self.graphics) {
            (Glyphs::Pixels, Some(graphics)) => graphics.protocol.name(),
            (glyphs, _) => glyphs.name(),
        };
        self.say(format!("Pictures as {name}."), false);
        None
    }
}
