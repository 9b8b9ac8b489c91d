mod conversation;
mod ending;
mod hostile;
mod messages;
mod mutated;
mod programs;

use std::{
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    Client, Error, Role, Wants,
    address::Listener,
    frame, parts,
    protocol::{Answer, GREETING, PROTOCOL, TO_CLIENT, TO_SERVER, Welcome, encode},
};
use crate::{
    model::{
        Alarm, AlarmKind, Cause, Entry, Event, Exact, Figures, ImageScores, Interpolation,
        LayerSpectrum, Load, Notice, Outputs, Plane, Samples, Scores, Snapshot, Spectra, Status,
        snapshot::Saved,
    },
    run::{
        Handle,
        fake::{self, Fake},
        start,
    },
};

const CONTROLLER: Wants = Wants {
    role: Role::Controller,
    take: false,
};
const VIEWER: Wants = Wants {
    role: Role::Viewer,
    take: false,
};

/// A run without a screen that takes its time and has no end.
fn headless(out: &Path) -> Handle {
    begin(out, false)
}

fn begin(out: &Path, live: bool) -> Handle {
    let mut options = fake::options(out);
    options.preset.steps = u64::MAX;
    options.log_every = None;
    options.live = live;
    let plan = Fake {
        pause: Duration::from_millis(1),
        ..Fake::default()
    };
    start(options, plan.build()).unwrap()
}

fn attach(out: &Path, wants: Wants) -> Client {
    Client::attach(out, wants, Duration::from_millis(5)).unwrap()
}

/// Greets one client, answers its questions with news, of which some are the last of the run, and is gone.
fn brief(listener: &Listener, last: &[bool]) {
    let soon = Instant::now() + Duration::from_secs(10);
    let stream = listener.accept().unwrap();
    frame::read(&stream, GREETING, soon).unwrap();
    let welcome = Welcome {
        protocol: PROTOCOL,
        program: String::new(),
        role: Some(Role::Controller),
        why: String::new(),
    };
    let welcome = serde_json::to_vec(&welcome).unwrap();
    frame::write(&stream, &welcome, GREETING, soon).unwrap();
    for &last in last {
        frame::read(&stream, TO_SERVER, soon).unwrap();
        let mut news = messages::news(&full());
        news.last = last;
        let answer = encode(&Answer::News(Box::new(news))).unwrap();
        frame::write(&stream, &answer, TO_CLIENT, soon).unwrap();
    }
}

/// Waits until the run is as wanted for a client.
fn until(client: &Client, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let start = Instant::now();
    loop {
        let snapshot = client.snapshot();
        if wanted(&snapshot) {
            return snapshot;
        }
        let waited = start.elapsed() < Duration::from_secs(20);
        assert!(waited, "{:?} {:?}", snapshot.status, snapshot.notice);
        thread::sleep(Duration::from_millis(2));
    }
}

/// A snapshot with all its parts, and numbers that are none.
fn full() -> Snapshot {
    let mut measures = fake::measures(7);
    measures.loss_d = f32::NAN;
    measures.grad_x_max = Some(f32::NEG_INFINITY);
    let images = |step| Samples::Images {
        step,
        channels: 3,
        height: 2,
        width: 4,
        pixels: vec![(0..24).collect(); 3],
        real: vec![vec![255; 24]; 2],
    };
    Snapshot {
        step: 7,
        load: Load {
            share: Some(61),
            memory: Some(3 << 30),
            total: Some(80 << 30),
        },
        measures: Some(Arc::new(measures)),
        outputs: Outputs::of(6, &[0.5, 2.0], &[-1.5; 3]).map(Arc::new),
        samples: Some(Arc::new(images(6))),
        scores: Some(Arc::new(Scores {
            step: 5,
            protocol: "as is usual".into(),
            figures: Figures::Images(ImageScores {
                diversity: f32::INFINITY,
                swd: 0.25,
                classifier_score: None,
                frechet: Some(3.0),
                class_entropy: Some(f32::NAN),
            }),
        })),
        spectra: Some(Arc::new(Spectra {
            step: 6,
            layers: vec![LayerSpectrum {
                key: "d.0".into(),
                kind: "Linear 2→1".into(),
                shape: (1, 2),
                enabled: true,
                iterations: 1,
                singular_values: vec![5.0, 0.5],
                sigma: Some(4.9),
                sigma_used: Some(1.0),
                frobenius: Some(5.1),
                exact: Exact {
                    sigma_svd: Some(5.0),
                    sigma_error: Some(f64::NAN),
                    cosine_error_v: Some(0.1),
                    ..Exact::default()
                },
            }],
        })),
        plane: Some(Arc::new(Plane {
            step: 6,
            corners: [[-1.0, -1.0], [1.0, 1.0]],
            size: (2, 3),
            scores: vec![f32::NAN; 6],
            arrows: vec![([0.0, 1.0], [f32::NAN, 2.0])],
            lines: vec![vec![[0.5, 0.5]; 3]],
            modes: vec![([0.0, 0.0], 3)],
            samples: 8,
        })),
        interpolation: Some(Arc::new(Interpolation {
            ends: (0, 2),
            samples: Samples::Points {
                step: 6,
                generated: vec![[0.0, f32::NAN]],
                real: vec![[1.0, 2.0]; 2],
            },
        })),
        alarms: vec![Alarm {
            kind: AlarmKind::NonFinite,
            step: 7,
            layer: String::new(),
            text: "the loss is not finite".into(),
        }],
        pace: Some(2.5),
        gif: Some(3),
        notice: Some(Notice {
            number: 4,
            text: "saved".into(),
            error: false,
        }),
        states: vec![Saved {
            step: 5,
            marked: true,
        }],
        saved: Some(6),
        changes: vec![Entry {
            step: 3,
            event: Event::Set {
                key: "gain".into(),
                old: "1.0".into(),
                new: "2.0".into(),
            },
            cause: Cause::Key,
        }],
        ..fake::snapshot()
    }
}

/// The parts of a snapshot as a peer gets them first.
fn all_parts(snapshot: &Snapshot) -> Vec<parts::Part> {
    let (parts, all) = parts::SentParts::default().news(snapshot, &fake::preset());
    assert!(all);
    parts
}
