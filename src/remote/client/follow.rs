//! The thread of a client: fetches news of the run and reconnects if the connection is lost.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use super::{
    super::Error,
    Shared, Wants,
    connection::{Connection, greet},
    state::{Curves, Link},
};
use crate::model::Command;

/// Time between two attempts to reconnect.
const RETRY: Duration = Duration::from_secs(1);

/// Fetches news until the run ends or the client is dropped.
pub(super) fn follow(mut connection: Connection, wants: Wants, shared: &Shared) {
    let mut between = shared.between;
    while shared.wait_for_work(between) {
        between = shared.between;
        match connection.exchange(shared) {
            Ok(false) => {}
            Ok(true) => {
                shared.lock().end();
                return;
            }
            Err(reason) => {
                mark_lost(shared, &reason);
                match reconnect(shared, wants) {
                    Some(again) => connection = again,
                    None => return,
                }
                between = Duration::ZERO;
            }
        }
    }
}

/// Marks the connection as lost, and drops all pending commands.
fn mark_lost(shared: &Shared, reason: &Error) {
    let mut state = shared.lock();
    state.link = Link::Lost;
    state.commands.clear();
    state.completed = state.last;
    let text = format!("The connection to the run is lost ({reason}); trying again");
    state.notify(text, true);
}

/// Tries to reconnect until it succeeds. Returns `None` if the client is dropped meanwhile, or the run is over.
fn reconnect(shared: &Shared, wants: Wants) -> Option<Connection> {
    let mut reported = None;
    loop {
        if !shared.wait_for_work(RETRY) {
            return None;
        }
        let found = greet(&shared.directory, wants).and_then(|(stream, peer, role, why)| {
            let mut curves = Curves::default();
            let connection = Connection::begin(stream, peer, &shared.directory, &mut curves);
            Ok((connection.map_err(io::Error::other)?, curves, role, why))
        });
        let mut state = shared.lock();
        match found {
            Ok(((connection, over), curves, role, why)) => {
                state.link = Link::Up;
                state.curves = curves;
                state.initial = Arc::clone(&connection.initial);
                (state.role, state.why, state.pid) = (role, why, connection.peer.pid);
                state.theirs.clone_from(&connection.snapshot.notice);
                state.show(connection.snapshot.clone());
                if over {
                    state.end();
                    return None;
                }
                let greeting = state.greeting("Attached again");
                state.notify(greeting, false);
                let looks = state.watched.clone();
                // The run resumes what this screen watches; viewers may ask for it as well.
                let _ = state.send(None, Command::Watch(looks));
                return Some(connection);
            }
            Err(error) if reported != Some(error.kind()) => {
                reported = Some(error.kind());
                let text = match error.kind() {
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                        "The run's process is gone; its directory has what it saved. Trying again"
                            .to_owned()
                    }
                    _ => format!("The run cannot be reached ({error}); trying again"),
                };
                state.notify(text, true);
            }
            Err(_) => {}
        }
    }
}
