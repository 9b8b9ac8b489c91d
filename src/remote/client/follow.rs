//! The thread of a client: follows the run, and finds it again where it is lost.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};

use super::{
    Shared, Wants,
    connection::{Connection, greet},
    state::{Curves, Link},
};
use crate::model::Command;

/// Time between two tries to find a lost run again.
const RETRY: Duration = Duration::from_secs(1);

/// Follows the run until it ends or nobody wants it any more.
pub fn follow(mut connection: Connection, wants: Wants, shared: &Shared) {
    let mut between = shared.between;
    while shared.rest(between) {
        between = shared.between;
        match connection.round(shared) {
            Ok(false) => {}
            Ok(true) => {
                let mut state = shared.lock();
                state.link = Link::Over;
                state.dealt_with = state.last;
                let how = state.snapshot.outcome();
                state.say(format!("The run {how}; `q` closes this screen"), false);
                return;
            }
            Err(reason) => {
                lose(shared, &reason);
                match find(shared, wants) {
                    Some(found) => connection = found,
                    None => return,
                }
                between = Duration::ZERO;
            }
        }
    }
}

/// The connection is lost, with all that was under way.
fn lose(shared: &Shared, reason: &str) {
    let mut state = shared.lock();
    state.link = Link::Lost;
    state.commands.clear();
    state.dealt_with = state.last;
    let text = format!("The connection to the run is lost ({reason}); trying again");
    state.say(text, true);
}

/// Tries to find a lost run again; none where nobody wants it any more.
fn find(shared: &Shared, wants: Wants) -> Option<Connection> {
    let mut told = None;
    loop {
        if !shared.rest(RETRY) {
            return None;
        }
        let found = greet(&shared.directory, wants).and_then(|(stream, peer, role, why)| {
            let mut curves = Curves::default();
            let connection = Connection::begin(stream, peer, &shared.directory, &mut curves);
            let mut connection = connection.map_err(io::Error::other)?;
            connection.catch_up(&mut curves).map_err(io::Error::other)?;
            Ok((connection, curves, role, why))
        });
        let mut state = shared.lock();
        match found {
            Ok((connection, curves, role, why)) => {
                state.link = Link::Up;
                state.curves = curves;
                state.initial = Arc::clone(&connection.initial);
                (state.role, state.why, state.pid) = (role, why, connection.peer.pid);
                state.theirs.clone_from(&connection.snapshot.notice);
                state.show(connection.snapshot.clone());
                let greeting = state.greeting("Attached again");
                state.say(greeting, false);
                let looks = state.watched.clone();
                // Nothing stands in the way of a look.
                let _ = state.send(Command::Watch(looks));
                return Some(connection);
            }
            Err(error) if told != Some(error.kind()) => {
                told = Some(error.kind());
                let text = match error.kind() {
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                        "The run's process is gone; its directory has what it saved. Trying again"
                            .to_owned()
                    }
                    _ => format!("The run cannot be reached ({error}); trying again"),
                };
                state.say(text, true);
            }
            Err(_) => {}
        }
    }
}
