//! The server of a run: accepts peers and serves each on its own thread.

use std::{
    collections::VecDeque,
    io::{self, PipeWriter},
    net::Shutdown,
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::event::Timespec;
use tracing::Dispatch;

use super::{
    address::{self, Listener},
    control::{Control, Holder},
    descriptors,
    disconnect::Disconnect,
    error::Refusal,
    peer::{LAST_NEWS_WAIT, PeerSession},
    stop::Stop,
};
use crate::{
    files::folder::Folder,
    model::feed::{Feed, Requests},
    preset::Preset,
};

/// Number of peers at one time. As many more get the message that there is no room.
pub const SEATS: usize = 16;
/// Number of pending commands of all peers, at most.
const PENDING_COMMANDS: usize = 256;
/// Bytes of pending commands of all peers, at most.
const PENDING_BYTES: usize = 16 << 20;
/// Time after which accepting is tried again when it failed.
const BACK_OFF: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};
/// Time between two checks whether the last peers have left.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// Serves other processes that attach to a run, until it is dropped.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    stop: Arc<Stop>,
    /// Closing it wakes all threads.
    alive: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

/// The run as all peers see it.
#[derive(Debug)]
pub(super) struct Shared {
    pub feed: Arc<Feed>,
    pub requests: Requests,
    pub control: Control,
    /// The settings at the start of the run.
    pub initial: Preset,
    /// Pending commands: the worker's numbers, and bytes.
    pending: Mutex<VecDeque<(u64, usize)>>,
}

impl Server {
    /// Listens in the directory of a run. `screen`: whether the run's own process shows and controls it.
    ///
    /// # Errors
    /// The socket cannot be created, or the thread cannot be started.
    pub fn start(
        directory: &Folder,
        feed: Arc<Feed>,
        requests: Requests,
        initial: Preset,
        screen: bool,
        log: Dispatch,
    ) -> io::Result<Self> {
        let listener = Listener::bind(directory)?;
        let holder = if screen {
            Holder::Screen
        } else {
            Holder::Nobody
        };
        let shared = Arc::new(Shared {
            feed,
            requests,
            control: Control::new(holder),
            initial,
            pending: Mutex::default(),
        });
        let (stop, alive) = Stop::new()?;
        let stop = Arc::new(stop);
        let of_thread = (Arc::clone(&shared), Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("sn-tui attach".to_owned())
            .spawn(move || {
                let (shared, stop) = of_thread;
                tracing::dispatcher::with_default(&log, || accept(&listener, &shared, &stop, &log));
            })?;
        Ok(Self {
            shared,
            stop,
            alive: Some(alive),
            thread: Some(thread),
        })
    }

    /// Releases the control of the run's own screen, which is gone. The next peer that wants control gets it.
    pub fn free(&self) {
        self.shared.control.release();
    }

    /// Ends the server of a run that is over. It waits a moment for peers to fetch the last news, and removes the socket.
    pub fn finish(mut self) {
        self.close();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported.
            let _ = thread.join();
        }
    }

    fn close(&mut self) {
        self.stop.set_over();
        self.alive = None;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    /// Passes a command of `bytes` bytes to the worker with `send`, and returns its number.
    ///
    /// # Errors
    /// [`Refusal::Over`] if the worker has ended, [`Refusal::Busy`] if too many commands are pending.
    pub(super) fn forward(
        &self,
        bytes: usize,
        send: impl FnOnce() -> Option<u64>,
    ) -> Result<u64, Refusal> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.feed.snapshot().acknowledged;
        while pending.front().is_some_and(|&(number, _)| number <= done) {
            pending.pop_front();
        }
        let waiting: usize = pending.iter().map(|&(_, bytes)| bytes).sum();
        if pending.len() >= PENDING_COMMANDS || waiting + bytes > PENDING_BYTES {
            return Err(Refusal::Busy);
        }
        let number = send().ok_or(Refusal::Over)?;
        pending.push_back((number, bytes));
        Ok(number)
    }

    /// Forgets a command that the worker has executed.
    pub(super) fn executed(&self, number: u64) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|&(other, _)| other != number);
    }
}

/// The thread of a peer and its connection.
type Peer = (JoinHandle<()>, Arc<UnixStream>);

/// Accepts peers until the run is over, then disconnects them.
fn accept(listener: &Listener, shared: &Arc<Shared>, stop: &Arc<Stop>, log: &Dispatch) {
    let mut peers: Vec<Peer> = Vec::new();
    let mut failing = false;
    for number in 1.. {
        let Some(stream) = accept_next(listener, stop, &mut failing) else {
            break;
        };
        peers.retain(|(thread, _)| !thread.is_finished());
        let seats = peers.len();
        if seats >= 2 * SEATS {
            continue;
        }
        let stream = Arc::new(stream);
        let (shared, stop, log) = (Arc::clone(shared), Arc::clone(stop), log.clone());
        let of_thread = Arc::clone(&stream);
        let serve = move || {
            tracing::dispatcher::with_default(&log, || {
                serve(number, &of_thread, &shared, &stop, seats < SEATS);
                // This fails only if the peer has closed the connection already.
                let _ = of_thread.shutdown(Shutdown::Both);
            });
        };
        let thread = thread::Builder::new().name("sn-tui peer".to_owned());
        match thread.spawn(serve) {
            Ok(thread) => peers.push((thread, stream)),
            Err(error) => tracing::warn!("attach: cannot start a thread for a peer: {error}"),
        }
    }
    disconnect(peers);
}

/// Waits a moment for peers to fetch the last news, then closes all connections. A peer that does not read must not keep
/// the program from ending.
fn disconnect(mut peers: Vec<Peer>) {
    let deadline = Instant::now() + LAST_NEWS_WAIT + CHECK_INTERVAL;
    while !peers.is_empty() && Instant::now() < deadline {
        peers.retain(|(thread, _)| !thread.is_finished());
        thread::sleep(CHECK_INTERVAL);
    }
    for (thread, stream) in peers {
        // The connection may be closed already, and a panic of the thread has been reported.
        let _ = stream.shutdown(Shutdown::Both);
        let _ = thread.join();
    }
}

/// Waits for the next peer and accepts it. Returns `None` when the run is over. If accepting fails (too few descriptors),
/// it is tried again later; `failing` makes sure that this is logged once.
fn accept_next(listener: &Listener, stop: &Stop, failing: &mut bool) -> Option<UnixStream> {
    loop {
        let ready = [listener.as_fd(), stop.watched().as_fd()];
        if !stop.wait(&ready, None) {
            return None;
        }
        match descriptors::check().and_then(|()| listener.accept()) {
            Ok(stream) => {
                if std::mem::take(failing) {
                    tracing::info!("attach: peers are accepted again");
                }
                return Some(stream);
            }
            Err(error) => {
                if !std::mem::replace(failing, true) {
                    tracing::warn!("attach: no peers are accepted for now: {error}");
                }
                // A waiting peer keeps the socket readable: an attempt at once would be a busy loop.
                if !stop.wait(&ready[1..], Some(&BACK_OFF)) {
                    return None;
                }
            }
        }
    }
}

/// Serves one peer until it leaves, and logs why.
fn serve(number: u64, stream: &UnixStream, shared: &Shared, stop: &Stop, has_seat: bool) {
    let peer = match address::peer(stream) {
        Ok(peer) if peer.same_user => peer,
        Ok(peer) => {
            tracing::warn!(
                "attach: process {} belongs to another user and is refused",
                peer.pid
            );
            return;
        }
        Err(error) => {
            tracing::warn!("attach: unknown peer: {error}");
            return;
        }
    };
    let session = PeerSession::new(number, peer, stream, shared, stop);
    match session.serve(has_seat) {
        why @ (Disconnect::Left | Disconnect::Over) => {
            tracing::info!("attach: process {} {why}", peer.pid);
        }
        why => tracing::warn!("attach: process {} {why}", peer.pid),
    }
}
