//! Frames on the socket of a run: from any peer to the run's process, and from any listener to a peer.

use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    thread,
    time::Duration,
};

use sn_tui::{
    model::Command,
    preset,
    remote::{Client, Role, Wants, path},
    run::{self, Device, Handle, Options},
};
use tempfile::TempDir;

/// The longest time that a side may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Networks of a few numbers.
const PRESET: &str = "(
    data: Mixture(centres: Ring(modes: 2, radius: 1), sigma: 0.1),
    latent: 1,
    batch: 4,
    generator: (layers: [Linear(out: 2)]),
    discriminator: (layers: [Linear(out: 2), ReLU, Linear(out: 1)]),
    samples: (count: 4),
    scores: (every: 0),
    steps: 1000000000,
)";

/// A paused run without a screen.
pub struct Run {
    home: TempDir,
    /// `None` once the run has ended.
    handle: Option<Handle>,
    /// A greeting, and requests for news and for the state: valid examples of what a client sends.
    pub questions: Vec<u8>,
    /// The run's answers to `questions`: valid examples of what a client receives.
    pub answers: Vec<u8>,
}

impl Run {
    pub fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let handle = start_run(&home);
        // A greeting of another version is answered with this version's protocol number.
        let hello = |protocol: u64| {
            let words = r#""program":"fuzz","wants":"viewer""#;
            frame(format!(r#"{{"protocol":{protocol},{words}}}"#).as_bytes())
        };
        let welcome = ask(&home, &hello(0));
        let welcome: serde_json::Value = serde_json::from_slice(&welcome[4..]).unwrap();
        let protocol = welcome["protocol"].as_u64().unwrap();
        let asks = [frame(b"\xa4News"), frame(b"\xa5State")].concat();
        let questions = [hello(protocol), asks].concat();
        let answers = ask(&home, &questions);
        Self {
            home,
            handle: Some(handle),
            questions,
            answers,
        }
    }

    /// Starts the run again if a peer has ended it.
    fn ensure_running(&mut self) -> &TempDir {
        if let Some(handle) = self.handle.take_if(|handle| handle.is_over()) {
            handle.wait();
            self.home = tempfile::tempdir().unwrap();
        }
        self.handle.get_or_insert_with(|| start_run(&self.home));
        &self.home
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.send(Command::Terminate);
            handle.wait();
        }
    }
}

fn start_run(home: &TempDir) -> Handle {
    let preset = preset::parse(PRESET, "fuzz.ron").unwrap();
    let options = Options {
        live: false,
        paused: true,
        ..Options::new("fuzz", preset, home.path().join("run"))
    };
    let handle = run::start(options, |preset, seed| Device::Cpu.build(preset, seed)).unwrap();
    handle.send(Command::Pause);
    handle
}

fn frame(content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_le_bytes();
    [&length[..], content].concat()
}

/// Sends bytes to the run's process and returns everything that it answers.
fn ask(home: &TempDir, bytes: &[u8]) -> Vec<u8> {
    let mut stream = UnixStream::connect(path(&home.path().join("run"))).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The run may close the connection early.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
    }
    answer
}

/// Checks that bytes end at most a connection, on either side.
pub fn exchange(run: &mut Run, bytes: &[u8]) {
    ask(run.ensure_running(), bytes);
    answer_client(bytes);
    let questions = run.questions.clone();
    assert!(
        ask(run.ensure_running(), &questions).len() > 4,
        "the run is gone"
    );
}

fn answer_client(bytes: &[u8]) {
    let home = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(path(home.path())).unwrap();
    let wants = Wants {
        role: Role::Viewer,
        take: false,
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().unwrap();
            // The client may close the connection early.
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let client = Client::attach(home.path(), wants, Duration::from_millis(1));
        match client {
            Ok(client) => {
                client.send(Command::Pause);
                let _ = (client.snapshot(), client.history());
            }
            Err(why) => assert!(!why.to_string().is_empty()),
        }
        // A second attempt to connect finds no socket.
        fs::remove_file(path(home.path())).unwrap();
    });
}
