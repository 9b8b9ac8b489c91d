//! The demo in the event loop: what it does by itself.

use super::Session;
use crate::tui::app::Effect;

impl Session<'_> {
    /// Lets the demo go on, if it is on.
    pub(super) fn advance_demo(&mut self) {
        if let Some(Effect::SendToAll(command)) = self.app.advance_demo() {
            // The person did not ask for it, and does not wait for it.
            self.link.send_to_all(command);
        }
        self.watch();
    }
}
