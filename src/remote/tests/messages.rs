//! Messages as bytes and back.

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    model::{Command, Event, History, Updates, Watched},
    remote::{
        curves,
        protocol::{Answer, Ask, News, PROTOCOL, decode, encode},
        tests::*,
    },
};

/// News with everything in a snapshot, and curves.
pub(super) fn news(snapshot: &Snapshot) -> News {
    let mut history = History::default();
    for step in 1..=40 {
        history.push("loss_d", step, (step as f32).ln());
        history.push("sigma.d.0", step, f32::NAN);
    }
    News {
        role: Role::Controller,
        state: Some(Box::new(Snapshot {
            acknowledged: 9,
            ..snapshot.clone()
        })),
        parts: all_parts(snapshot),
        curves: curves::SentCurves::default().news(&history).0,
        left: None,
        more: false,
        last: true,
    }
}

/// What `news` makes of a snapshot that knows nothing yet.
fn taken(news: News) -> Result<(Snapshot, History), Error> {
    let mut snapshot = fake::snapshot();
    let mut initial = Arc::new(fake::preset());
    let mut history = History::default();
    for part in news.parts {
        part.apply(&mut snapshot, &mut initial)?;
    }
    for curve in news.curves {
        curve.apply(&mut history)?;
    }
    if let Some(state) = news.state {
        parts::apply_state(&mut snapshot, *state);
    }
    Ok((snapshot, history))
}

#[test]
fn a_snapshot_arrives_to_the_bit() {
    let snapshot = full();
    let bytes = encode(&Answer::News(Box::new(news(&snapshot)))).unwrap();
    let Answer::News(arrived) = decode(&bytes).unwrap() else {
        panic!("no news");
    };
    let (arrived, history) = taken(*arrived).unwrap();
    let expected = Snapshot {
        acknowledged: 9,
        ..snapshot
    };
    // As text, in which a NaN is like another.
    assert_eq!(format!("{arrived:?}"), format!("{expected:?}"));
    assert_eq!(history.get("loss_d").unwrap().recent.len(), 40);
    let bits = |snapshot: &Snapshot| snapshot.measures.as_ref().unwrap().loss_d.to_bits();
    assert_eq!(bits(&arrived), bits(&expected));
}

#[test]
fn points_scores_and_what_is_gone_arrive_as_well() {
    let before = full();
    let mut sent = parts::SentParts::default();
    sent.news(&before, &fake::preset());
    let now = Snapshot {
        samples: Some(Arc::new(Samples::Points {
            step: 8,
            generated: vec![[1.0, 2.0]; 5],
            real: Vec::new(),
        })),
        interpolation: None,
        plane: None,
        ..before.clone()
    };
    let (parts, all) = sent.news(&now, &fake::preset());
    assert!(all && parts.len() == 3, "{parts:?}");
    let (mut arrived, mut initial) = (before, Arc::new(fake::preset()));
    for part in parts {
        part.apply(&mut arrived, &mut initial).unwrap();
    }
    assert_eq!(format!("{arrived:?}"), format!("{now:?}"));
    assert_eq!(sent.news(&now, &fake::preset()), (Vec::new(), true));
}

#[test]
fn more_than_an_answer_holds_comes_by_and_by_and_thinned() {
    let images = |count| {
        Arc::new(Samples::Images {
            step: 1,
            channels: 3,
            height: 256,
            width: 256,
            pixels: vec![vec![1; 3 << 16]; count],
            real: vec![vec![2; 3 << 16]; count],
        })
    };
    let snapshot = Snapshot {
        samples: Some(images(100)),
        ..full()
    };
    let mut sent = parts::SentParts::default();
    let mut arrived = fake::snapshot();
    let mut answers = 0;
    loop {
        let (parts, all) = sent.news(&snapshot, &fake::preset());
        assert!(encode(&parts).unwrap().len() < 13 << 20);
        for part in parts {
            part.apply(&mut arrived, &mut Arc::new(fake::preset()))
                .unwrap();
        }
        answers += 1;
        if all {
            break;
        }
    }
    assert_eq!(answers, 2);
    assert_eq!(arrived.spectra.is_some(), arrived.plane.is_some());
    let Some(Samples::Images { pixels, real, .. }) = arrived.samples.as_deref() else {
        panic!("no images");
    };
    assert_eq!((pixels.len(), real.len()), (32, 32));
    assert_eq!((pixels[31][0], real[0][0]), (1, 2));
}

/// What goes over the socket has not changed without a new [`PROTOCOL`].
#[test]
fn the_bytes_are_those_of_the_protocol() {
    use sha2::{Digest, Sha256};
    let mut bytes = encode(&Answer::News(Box::new(news(&full())))).unwrap();
    for command in commands() {
        bytes.extend(encode(&told(1, command)).unwrap());
    }
    bytes.extend(super::programs::all_messages());
    let hash = format!("{:x}", Sha256::digest(&bytes));
    // Another hash: raise PROTOCOL, then put the new hash here.
    assert_eq!((PROTOCOL, &hash[..16]), (8, "2797b9631b0ad267"));
}

/// A command to the lane of the socket.
fn told(id: u64, command: Command) -> Ask {
    Ask::Do {
        id,
        to: None,
        command,
    }
}

fn step(updates: Updates, count: u64) -> Command {
    Command::Step { updates, count }
}

/// One of each.
fn commands() -> Vec<Command> {
    vec![
        Command::Set {
            key: "gain".into(),
            value: "2".into(),
        },
        Command::Pause,
        Command::Resume,
        step(Updates::Both, 3),
        step(Updates::Discriminator, 1),
        step(Updates::Generator, u64::MAX),
        Command::Pace(Some(0.5)),
        Command::SavePicture,
        Command::Watch(vec![Watched::Spectra, Watched::Plane]),
        Command::Interpolate(Some((1, 2))),
        Command::StartGif,
        Command::StopGif,
        Command::SaveScreen("<svg/>".into()),
        Command::SavePane("<svg/>".into(), Some("step\n1\n".into())),
        Command::Save,
        Command::Mark,
        Command::Rewind(300),
        Command::Quit,
        Command::GoHeadless,
        Command::Terminate,
        Command::Preempt,
    ]
}

fn number() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn numbers_of_every_kind_arrive(
        steps in any::<[u64; 4]>(),
        numbers in proptest::collection::vec(number(), 12),
        seconds in any::<u64>(),
        texts in proptest::collection::vec(".*", 5),
        status in 0..5,
    ) {
        let mut snapshot = full();
        snapshot.status = [
            Status::Starting,
            Status::Running,
            Status::Paused,
            Status::Finished,
            Status::Failed(texts[0].clone()),
        ][status as usize].clone();
        [snapshot.step, snapshot.steps, snapshot.seed, _] = steps;
        snapshot.seconds = f64::from_bits(seconds);
        snapshot.pace = Some(numbers[0]);
        snapshot.name.clone_from(&texts[1]);
        snapshot.changes[0].event = Event::Unknown([0, 1, 3, 2].map(|at| texts[at].clone()));
        snapshot.notice.as_mut().unwrap().text.clone_from(&texts[3]);
        let mut measures = fake::measures(steps[3]);
        measures.loss_d = numbers[1];
        measures.grad_x_mean = Some(numbers[2]);
        measures.sigma = vec![(texts[4].clone(), numbers[3]); 3];
        snapshot.measures = Some(Arc::new(measures));
        snapshot.samples = Some(Arc::new(Samples::Points {
            step: steps[3],
            generated: numbers[4..8].iter().map(|&x| [x, -x]).collect(),
            real: numbers[8..].iter().map(|&x| [0.0, x]).collect(),
        }));
        let bytes = encode(&Answer::News(Box::new(news(&snapshot)))).unwrap();
        let Answer::News(arrived) = decode(&bytes).unwrap() else { panic!("no news") };
        prop_assert_eq!(encode(&Answer::News(arrived.clone())).unwrap(), bytes);
        let (arrived, _) = taken(*arrived).unwrap();
        snapshot.acknowledged = 9;
        prop_assert_eq!(format!("{arrived:?}"), format!("{snapshot:?}"));
    }

    #[test]
    fn commands_arrive(key in ".*", value in ".*", id in any::<u64>(), count in any::<u64>()) {
        let mut all = commands();
        all.push(Command::Set { key, value });
        all.push(step(Updates::Both, count));
        for command in all {
            let ask = Ask::Do { id, to: None, command };
            prop_assert_eq!(decode::<Ask>(&encode(&ask).unwrap()).unwrap(), ask);
        }
    }
}

/// One to eight bytes changed, put in, taken away, or the end cut off.
fn mutated(mut bytes: Vec<u8>, random: &mut ChaCha8Rng) -> Vec<u8> {
    for _ in 0..random.random_range(1..=8) {
        let at = random.random_range(0..=bytes.len());
        match random.random_range(0..5) {
            0 if at < bytes.len() => bytes[at] = random.random(),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
            2 => bytes.insert(at, random.random()),
            3 if at < bytes.len() => drop(bytes.remove(at)),
            // Lengths and numbers as large as they get.
            4 => drop(bytes.splice(at..at, [0xff; 9])),
            _ if random.random_range(0..10) == 0 => bytes.truncate(at),
            _ => {}
        }
    }
    bytes
}

#[test]
fn ten_thousand_mutated_messages_break_nothing() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let asks: Vec<Vec<u8>> = commands()
        .into_iter()
        .map(|command| told(300, command))
        .chain(super::programs::asks())
        .map(|ask| encode(&ask).unwrap())
        .collect();
    let answer = encode(&Answer::News(Box::new(news(&full())))).unwrap();
    let (mut understood, mut unsound) = (0, 0);
    for round in 0..10_000 {
        let ask = mutated(asks[round % asks.len()].clone(), &mut random);
        if let Ok(ask_again) = decode::<Ask>(&ask) {
            // What it holds is not much more than what was sent: a number of nine bytes may have come in one.
            assert!(encode(&ask_again).unwrap().len() <= 9 * ask.len());
        }
        let bytes = mutated(answer.clone(), &mut random);
        if let Ok(Answer::News(news)) = decode(&bytes) {
            let size = encode(&news).unwrap().len();
            assert!(size <= 9 * bytes.len(), "{size} of {}", bytes.len());
            match taken(*news) {
                Ok(_) => understood += 1,
                Err(_) => unsound += 1,
            }
        }
    }
    assert!(understood > 100 && unsound > 10, "{understood} {unsound}");
}
