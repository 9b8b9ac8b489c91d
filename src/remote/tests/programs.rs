//! Requests of programs: what they ask and get, whoever controls the run, and what happens when it ends.

use crate::{
    model::{Assignment, Change, Command, LaneChange, LaneId, Reply, Stopped, Target, Updates},
    remote::{
        Acted, CommandClient, MAX_WORDS,
        protocol::{Act, Answer, Ask, decode, encode},
        tests::*,
    },
};

fn set(key: &str, value: &str) -> Command {
    Command::SetAll(vec![Assignment {
        key: key.into(),
        value: value.into(),
    }])
}

/// One request of each kind.
pub(super) fn asks() -> Vec<Ask> {
    let b = LaneId::A.next();
    let commands = [
        (None, set("gain", "2")),
        (Some(Target::All), Command::Note("a note".into())),
        (b.map(Target::Lane), Command::Publish),
        (
            None,
            Command::Fork {
                changes: Vec::new(),
                from: b,
            },
        ),
        (None, Command::Join(LaneId::A)),
    ];
    let asks = commands.map(|(to, command)| {
        Ask::Act(Box::new(Act {
            to,
            command,
            note: Some("why".into()),
        }))
    });
    asks.into_iter().chain([Ask::State]).collect()
}

/// One answer of each kind.
fn answers() -> Vec<Answer> {
    let change = Change {
        key: "gain".into(),
        old: "4.0".into(),
        new: "2.0".into(),
    };
    vec![
        Answer::Reply(Reply::Applied {
            step: 7,
            changes: vec![LaneChange {
                change,
                lane: LaneId::A,
            }],
            lane: LaneId::A.next(),
        }),
        Answer::Reply(Reply::Refused("no".into())),
        Answer::Over,
        Answer::State(Box::new(full()), all_parts(&full())),
    ]
}

/// The bytes of all of them.
pub(super) fn all_messages() -> Vec<u8> {
    let asks = asks().into_iter().map(|ask| encode(&ask).unwrap());
    let answers = answers().into_iter();
    let answers = answers.map(|answer| encode(&answer).unwrap());
    asks.chain(answers).flatten().collect()
}

#[test]
fn requests_and_answers_arrive() {
    for ask in asks() {
        assert_eq!(decode::<Ask>(&encode(&ask).unwrap()).unwrap(), ask);
    }
    for answer in answers() {
        let bytes = encode(&answer).unwrap();
        // In bytes, in which a NaN is like another.
        assert_eq!(encode(&decode::<Answer>(&bytes).unwrap()).unwrap(), bytes);
    }
}

fn act(client: &CommandClient, command: Command) -> Reply {
    match client.act(None, command, Some("a reason".into())).unwrap() {
        Acted::Reply(reply) => reply,
        Acted::Over => panic!("the run is over"),
    }
}

fn applied(client: &CommandClient, command: Command) -> (u64, Vec<LaneChange>) {
    match act(client, command) {
        Reply::Applied { step, changes, .. } => (step, changes),
        Reply::Refused(why) => panic!("{why}"),
    }
}

fn refusal(client: &CommandClient, command: Command) -> String {
    match act(client, command) {
        Reply::Refused(why) => why,
        applied @ Reply::Applied { .. } => panic!("{applied:?}"),
    }
}

#[test]
fn a_program_acts_while_a_screen_controls() {
    let out = tempfile::tempdir().unwrap();
    let handle = begin(out.path(), true);
    let viewer = attach(out.path(), CONTROLLER);
    assert_eq!(viewer.role(), Role::Viewer);
    let client = CommandClient::open(out.path()).unwrap();
    assert_eq!(client.pid(), std::process::id() as i32);

    let (paused, _) = applied(&client, Command::Pause);
    let (step, changes) = applied(&client, set("gain", "2"));
    assert_eq!(step, paused);
    assert_eq!(changes[0].change.old, "4.0");
    // The answer means that the state and the files have it.
    let state = client.state(out.path()).unwrap();
    assert_eq!((state.settings.gain, state.step), (2.0, step - 1));
    assert_eq!(state.status, Status::Paused);
    let journal = std::fs::read_to_string(out.path().join("journal.jsonl")).unwrap();
    let by = crate::remote::user::name();
    let line = format!(
        r#"{{"step":{step},"kind":"set","key":"gain","old":"4.0","new":"2.0","cause":"ctl","by":"{by}","note":"a reason"}}"#
    );
    assert!(journal.lines().any(|known| known == line), "{journal}");

    // What writes no line of its own leaves the note alone.
    for command in [Command::Save, set("gain", "2"), Command::Pause] {
        applied(&client, command);
    }
    let journal = std::fs::read_to_string(out.path().join("journal.jsonl")).unwrap();
    let note =
        format!(r#""kind":"note","key":"","old":"","new":"a reason","cause":"ctl","by":"{by}"}}"#);
    assert_eq!(journal.matches(&note).count(), 3, "{journal}");
    assert!(refusal(&client, set("gain", "-1")).contains("gain"));
    assert!(refusal(&client, set("gian", "1")).contains("gian"));
    let after = std::fs::read_to_string(out.path().join("journal.jsonl")).unwrap();
    assert_eq!(after, journal);

    handle.send(Command::Quit);
    handle.wait();
}

#[test]
fn what_no_program_may_ask_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let client = CommandClient::open(out.path()).unwrap();
    for command in [
        Command::GoHeadless,
        Command::Terminate,
        Command::Preempt,
        Command::Watch(Vec::new()),
        Command::StartGif,
    ] {
        assert!(refusal(&client, command).contains("a program cannot"));
    }
    let long = "x".repeat(MAX_WORDS + 1);
    assert!(refusal(&client, Command::Note(long.clone())).contains("maximum"));
    assert!(refusal(&client, set("gain", &long)).contains("maximum"));
    let z = LaneId::all().last().unwrap();
    let elsewhere = client.act(Some(Target::Lane(z)), Command::Pause, None);
    let Acted::Reply(Reply::Refused(why)) = elsewhere.unwrap() else {
        panic!("there is no lane z");
    };
    assert!(why.contains("going are: a"), "{why}");
    applied(&client, Command::Quit);
    assert_eq!(handle.wait().summary.stopped, Stopped::User);
}

#[test]
fn every_request_is_answered_when_the_run_ends() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let clients: Vec<CommandClient> = (0..8)
        .map(|_| CommandClient::open(out.path()).unwrap())
        .collect();
    let answered = thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter()
            .map(|client| {
                scope.spawn(move || {
                    let mut applied = 0;
                    loop {
                        match client.act(None, Command::Publish, None) {
                            Ok(Acted::Reply(Reply::Applied { .. })) => applied += 1,
                            Ok(Acted::Over) | Err(Error::Closed | Error::Io(_)) => return applied,
                            other => panic!("{other:?}"),
                        }
                    }
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(50));
        let quitting = CommandClient::open(out.path()).unwrap();
        applied(&quitting, Command::Quit);
        let counts = threads.into_iter().map(|thread| thread.join().unwrap());
        counts.collect::<Vec<usize>>()
    });
    assert!(answered.iter().all(|&count| count > 0), "{answered:?}");
    assert_eq!(handle.wait().summary.stopped, Stopped::User);
    assert!(CommandClient::open(out.path()).is_err());
}

/// The server gives up on a worker that does not reply, so that the process ends.
#[test]
fn a_worker_that_panics_leaves_no_request_open() {
    let out = tempfile::tempdir().unwrap();
    let mut options = fake::options(out.path());
    options.preset.steps = u64::MAX;
    options.log_every = None;
    let plan = Fake {
        pause: Duration::from_millis(1),
        panic_at: Some(60),
        ..Fake::default()
    };
    let handle = start(options, plan.build()).unwrap();
    let client = CommandClient::open(out.path()).unwrap();
    applied(
        &client,
        Command::Step {
            updates: Updates::Both,
            count: 1000,
        },
    );
    while let Ok(Acted::Reply(_)) = client.act(None, Command::Publish, None) {}
    let ended = handle.wait();
    assert!(ended.error.unwrap().contains("a panic on request"));
}
