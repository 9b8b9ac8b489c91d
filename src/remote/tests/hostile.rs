//! Peers that mean harm, or are broken.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    model::Command,
    remote::{
        address::connect,
        frame,
        protocol::{
            Answer, Ask, GREETING, Hello, PROTOCOL, TO_CLIENT, TO_SERVER, Welcome, decode, encode,
        },
        tests::*,
    },
};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn hello(protocol: u32) -> Vec<u8> {
    serde_json::to_vec(&Hello {
        protocol,
        program: "9.9.9".into(),
        wants: Role::Controller,
        take: true,
    })
    .unwrap()
}

fn greeted(out: &Path) -> UnixStream {
    let stream = connect(out).unwrap();
    frame::write(&stream, &hello(PROTOCOL), GREETING, soon()).unwrap();
    frame::read(&stream, GREETING, soon()).unwrap();
    stream
}

/// Whether the server has closed the connection.
fn closed(mut stream: UnixStream) -> bool {
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

fn steps(handle: &Handle) -> u64 {
    handle.snapshot().step
}

/// Training goes on, and a peer that behaves is served.
fn lives(handle: &Handle, out: &Path) {
    let client = attach(out, VIEWER);
    let before = steps(handle);
    until(&client, |s| s.step > before + 5);
}

#[test]
fn nonsense_ends_the_connection_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut noise = vec![0; 100_000];
    random.fill(&mut noise[..]);
    noise[..4].copy_from_slice(&40u32.to_le_bytes());
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        u32::MAX.to_le_bytes().to_vec(),
        (GREETING as u32 + 1).to_le_bytes().to_vec(),
        [&4u32.to_le_bytes()[..], b"null"].concat(),
        noise,
    ] {
        let mut stream = connect(out.path()).unwrap();
        // The server may have closed before all of it has come.
        let _ = stream.write_all(&bytes);
        assert!(closed(stream));
    }
    // Nonsense after a proper greeting.
    for bytes in [
        u32::MAX.to_le_bytes().to_vec(),
        (TO_SERVER as u32 + 1).to_le_bytes().to_vec(),
        [&3u32.to_le_bytes()[..], &[7, 7, 7]].concat(),
        [&2u32.to_le_bytes()[..], &[0, 0]].concat(),
        0u32.to_le_bytes().to_vec(),
    ] {
        let mut stream = greeted(out.path());
        stream.write_all(&bytes).unwrap();
        assert!(closed(stream), "{bytes:?}");
    }
    lives(&handle, out.path());
    let log = std::fs::read_to_string(out.path().join("sn-tui.log")).unwrap();
    assert!(log.contains("violates the protocol"), "{log}");
    handle.send(Command::Quit);
    handle.wait();
}

#[test]
fn another_version_is_told_which_it_should_be() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let stream = connect(out.path()).unwrap();
    frame::write(&stream, &hello(PROTOCOL + 1), GREETING, soon()).unwrap();
    let welcome = frame::read(&stream, GREETING, soon()).unwrap();
    let welcome: Welcome = serde_json::from_slice(&welcome).unwrap();
    assert_eq!(welcome.role, None);
    assert!(welcome.why.contains("9.9.9"), "{}", welcome.why);
    assert!(welcome.why.contains(env!("CARGO_PKG_VERSION")));
    assert!(closed(stream));
    handle.send(Command::Quit);
    handle.wait();
}

#[test]
fn greetings_of_later_versions_are_understood() {
    let text = r#"{"protocol":7,"program":"2.0","wants":"viewer","colour":"red"}"#;
    let hello: Hello = serde_json::from_str(text).unwrap();
    assert_eq!((hello.protocol, hello.take), (7, false));
}

#[test]
fn who_never_reads_or_says_nothing_delays_nobody() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let silent: Vec<UnixStream> = (0..5).map(|_| connect(out.path()).unwrap()).collect();
    let deaf = greeted(out.path());
    let ask = encode(&Ask::News).unwrap();
    let mut asked = 0;
    deaf.set_write_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    while frame::write(
        &deaf,
        &ask,
        TO_SERVER,
        Instant::now() + Duration::from_millis(300),
    )
    .is_ok()
        && asked < 2000
    {
        asked += 1;
    }
    lives(&handle, out.path());
    // The end does not wait for them either.
    handle.send(Command::Quit);
    let start = Instant::now();
    handle.wait();
    let waited = start.elapsed();
    assert!(waited < Duration::from_secs(2), "{waited:?}");
    drop((silent, deaf));
}

#[test]
fn more_than_the_seats_are_turned_away() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let clients: Vec<Client> = (0..16).map(|_| attach(out.path(), VIEWER)).collect();
    let refused = Client::attach(out.path(), VIEWER, Duration::ZERO)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("too many"), "{refused}");
    drop(clients);
    let start = Instant::now();
    while Client::attach(out.path(), VIEWER, Duration::ZERO).is_err() {
        assert!(start.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(10));
    }
    handle.send(Command::Quit);
    handle.wait();
}

#[test]
fn a_flood_of_commands_is_refused_before_it_fills_the_memory() {
    let out = tempfile::tempdir().unwrap();
    let mut options = fake::options(out.path());
    options.preset.steps = u64::MAX;
    options.log_every = None;
    // Steps so slow that nothing is carried out meanwhile.
    let plan = Fake {
        pause: Duration::from_millis(1500),
        ..Fake::default()
    };
    let handle = start(options, plan.build()).unwrap();
    let stream = greeted(out.path());
    let large = Command::SaveScreen("x".repeat(3 << 20));
    let mut taken = 0;
    let refused = (1..=40).find_map(|id| {
        let ask = encode(&Ask::Do {
            id,
            to: None,
            command: large.clone(),
        });
        frame::write(&stream, &ask.unwrap(), TO_SERVER, soon()).unwrap();
        match decode(&frame::read(&stream, TO_CLIENT, soon()).unwrap()).unwrap() {
            Answer::Taken => taken += 1,
            Answer::Refused(reason) => return Some(reason),
            other => panic!("{other:?}"),
        }
        None
    });
    assert!(
        refused.unwrap().contains("too many") && taken <= 12,
        "{taken}"
    );
    handle.send(Command::Quit);
    handle.wait();
}

#[test]
fn what_is_for_the_runs_own_process_is_not_for_peers() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let stream = greeted(out.path());
    for (id, command) in [
        (5, Command::GoHeadless),
        (5, Command::Pause),
        (0, Command::Pause),
    ] {
        let ask = encode(&Ask::Do {
            id,
            to: None,
            command,
        })
        .unwrap();
        frame::write(&stream, &ask, TO_SERVER, soon()).unwrap();
        let answer = frame::read(&stream, TO_CLIENT, soon()).unwrap();
        assert!(matches!(decode(&answer), Ok(Answer::Refused(_))));
    }
    handle.send(Command::Quit);
    handle.wait();
}
