//! The live screen at several sizes, drawn from made-up runs.

use std::sync::Arc;

use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, layout::Rect, style::Color};
use sn_tui::{
    metric::{Measures, MixtureScores},
    preset::{Centres, Data, LayerSpec, Loss, NetworkSpec, Preset, Source, Spectral},
    run::{Change, Command, History, Notice, Samples, Snapshot, Status},
    tui::{
        action::Action,
        app::{App, Effect},
        draw,
        pane::samples::Cache,
        theme::{Depth, Look},
    },
};

const SIZES: [(u16, u16); 5] = [(200, 60), (120, 40), (80, 24), (60, 18), (20, 5)];
const STEPS: u64 = 1234;

fn network(layers: usize) -> NetworkSpec {
    let conv = LayerSpec::Conv2d {
        out: 64,
        kernel: 4,
        stride: 2,
        padding: 1,
        bias: true,
    };
    NetworkSpec {
        layers: vec![conv; layers],
        learning_rate: 1e-3,
        betas: (0.5, 0.9),
    }
}

fn preset(data: Data) -> Preset {
    Preset {
        about: String::new(),
        data,
        latent: 64,
        loss: Loss::Hinge,
        generator: network(3),
        discriminator: network(4),
        spectral: Spectral::default(),
        gain: 4.0,
        batch: 64,
        n_dis: 1,
        ema: 0.99,
        steps: 1500,
        decay: true,
        decay_steps: None,
        samples: Default::default(),
    }
}

fn digits() -> Data {
    Data::Images {
        source: Source::Digits,
        shape: (1, 28, 28),
    }
}

fn ring() -> Data {
    Data::Mixture {
        centres: Centres::Ring {
            modes: 8,
            radius: 1.0,
        },
        sigma: 0.01,
        scale: 1.0,
    }
}

fn starting(data: Data, name: &str) -> Snapshot {
    Snapshot {
        status: Status::Starting,
        step: 0,
        steps: 1500,
        steps_per_second: 0.0,
        seconds: 0.0,
        seed: 0,
        threads: 2,
        device: "cpu".to_owned(),
        name: name.to_owned(),
        settings: Arc::new(preset(data)),
        parameters: (1_282_337, 345_678),
        measures: None,
        samples: None,
        scores: None,
        acknowledged: 0,
        notice: None,
        changes: Vec::new(),
        directory: "runs/2026-01-02-digits-k3x9".into(),
    }
}

fn wave(step: u64, period: f32) -> f32 {
    (step as f32 / period).sin()
}

fn measures(step: u64) -> Measures {
    let rise = step as f32 / STEPS as f32;
    let layer = |i: usize, value| (format!("d.{}", 2 * i), value);
    Measures {
        step,
        loss_d: 1.2 + 0.4 * wave(step, 90.0) + 0.2 * wave(step * 37, 1.0),
        loss_g: 0.3 + 0.5 * wave(step, 140.0) + 0.2 * wave(step * 53, 1.0),
        d_real: 0.4,
        d_fake: -0.3,
        accuracy_real: 0.7,
        accuracy_fake: 0.8,
        grad_d: 3.0 * 10f32.powf(0.3 * wave(step, 60.0)),
        grad_g: 0.4,
        grad_x_mean: Some(0.05 * 10f32.powf(rise + 0.1 * wave(step, 40.0))),
        grad_x_max: Some(0.5),
        sigma: vec![
            layer(0, 1.0 + rise),
            layer(1, 0.9 + 0.1 * wave(step, 50.0)),
            layer(2, 1.1 - 0.5 * rise),
            layer(3, 0.75),
        ],
        weight_norm: Vec::new(),
    }
}

fn history(of: impl Fn(u64) -> Measures) -> History {
    let mut history = History::default();
    for step in 1..=STEPS {
        let m = of(step);
        let values = [
            ("loss_d", m.loss_d),
            ("loss_g", m.loss_g),
            ("grad_d", m.grad_d),
        ];
        for (name, value) in values {
            history.push(name, step, value);
        }
        if let Some(value) = m.grad_x_mean {
            history.push("grad_x_mean", step, value);
        }
        for (key, value) in m.sigma {
            history.push(&format!("sigma.{key}"), step, value);
        }
    }
    history
}

/// Circles and strokes of 28×28, so that a picture can be recognised.
fn images() -> Samples {
    let pixel = |i: usize, at: usize| {
        let (x, y) = ((at % 28) as f32 - 13.5, (at / 28) as f32 - 13.5);
        let distance = match i % 3 {
            0 => ((x * x + y * y).sqrt() - 8.0).abs(),
            1 => (x - y / 3.0).abs() + (y.abs() - 9.0).max(0.0),
            _ => (x.abs() - y.abs()).abs() + (y.abs() - 9.0).max(0.0),
        };
        (255.0 * (1.0 - distance / 3.0).clamp(0.0, 1.0)) as u8
    };
    let image = |i| (0..28 * 28).map(|at| pixel(i, at)).collect();
    Samples::Images {
        step: 1200,
        channels: 1,
        height: 28,
        width: 28,
        pixels: (0..64).map(image).collect(),
    }
}

fn points() -> Samples {
    let around = |i: usize, spread: f32| {
        let angle = std::f32::consts::TAU * (i % 8) as f32 / 8.0;
        let stray = spread * wave(i as u64 * 31, 1.0);
        [
            angle.cos() + stray,
            angle.sin() + spread * wave(i as u64 * 17, 1.0),
        ]
    };
    Samples::Points {
        step: 1200,
        real: (0..64).map(|i| around(i, 0.02)).collect(),
        generated: (0..64).map(|i| around(i, 0.12)).collect(),
    }
}

fn running(data: Data, name: &str, samples: Samples) -> Snapshot {
    Snapshot {
        status: Status::Running,
        step: STEPS,
        steps_per_second: 12.34,
        seconds: 101.5,
        measures: Some(Arc::new(measures(STEPS))),
        samples: Some(Arc::new(samples)),
        changes: vec![Change {
            step: 812,
            kind: "set".to_owned(),
            key: "spectral.iterations".to_owned(),
            old: "2".to_owned(),
            new: "1".to_owned(),
            cause: "key".to_owned(),
        }],
        ..starting(data, name)
    }
}

fn colours() -> Look {
    Look::new(Depth::True, true)
}

fn app(snapshot: Snapshot, history: History, look: Look) -> App {
    let mut app = App::new(Arc::new(snapshot), look);
    app.keep(history);
    app
}

fn drawn(app: &App, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| draw::screen(frame.buffer_mut(), app, &mut Cache::default()))
        .unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let width = buffer.area.width as usize;
    let rows = buffer.content.chunks(width).map(|row| {
        let row: String = row.iter().map(|cell| cell.symbol()).collect();
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn at_all_sizes(name: &str, app: &App) {
    for size in SIZES {
        let name = format!("{name}_{}x{}", size.0, size.1);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, text(&drawn(app, size)));
        });
    }
}

#[test]
fn images_as_an_ascii_ramp() {
    let snapshot = running(digits(), "digits", images());
    at_all_sizes(
        "images",
        &app(snapshot, history(measures), Look::new(Depth::None, true)),
    );
}

#[test]
fn ascii_only() {
    let snapshot = running(digits(), "digits", images());
    let app = app(snapshot, history(measures), Look::new(Depth::None, false));
    at_all_sizes("ascii", &app);
    for size in SIZES {
        let buffer = drawn(&app, size);
        assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
        assert!(
            buffer
                .content
                .iter()
                .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
        );
    }
}

#[test]
fn points_in_the_plane() {
    let mut snapshot = running(ring(), "ring", points());
    snapshot.scores = Some(MixtureScores {
        modes: 8,
        modes_total: 8,
        high_quality: 0.9644,
        reverse_kl: 0.0123,
    });
    at_all_sizes("points", &app(snapshot, history(measures), colours()));
}

#[test]
fn before_the_first_step() {
    at_all_sizes(
        "starting",
        &app(starting(digits(), "digits"), History::default(), colours()),
    );
}

#[test]
fn values_that_are_not_finite() {
    let broken = |step| {
        let mut m = measures(step);
        if step > 600 && step < 640 {
            m.loss_d = f32::NAN;
            m.grad_d = f32::INFINITY;
            m.sigma[1].1 = f32::NAN;
        }
        m.grad_x_mean = None;
        m
    };
    let mut snapshot = running(digits(), "digits", images());
    snapshot.measures = Some(Arc::new(Measures {
        loss_d: f32::NAN,
        ..broken(STEPS)
    }));
    at_all_sizes("nans", &app(snapshot, history(broken), colours()));
}

#[test]
fn a_run_that_failed() {
    let mut snapshot = running(digits(), "digits", images());
    snapshot.status =
        Status::Failed("loss_d is not finite at step 1,235: the update was not applied".to_owned());
    at_all_sizes("failed", &app(snapshot, history(measures), colours()));
}

#[test]
fn help_and_its_end() {
    let mut app = app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    );
    app.update(Action::Help);
    at_all_sizes("help", &app);
    for _ in 0..100 {
        app.update(Action::ScrollDown);
        app.limit_scroll(draw::last_help_line(Rect::new(0, 0, 80, 24), &app));
    }
    let end = text(&drawn(&app, (80, 24)));
    assert!(
        end.contains("stretches an axis") && !end.contains("↓ more"),
        "{end}"
    );
}

fn press(app: &mut App, action: Action, id: u64) -> Option<Command> {
    match app.update(action) {
        Some(Effect::Send(command)) => {
            app.sent(command.clone(), Some(id));
            Some(command)
        }
        _ => None,
    }
}

#[test]
fn pending_changes_add_up_show_and_are_confirmed() {
    let snapshot = running(digits(), "digits", images());
    let mut app = app(snapshot.clone(), history(measures), colours());
    for id in 1..=3 {
        press(&mut app, Action::MoreIterations, id);
    }
    press(&mut app, Action::ToggleNormalization, 4);
    assert_eq!(app.intended("spectral.iterations"), Some("4"));
    at_all_sizes("pending", &app);

    let mut settings = preset(digits());
    settings.spectral.iterations = 4;
    app.observe(Arc::new(Snapshot {
        acknowledged: 3,
        settings: Arc::new(settings),
        ..snapshot
    }));
    assert_eq!(app.intended("spectral.iterations"), None);
    assert_eq!(app.intended("spectral.enabled"), Some("false"));
    let shown = text(&drawn(&app, (120, 40)));
    assert!(shown.contains("SN            on → off …"), "{shown}");
}

#[test]
fn iterations_stay_in_their_range() {
    let mut app = app(
        running(digits(), "digits", images()),
        History::default(),
        colours(),
    );
    assert!(press(&mut app, Action::FewerIterations, 1).is_some());
    assert_eq!(app.intended("spectral.iterations"), Some("0"));
    assert_eq!(press(&mut app, Action::FewerIterations, 2), None);
    assert!(app.message().unwrap().text.contains("from 0 to 50"));
}

#[test]
fn pause_knows_what_is_pending() {
    let mut app = app(
        running(digits(), "digits", images()),
        History::default(),
        colours(),
    );
    assert_eq!(press(&mut app, Action::Pause, 1), Some(Command::Pause));
    assert_eq!(press(&mut app, Action::Pause, 2), Some(Command::Resume));
    assert_eq!(press(&mut app, Action::Step, 3), Some(Command::Step(1)));
    assert_eq!(press(&mut app, Action::Pause, 4), Some(Command::Resume));
}

#[test]
fn a_notice_stays_until_a_key_and_a_gone_worker_is_told() {
    let mut snapshot = running(digits(), "digits", images());
    snapshot.notice = Some(Notice {
        number: 1,
        text: "saved samples/step-001234.png".to_owned(),
        error: false,
    });
    let mut app = app(snapshot, History::default(), colours());
    assert!(text(&drawn(&app, (80, 24))).contains("saved samples/step-001234.png"));
    app.update(Action::ToggleWindow);
    assert_eq!(app.message(), None);
    let Some(Effect::Send(command)) = app.update(Action::SavePicture) else {
        panic!("nothing sent");
    };
    app.sent(command, None);
    assert!(app.message().unwrap().error);
}

#[test]
fn no_size_and_no_state_panics() {
    let mut many = running(
        digits(),
        "a preset with quite a long name for one line",
        images(),
    );
    many.notice = Some(Notice {
        number: 1,
        text: "x".repeat(500),
        error: true,
    });
    let failed = Snapshot {
        status: Status::Failed("x ".repeat(500)),
        ..many.clone()
    };
    let flat = running(ring(), "ring", points());
    let mut apps: Vec<App> = [many, failed, flat, starting(ring(), "ring")]
        .into_iter()
        .map(|snapshot| app(snapshot, history(measures), colours()))
        .collect();
    let mut help = app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    );
    help.update(Action::Help);
    apps.push(help);
    for app in &apps {
        for width in [
            0, 1, 2, 7, 39, 40, 41, 55, 56, 57, 61, 80, 99, 100, 133, 180, 300,
        ] {
            for height in [0, 1, 2, 9, 10, 11, 13, 14, 15, 16, 22, 29, 30, 31, 45, 90] {
                drawn(app, (width, height));
                draw::last_help_line(Rect::new(0, 0, width, height), app);
            }
        }
    }
}
