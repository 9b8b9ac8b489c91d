//! The live screen at several sizes, drawn from synthetic runs.

mod alarms;
mod behaviour;
mod beside;
mod charts;
mod compare;
mod demo;
mod differences;
mod foreign;
mod header;
mod interaction;
mod lane_keys;
mod lanes;
mod legends;
mod made_up;
mod mouse;
mod outputs;
mod searching;
mod small;
mod styled;
mod views;
#[path = "../common/waiting.rs"]
mod waiting;
mod watched_runs;
mod words;

use std::sync::Arc;

use made_up::*;
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, layout::Rect, style::Color};
use sn_tui::{
    model::{Figures, History, Measures, MixtureScores, Notice, Scores, Snapshot, Status},
    tui::{
        app::{App, action::Action},
        draw,
        look::theme::{Depth, Look},
        pane::samples::Cache,
    },
};

/// The sizes of every scene's snapshots.
const SIZES: [(u16, u16); 2] = [(120, 40), (80, 24)];
/// Further sizes, for scenes that show the layout.
const OTHER_SIZES: [(u16, u16); 2] = [(200, 60), (60, 18)];
/// A size at which no page fits, and all show the same message.
const TOO_SMALL: (u16, u16) = (20, 5);

fn colours() -> Look {
    Look::new(Depth::True, true)
}

fn app(snapshot: Snapshot, history: History, look: Look) -> App {
    let mut app = App::new(Arc::new(snapshot), look);
    app.set_history(history);
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

fn check_snapshot(name: &str, content: String) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, content);
    });
}

fn check_snapshots(name: &str, app: &App, sizes: &[(u16, u16)]) {
    for &size in sizes {
        let name = format!("{name}_{}x{}", size.0, size.1);
        check_snapshot(&name, text(&drawn(app, size)));
    }
}

/// Snapshots of a scene, mainly for its content.
fn scene(name: &str, app: &App) {
    check_snapshots(name, app, &SIZES);
}

/// Snapshots of a scene, mainly for its layout.
fn layout(name: &str, app: &App) {
    check_snapshots(name, app, &SIZES);
    check_snapshots(name, app, &OTHER_SIZES);
    assert!(text(&drawn(app, TOO_SMALL)).contains("too small to show"));
}

#[test]
fn images_as_an_ascii_ramp() {
    let snapshot = running(digits(), "digits", images());
    let app = app(snapshot, history(measures), Look::new(Depth::None, true));
    layout("images", &app);
    check_snapshots("images", &app, &[TOO_SMALL]);
}

#[test]
fn ascii_only() {
    let snapshot = running(digits(), "digits", images());
    let app = app(snapshot, history(measures), Look::new(Depth::None, false));
    scene("ascii", &app);
    for size in [&SIZES[..], &OTHER_SIZES, &[TOO_SMALL]].concat() {
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
    snapshot.scores = Some(Arc::new(Scores {
        step: 500,
        protocol: "as is usual".into(),
        figures: Figures::Mixture(MixtureScores {
            modes: 8,
            modes_total: 8,
            high_quality: 0.9644,
            reverse_kl: 0.0123,
        }),
    }));
    scene("points", &app(snapshot, history(measures), colours()));
}

#[test]
fn before_the_first_step() {
    scene(
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
        m.grad_x_max = None;
        m
    };
    let mut snapshot = running(digits(), "digits", images());
    snapshot.measures = Some(Arc::new(Measures {
        loss_d: f32::NAN,
        ..broken(STEPS)
    }));
    scene("nans", &app(snapshot, history(broken), colours()));
}

#[test]
fn a_run_that_failed() {
    let mut snapshot = running(digits(), "digits", images());
    snapshot.status = Status::Failed(
        "the device failed: the GPU failed (launch failed, code 719): nvidia-smi says whether it still answers"
            .to_owned(),
    );
    let app = app(snapshot, history(measures), colours());
    layout("failed", &app);
    check_snapshots("failed", &app, &[TOO_SMALL]);
}

#[test]
fn help_at_its_start_and_end() {
    let mut app = app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    );
    app.update(Action::Help);
    layout("help", &app);
    for _ in 0..200 {
        app.update(Action::Down);
        app.limit_scroll(draw::last_help_line(Rect::new(0, 0, 80, 24), &app));
    }
    let end = text(&drawn(&app, (80, 24)));
    assert!(
        end.contains("steeper than it should be.") && !end.contains("↓ more"),
        "{end}"
    );
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
