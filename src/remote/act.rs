//! Requests of programs: what they may ask, and the answer once the worker has executed it.

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use super::{
    error::Refusal,
    parts::SentParts,
    peer::{LAST_NEWS_WAIT, PeerSession},
    protocol::{Act, Answer},
    user,
};
use crate::model::{Assignment, Cause, Command, Reply, Snapshot, event::MAX_TEXT};

/// Bytes of a note, and of all settings of one request together, at most. An entry of the journal holds a note, a user
/// name, and the old and the new value of a setting.
pub const MAX_WORDS: usize = MAX_TEXT / 4;
/// Time between two checks whether the run is over, while the worker is busy.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

impl PeerSession<'_> {
    /// Has the worker execute the command of a program, and waits until it has.
    pub(super) fn act(&self, request: Act, bytes: usize) -> Answer {
        match self.send(request, bytes) {
            Ok(Some(reply)) => Answer::Reply(reply),
            Ok(None) | Err(Refusal::Over) => Answer::Over,
            Err(refusal) => Answer::Refused(refusal.to_string()),
        }
    }

    /// Returns the last published state, without samples, plane and interpolation.
    pub(super) fn state(&self) -> Answer {
        let snapshot = Snapshot {
            samples: None,
            plane: None,
            interpolation: None,
            ..(*self.shared.feed.snapshot()).clone()
        };
        let (parts, _) = SentParts::default().news(&snapshot, &self.shared.initial);
        Answer::State(Box::new(snapshot), parts)
    }

    /// Returns the reply of the worker, `None` if the run ended before.
    fn send(&self, request: Act, bytes: usize) -> Result<Option<Reply>, Refusal> {
        let Act { to, command, note } = request;
        check(&command, note.as_deref())?;
        let cause = Cause::Ctl {
            by: user::name(),
            note,
        };
        if matches!(command, Command::Quit) {
            tracing::info!("ctl: process {} ends the run", self.peer.pid);
        }
        let (sender, reply) = channel();
        let send = || self.requests.send_as(to, command, cause, Some(sender));
        let number = self.shared.forward(bytes, send)?;
        // The worker drops what it does not execute.
        let mut over = None;
        let replied = loop {
            match reply.recv_timeout(CHECK_INTERVAL) {
                Ok(reply) => break Some(reply),
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) if self.stop.is_over() => {
                    let since = over.get_or_insert_with(Instant::now);
                    if since.elapsed() >= LAST_NEWS_WAIT / 2 {
                        break None;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        self.shared.executed(number);
        Ok(replied)
    }
}

/// Checks that a program may send a command, and that its texts fit in the journal.
fn check(command: &Command, note: Option<&str>) -> Result<(), Refusal> {
    let settings = match command {
        Command::Set { key, value } => key.len() + value.len(),
        Command::SetAll(changes) | Command::Fork { changes, .. } => {
            let length = |change: &Assignment| change.key.len() + change.value.len();
            changes.iter().map(length).sum()
        }
        Command::Note(_)
        | Command::Join(_)
        | Command::Publish
        | Command::Pause
        | Command::Resume
        | Command::Step { .. }
        | Command::Save
        | Command::Mark
        | Command::Rewind(_)
        | Command::Quit => 0,
        Command::Pace(_)
        | Command::SavePicture
        | Command::Watch(_)
        | Command::Interpolate(_)
        | Command::StartGif
        | Command::StopGif
        | Command::SaveScreen(_)
        | Command::SavePane(..)
        | Command::GoHeadless
        | Command::Terminate
        | Command::Preempt => return Err(Refusal::NotForPrograms),
    };
    let note_itself = match command {
        Command::Note(text) => text.len(),
        _ => 0,
    };
    for (what, bytes) in [
        ("the change", settings),
        ("the note", note_itself),
        ("the note", note.map_or(0, str::len)),
    ] {
        if bytes > MAX_WORDS {
            return Err(Refusal::TooLong { what, bytes });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_screens_and_long_texts_are_refused() {
        let long = "x".repeat(MAX_WORDS + 1);
        let change = |value: &str| Assignment {
            key: String::new(),
            value: value.to_owned(),
        };
        for refused in [
            Command::GoHeadless,
            Command::Terminate,
            Command::Preempt,
            Command::Watch(Vec::new()),
            Command::SaveScreen(String::new()),
            Command::SavePane(String::new(), None),
            Command::Note(long.clone()),
            Command::SetAll(vec![change(&long)]),
            Command::SetAll(vec![change(&long[..MAX_WORDS]), change("x")]),
        ] {
            assert!(check(&refused, None).is_err(), "{refused:?}");
        }
        let told = check(&Command::Pause, Some(&long)).unwrap_err().to_string();
        assert!(told.contains("the note has 16385 bytes"), "{told}");
        let longest = &long[..MAX_WORDS];
        assert!(check(&Command::Note(longest.to_owned()), Some(longest)).is_ok());
        assert!(check(&Command::SetAll(vec![change(longest)]), None).is_ok());
    }
}
