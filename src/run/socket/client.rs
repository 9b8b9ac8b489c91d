//! The other process's side of the socket: a run as if it were this process's own.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{
    Role,
    address::{self, Peer},
    frame,
    parts::Part,
    protocol::{
        Answer, Ask, GREETING, Hello, News, PROTOCOL, TO_CLIENT, TO_SERVER, Welcome, decode, encode,
    },
};
use crate::{
    preset::Preset,
    run::{Branch, Command, History, Look, Notice, Snapshot},
};

/// How long the run's process may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two tries to find a lost run again.
const RETRY: Duration = Duration::from_secs(1);
/// Most time between two looks, so that the end of a run is not missed.
const LONGEST: Duration = Duration::from_millis(200);
/// Commands that wait to be sent.
const WAITING: usize = 64;

/// What a client wants to be.
#[derive(Clone, Copy, Debug)]
pub struct Wants {
    pub role: Role,
    /// Take control from another peer that has it.
    pub take: bool,
}

/// A run of another process. A thread asks it what is new, and finds it again where it is lost; no call waits for it.
#[derive(Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    /// Time between two looks.
    between: Duration,
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Debug)]
struct State {
    snapshot: Arc<Snapshot>,
    initial: Arc<Preset>,
    curves: Curves,
    link: Link,
    role: Role,
    /// Why the role is another than the one wanted.
    why: String,
    pid: i32,
    /// Number of the last command, and commands as bytes that are to be sent.
    last: u64,
    commands: VecDeque<(u64, Vec<u8>)>,
    /// All commands up to this one are dealt with, or lost.
    dealt_with: u64,
    /// What the front end watches, to be told to the run when it is found again.
    watched: Vec<Look>,
    /// The run's last notice, and how many notices there were, the client's own ones included.
    theirs: Option<Notice>,
    notices: u64,
    /// Why the last command was not sent.
    refusal: String,
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Up,
    Lost,
    /// The run has ended.
    Over,
}

/// The curves of a run, and those of the branch that it left last.
#[derive(Debug, Default)]
struct Curves {
    history: History,
    branch: Option<Arc<Branch>>,
}

/// A connection that was greeted, and the snapshot that its news are put into.
struct Connection {
    stream: UnixStream,
    peer: Peer,
    snapshot: Snapshot,
    initial: Arc<Preset>,
}

impl Client {
    /// Attaches to the run in this directory, looking at it at least so often.
    ///
    /// # Errors
    /// Why that cannot be, in a sentence.
    pub fn attach(directory: &Path, wants: Wants, between: Duration) -> Result<Self, String> {
        let failed = |error: io::Error| no_run(directory, &error);
        let (stream, peer, role, why) = greet(directory, wants).map_err(failed)?;
        let mut curves = Curves::default();
        let mut connection = Connection::begin(stream, peer, directory, &mut curves)?;
        let ended = connection.catch_up(&mut curves)?;
        let snapshot = connection.snapshot.clone();
        let mut state = State {
            theirs: snapshot.notice.clone(),
            snapshot: Arc::new(snapshot),
            initial: Arc::clone(&connection.initial),
            curves,
            link: if ended { Link::Over } else { Link::Up },
            role,
            why,
            pid: peer.pid,
            last: 0,
            commands: VecDeque::new(),
            dealt_with: 0,
            watched: Vec::new(),
            notices: 0,
            refusal: String::new(),
            closed: false,
        };
        let greeting = state.greeting("Attached");
        state.say(greeting, false);
        let shared = Arc::new(Shared {
            directory: directory.to_owned(),
            between: between.min(LONGEST),
            state: Mutex::new(state),
            woken: Condvar::new(),
        });
        let for_thread = Arc::clone(&shared);
        thread::Builder::new()
            .name("sn-tui attached".to_owned())
            .spawn(move || follow(connection, wants, &for_thread))
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self { shared })
    }

    /// The latest snapshot that came.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.lock().snapshot)
    }

    /// All curves that came.
    pub fn history(&self) -> History {
        self.shared.lock().curves.history.clone()
    }

    /// Brings an earlier copy of the curves up to date.
    pub fn catch_up(&self, history: &mut History) {
        history.catch_up(&self.shared.lock().curves.history);
    }

    /// The curves of the branch that was left last; none where none was.
    pub fn branch(&self) -> Option<Arc<Branch>> {
        self.shared.lock().curves.branch.clone()
    }

    /// The settings with which the run began.
    pub fn initial(&self) -> Arc<Preset> {
        Arc::clone(&self.shared.lock().initial)
    }

    /// Has `command` sent to the run and gives the number under which a snapshot will acknowledge it; none where it is
    /// not sent, for the reason in [`Client::refusal`].
    pub fn send(&self, command: Command) -> Option<u64> {
        let mut state = self.shared.lock();
        let sent = state.send(command);
        self.shared.woken.notify_all();
        sent.map_err(|reason| state.refusal = reason).ok()
    }

    /// Why the last command was not sent.
    pub fn refusal(&self) -> String {
        self.shared.lock().refusal.clone()
    }

    /// Whether the run has ended, as its process said.
    pub fn is_over(&self) -> bool {
        self.shared.lock().link == Link::Over
    }

    /// Whether nothing more of the run is known.
    pub fn is_lost(&self) -> bool {
        self.shared.lock().link == Link::Lost
    }

    /// The process of the run; 0 where the system does not say.
    pub fn pid(&self) -> i32 {
        self.shared.lock().pid
    }

    /// What this client may do.
    pub fn role(&self) -> Role {
        self.shared.lock().role
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.woken.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long, or until there is a command to be sent; whether somebody still wants the run.
    fn rest(&self, time: Duration) -> bool {
        let idle = |state: &mut State| !state.closed && state.commands.is_empty();
        let (state, _) = self
            .woken
            .wait_timeout_while(self.lock(), time, idle)
            .unwrap_or_else(PoisonError::into_inner);
        !state.closed
    }
}

impl State {
    fn send(&mut self, command: Command) -> Result<u64, String> {
        let watched = match &command {
            Command::Watch(looks) => Some(looks.clone()),
            _ => None,
        };
        if let Some(looks) = &watched {
            self.watched.clone_from(looks);
        }
        match self.link {
            Link::Over => return Err("The run has ended and takes no more commands.".to_owned()),
            Link::Lost => {
                return Err("The connection to the run is lost: nothing was sent.".to_owned());
            }
            Link::Up => {}
        }
        if self.role == Role::Viewer && watched.is_none() {
            return Err(match self.why.as_str() {
                "" => "This screen only looks on.".to_owned(),
                why => format!("This screen only looks on: {why}."),
            });
        }
        if self.commands.len() >= WAITING {
            return Err("The run's process does not keep up: nothing was sent.".to_owned());
        }
        let id = self.last + 1;
        let ask = encode(&Ask::Do { id, command })?;
        if ask.len() > TO_SERVER {
            return Err(format!("{} bytes are too many to be sent.", ask.len()));
        }
        self.last = id;
        self.commands.push_back((id, ask));
        Ok(id)
    }

    /// A line for the person, of the client's own.
    fn say(&mut self, text: String, error: bool) {
        self.notices += 1;
        let number = self.notices;
        self.snapshot = Arc::new(Snapshot {
            notice: Some(Notice {
                number,
                text,
                error,
            }),
            acknowledged: self.snapshot.acknowledged.max(self.dealt_with),
            ..(*self.snapshot).clone()
        });
    }

    /// Shows a snapshot that came; its notice is shown where it is a new one.
    fn show(&mut self, mut snapshot: Snapshot) {
        snapshot.acknowledged = snapshot.acknowledged.max(self.dealt_with);
        let theirs = snapshot.notice.take();
        snapshot.notice = self.snapshot.notice.clone();
        if theirs != self.theirs {
            self.theirs.clone_from(&theirs);
            self.notices += 1;
            let number = self.notices;
            snapshot.notice = theirs.map(|notice| Notice { number, ..notice });
        }
        self.snapshot = Arc::new(snapshot);
    }

    /// What the person should know of a connection that has been made.
    fn greeting(&self, how: &str) -> String {
        let to = match self.pid {
            0 => "the run".to_owned(),
            pid => format!("process {pid}"),
        };
        let mut text = match (self.role, self.why.as_str()) {
            (Role::Controller, _) => {
                format!("{how} to {to}: `q` leaves it running, `:quit-run` ends it")
            }
            (Role::Viewer, "") => format!("{how} to {to} as a viewer: `q` leaves it running"),
            (Role::Viewer, why) => format!("{how} to {to} as a viewer: {why}"),
        };
        let warning = self.theirs.as_ref().filter(|notice| notice.error);
        if let Some(warning) = warning {
            text.push_str(&format!(". Its last warning: {}", warning.text));
        }
        text
    }
}

/// Follows the run until it ends or nobody wants it any more.
fn follow(mut connection: Connection, wants: Wants, shared: &Shared) {
    let mut between = shared.between;
    while shared.rest(between) {
        let between_looks = match connection.round(shared) {
            Ok(false) => shared.between,
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
                Duration::ZERO
            }
        };
        between = between_looks;
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

impl Connection {
    /// A connection that has the whole of the first snapshot.
    fn begin(
        stream: UnixStream,
        peer: Peer,
        directory: &Path,
        curves: &mut Curves,
    ) -> Result<Self, String> {
        let mut news = news(&stream)?;
        let initial = news.parts.iter().find_map(Part::initial);
        let (Some(initial), Some(state)) = (initial, news.state.take()) else {
            return Err("it does not begin at the beginning".to_owned());
        };
        let initial = initial?;
        let mut connection = Self {
            stream,
            peer,
            initial: Arc::clone(&initial),
            snapshot: state.snapshot(initial, directory),
        };
        connection.put(news, curves)?;
        Ok(connection)
    }

    /// Sends what waits to be sent and takes what is new; whether the run is over.
    fn round(&mut self, shared: &Shared) -> Result<bool, String> {
        loop {
            let next = shared.lock().commands.pop_front();
            let Some((id, command)) = next else {
                break;
            };
            match self.ask(&command)? {
                Answer::Taken => {}
                Answer::Refused(reason) => {
                    let mut state = shared.lock();
                    state.dealt_with = state.dealt_with.max(id);
                    state.say(format!("not done: {reason}"), true);
                }
                Answer::News(_) => return Err("it answers what was not asked".to_owned()),
            }
        }
        let mut new = false;
        loop {
            let news = self.news()?;
            let mut state = shared.lock();
            let (role, more, last) = (news.role, news.more, news.last);
            new |= news.state.is_some() || !news.parts.is_empty();
            self.put(news, &mut state.curves)?;
            if role != state.role {
                state.role = role;
                let text = match role {
                    Role::Controller => "This screen controls the run now",
                    Role::Viewer => "Another attached screen has taken control: this one looks on",
                };
                state.say(text.to_owned(), role == Role::Viewer);
                state.why = "another attached screen has taken control".to_owned();
            }
            // Whole or not at all: what is shown belongs to one moment.
            if !more {
                if new {
                    state.show(self.snapshot.clone());
                }
                return Ok(last);
            }
        }
    }

    /// Takes all that is there; whether the run is over.
    fn catch_up(&mut self, curves: &mut Curves) -> Result<bool, String> {
        loop {
            let news = self.news()?;
            let (more, last) = (news.more, news.last);
            self.put(news, curves)?;
            if !more {
                return Ok(last);
            }
        }
    }

    fn put(&mut self, news: News, curves: &mut Curves) -> Result<(), String> {
        for part in news.parts {
            part.put(&mut self.snapshot, &mut self.initial)?;
        }
        for curve in news.curves {
            curve.put(&mut curves.history)?;
        }
        if let Some(step) = news.left {
            let history = std::mem::take(&mut curves.history);
            curves.branch = Some(Arc::new(Branch { step, history }));
        }
        if let Some(state) = news.state {
            state.put(&mut self.snapshot);
        }
        Ok(())
    }

    fn news(&self) -> Result<News, String> {
        news(&self.stream)
    }

    fn ask(&self, ask: &[u8]) -> Result<Answer, String> {
        request(&self.stream, ask)
    }
}

fn request(stream: &UnixStream, ask: &[u8]) -> Result<Answer, String> {
    let deadline = Instant::now() + PATIENCE;
    let answer = frame::write(stream, ask, TO_SERVER, deadline)
        .and_then(|()| frame::read(stream, TO_CLIENT, deadline));
    let answer = answer.map_err(|error| match error.kind() {
        ErrorKind::TimedOut => "its process does not answer".to_owned(),
        ErrorKind::UnexpectedEof => "its process has closed it".to_owned(),
        _ => error.to_string(),
    })?;
    decode(&answer)
}

fn news(stream: &UnixStream) -> Result<News, String> {
    match request(stream, &encode(&Ask::News)?)? {
        Answer::News(news) => Ok(*news),
        Answer::Taken | Answer::Refused(_) => Err("it answers what was not asked".to_owned()),
    }
}

/// Connects and greets; gives the role that was given, and why it is another than the one wanted.
fn greet(directory: &Path, wants: Wants) -> io::Result<(UnixStream, Peer, Role, String)> {
    let stream = address::connect(directory)?;
    let peer = address::peer(&stream)?;
    if !peer.same_user {
        let message = format!("process {} that listens there is of another user", peer.pid);
        return Err(io::Error::new(ErrorKind::PermissionDenied, message));
    }
    let hello = Hello {
        protocol: PROTOCOL,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        wants: wants.role,
        take: wants.take,
    };
    let deadline = Instant::now() + PATIENCE;
    frame::write(&stream, &serde_json::to_vec(&hello)?, GREETING, deadline)?;
    let welcome: Welcome = serde_json::from_slice(&frame::read(&stream, GREETING, deadline)?)?;
    match welcome.role {
        Some(role) if welcome.protocol == PROTOCOL => Ok((stream, peer, role, welcome.why)),
        _ => Err(io::Error::other(welcome.why)),
    }
}

/// Why nobody could be attached to, for people.
fn no_run(directory: &Path, error: &io::Error) -> String {
    let directory = directory.display();
    match error.kind() {
        ErrorKind::NotFound => format!("no run is going on in {directory}"),
        ErrorKind::ConnectionRefused => {
            format!("no run is going on in {directory}: its process has been killed")
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            format!("the run in {directory} does not answer: its process may be stopped")
        }
        _ => format!("the run in {directory} cannot be attached to: {error}"),
    }
}
