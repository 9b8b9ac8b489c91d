//! The run's side of the socket.

use std::{
    collections::VecDeque,
    io::{self, PipeReader, PipeWriter},
    net::Shutdown,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tracing::Dispatch;

use super::{
    address::{self, Listener},
    control::{Control, Holder},
    peer::{FAREWELL, Gone, Served},
    room,
};
use crate::{
    feed::{Feed, Requests},
    files::folder::Folder,
    model::Command,
    preset::Preset,
};

/// Peers at one time, and as many again that are told that there is no room.
pub const SEATS: usize = 16;
/// Commands of peers that the worker has not dealt with, and their bytes.
const COMMANDS: usize = 256;
const BYTES: usize = 16 << 20;
/// Time after which it is tried again to let somebody in.
const BACK_OFF: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};
/// Between two looks whether the last peers have gone.
const GLANCE: Duration = Duration::from_millis(5);

/// Lets other processes at a run, until it is dropped.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    stop: Arc<Stop>,
    /// Closed, it wakes all threads.
    alive: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

/// What all peers see of the run.
#[derive(Debug)]
pub struct Shared {
    pub feed: Arc<Feed>,
    pub requests: Requests,
    pub control: Control,
    /// The settings with which the run began.
    pub initial: Preset,
    /// Numbers of peers' commands that are under way, and their bytes.
    under_way: Mutex<VecDeque<(u64, usize)>>,
}

/// Whether the run is over.
#[derive(Debug)]
pub struct Stop {
    over: AtomicBool,
    woken: PipeReader,
}

impl Stop {
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Becomes ready when the run is over.
    pub fn watched(&self) -> &PipeReader {
        &self.woken
    }
}

impl Server {
    /// Listens in the directory of a run; `screen`: whether its own process shows and controls it.
    ///
    /// # Errors
    /// A socket that cannot be made; no thread.
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
            under_way: Mutex::default(),
        });
        let (woken, alive) = io::pipe()?;
        let stop = Arc::new(Stop {
            over: AtomicBool::new(false),
            woken,
        });
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

    /// The run's own screen is gone: the next peer that wants control gets it.
    pub fn free(&self) {
        self.shared.control.free();
    }

    /// The run is over: takes the socket away, and waits a moment for peers to fetch the last news.
    pub fn finish(mut self) {
        self.close();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported, and concerns nobody here.
            let _ = thread.join();
        }
    }

    fn close(&mut self) {
        self.stop.over.store(true, Ordering::SeqCst);
        self.alive = None;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    /// Hands a command to the worker and gives its number.
    ///
    /// # Errors
    /// A worker that is gone, or has more to do than is good.
    pub fn pass_on(
        &self,
        requests: &Requests,
        command: Command,
        bytes: usize,
    ) -> Result<u64, String> {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let done = self.feed.snapshot().acknowledged;
        while under_way.front().is_some_and(|&(number, _)| number <= done) {
            under_way.pop_front();
        }
        let waiting: usize = under_way.iter().map(|&(_, bytes)| bytes).sum();
        if under_way.len() >= COMMANDS || waiting + bytes > BYTES {
            return Err("too many commands are under way".to_owned());
        }
        let number = requests.send(command);
        let number = number.ok_or("the training has ended and takes no more commands")?;
        under_way.push_back((number, bytes));
        Ok(number)
    }
}

/// A peer's thread and its connection.
type Serving = (JoinHandle<()>, Arc<UnixStream>);

/// Takes peers until the run is over, then lets them go.
fn accept(listener: &Listener, shared: &Arc<Shared>, stop: &Arc<Stop>, log: &Dispatch) {
    let mut peers: Vec<Serving> = Vec::new();
    let mut short = false;
    for number in 1.. {
        let Some(stream) = next(listener, stop, &mut short) else {
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
                // The other end learns of it at once; one that is gone already does not mind.
                let _ = of_thread.shutdown(Shutdown::Both);
            });
        };
        let thread = thread::Builder::new().name("sn-tui peer".to_owned());
        match thread.spawn(serve) {
            Ok(thread) => peers.push((thread, stream)),
            Err(error) => tracing::warn!("attach: no thread for a peer: {error}"),
        }
    }
    let_go(peers);
}

/// Gives peers a moment to fetch the last news, then ends what is still going on: one that does not read must not keep
/// the program.
fn let_go(mut peers: Vec<Serving>) {
    let deadline = Instant::now() + FAREWELL + GLANCE;
    while !peers.is_empty() && Instant::now() < deadline {
        peers.retain(|(thread, _)| !thread.is_finished());
        thread::sleep(GLANCE);
    }
    for (thread, stream) in peers {
        // Neither a connection that is closed already nor a panic, which has been reported, is of concern now.
        let _ = stream.shutdown(Shutdown::Both);
        let _ = thread.join();
    }
}

/// Waits for the next peer; none when the run is over. One that there is no room for waits as well; `short`: whether that
/// has been told.
fn next(listener: &Listener, stop: &Stop, short: &mut bool) -> Option<UnixStream> {
    loop {
        let somebody = [listener.as_fd(), stop.watched().as_fd()];
        if !wait(&somebody, None, stop) {
            return None;
        }
        match room::check().and_then(|()| listener.accept()) {
            Ok(stream) => {
                if std::mem::take(short) {
                    tracing::info!("attach: there is room again");
                }
                return Some(stream);
            }
            Err(error) => {
                if !std::mem::replace(short, true) {
                    tracing::warn!("attach: nobody is let in for now: {error}");
                }
                // Whoever waits keeps the socket ready: asking again at once would be asking for ever.
                if !wait(&somebody[1..], Some(&BACK_OFF), stop) {
                    return None;
                }
            }
        }
    }
}

/// Waits until one of these is ready, or so long; whether the run goes on.
fn wait(fds: &[BorrowedFd], patience: Option<&Timespec>, stop: &Stop) -> bool {
    let mut fds: Vec<_> = fds
        .iter()
        .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
        .collect();
    loop {
        match poll(&mut fds, patience) {
            _ if stop.is_over() => return false,
            Ok(_) => return true,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

fn serve(number: u64, stream: &UnixStream, shared: &Shared, stop: &Stop, seat: bool) {
    let peer = match address::peer(stream) {
        Ok(peer) if peer.same_user => peer,
        Ok(peer) => {
            tracing::warn!("attach: process {} is of another user: refused", peer.pid);
            return;
        }
        Err(error) => {
            tracing::warn!("attach: a peer that cannot be told: {error}");
            return;
        }
    };
    match Served::new(number, peer, stream, shared, stop).serve(seat) {
        gone @ (Gone::Left | Gone::Over) => tracing::info!("attach: process {} {gone}", peer.pid),
        gone => tracing::warn!("attach: process {} {gone}", peer.pid),
    }
}
