//! tmux's own answer whether the terminal around it has true colour.

use std::{
    process::{Command, Stdio},
    thread,
};

use super::event::{Event, Sender};

/// The format of the features of the client's terminal.
const FEATURES: &str = "#{client_termfeatures}";

/// Asks tmux on a thread of its own, which sends [`Event::TrueColour`] if it has. Without tmux's program, nothing happens.
pub(crate) fn ask(events: Sender) {
    let asking = move || {
        let mut tmux = Command::new("tmux");
        let tmux = tmux.args(["display-message", "-p", FEATURES]);
        let quiet = tmux.stdin(Stdio::null()).stderr(Stdio::null());
        let Ok(output) = quiet.output() else { return };
        if has_true_colour(&String::from_utf8_lossy(&output.stdout)) {
            // It fails only if the screen has closed.
            let _ = events.send(Event::TrueColour);
        }
    };
    // Without a thread the screen keeps the colours that it has.
    let _ = thread::Builder::new().name("tmux".to_owned()).spawn(asking);
}

/// Returns whether a list of features (`256,RGB,title`) has true colour.
fn has_true_colour(features: &str) -> bool {
    features.trim().split(',').any(|feature| feature == "RGB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_is_found_as_a_word() {
        assert!(has_true_colour("256,RGB,title\n") && has_true_colour("RGB"));
        assert!(!has_true_colour("256,title") && !has_true_colour(""));
    }
}
