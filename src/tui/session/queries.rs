//! What the terminal is asked: its graphics protocols and its colours.

use super::Session;
use crate::tui::{
    look::theme::Depth,
    picture::graphics::{
        choose,
        query::{Replies, query},
    },
    terminal::{self, output::Output, tmux},
};

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Session<'_> {
    /// Queries the terminal, once, after the first frame. The replies arrive as an event.
    pub(super) fn query_terminal(&mut self, output: &mut Output) {
        if !self.queried && choose::should_query(&self.app.look, variable) {
            self.keys.await_replies();
            let unsure = self.app.look.depth == Depth::Indexed;
            let tmux = choose::in_tmux(variable);
            output.send(query(tmux, unsure));
            if tmux && unsure {
                tmux::ask(self.events.clone());
            }
        }
        self.queried = true;
    }

    pub(super) fn take_replies(&mut self, replies: &Replies) {
        let graphics = choose::choose(replies, terminal::cell_size(), variable);
        self.app.set_graphics(graphics, choose::is_remote(variable));
        if replies.true_colour {
            self.app.set_true_colour();
        }
        if let Some(light) = replies.light {
            self.app.look = self.app.look.with_background(light);
        }
    }
}
