use super::*;
use crate::{model::History, tui::look::theme::Depth};

const SEMICOLON: Ink = Ink {
    style: ratatui::style::Style::new(),
    marker: ';',
};

fn drawn<'a>(history: &'a History, change: impl Fn(&mut Plot<'a>)) -> Vec<String> {
    let area = Rect::new(0, 0, 60, 12);
    let mut buf = Buffer::empty(area);
    let look = Look::new(Depth::None, true);
    let mut plot = Plot {
        kind: Kind::Linear,
        window: Window::Whole,
        smoothing: 1,
        curves: history
            .iter()
            .map(|series| Curve {
                series,
                ink: Ink {
                    style: look.theme.d,
                    marker: '*',
                },
                earlier: None,
                side: Side::Left,
                limits: None,
            })
            .collect(),
        behind: Vec::new(),
        marks: Vec::new(),
        cursor: None,
        zoom: Zoom::default(),
    };
    change(&mut plot);
    plot.render(&mut buf, area, &look);
    let cells: Vec<&str> = buf.content.iter().map(|cell| cell.symbol()).collect();
    cells.chunks(60).map(|row| row.concat()).collect()
}

fn history(steps: u64) -> History {
    let mut history = History::default();
    for step in 1..=steps {
        history.push(
            "x",
            step,
            (step as f32 / 50.0).sin() + (step * 37 % 10) as f32 / 50.0,
        );
    }
    history
}

fn dotted(text: &str) -> usize {
    text.matches(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
        .count()
}

#[test]
fn a_new_step_changes_few_cells() {
    let mut changed = 0;
    let mut before = drawn(&history(1000), |_| {});
    for steps in 1001..1050 {
        let after = drawn(&history(steps), |_| {});
        changed += (before.concat().chars().zip(after.concat().chars()))
            .filter(|(a, b)| a != b)
            .count();
        before = after;
    }
    assert!((10..400).contains(&changed), "{changed}");
}

#[test]
fn marks_are_under_their_step_and_the_cursor_crosses_the_plot() {
    let rows = drawn(&history(1000), |plot| {
        plot.marks = vec![Mark {
            step: 500,
            letter: 's',
            tint: None,
            lane: None,
        }];
        plot.cursor = Some(700);
    });
    let last = rows.last().unwrap();
    let at = last.chars().position(|c| c == 's').unwrap();
    assert!((25..36).contains(&at), "{last}");
    let crossed = |row: &&String| row.chars().nth(at) == Some('┊');
    assert!(rows.iter().filter(crossed).count() > 5);
    assert!(last.contains("400") && !last.contains("500"), "{last}");
    let column = |row: &String| row.chars().skip(at + 1).position(|c| c == '┃');
    assert!(rows.iter().filter_map(column).count() > 5);
    assert!(last.contains("700"), "the step of the cursor: {last}");
}

#[test]
fn values_hidden_by_a_log_axis_are_marked_at_its_foot() {
    let mut history = History::default();
    for step in 1..=100 {
        let value = if step > 50 { -1.0 } else { 1.0 };
        history.push("x", step, value);
    }
    let log = |plot: &mut Plot| plot.kind = Kind::Log;
    let rows = drawn(&history, log);
    let foot = &rows[10];
    assert!(foot.matches('▾').count() > 20, "{foot}");
    assert!(
        foot.chars().take(25).all(|character| character != '▾'),
        "{foot}"
    );
    assert!(drawn(&history, |_| {}).iter().all(|row| !row.contains('▾')));
}

#[test]
fn a_curve_without_finite_values_is_marked() {
    let mut history = History::default();
    (1..=100).for_each(|step| history.push("x", step, f32::NAN));
    let rows = drawn(&history, |_| {});
    assert!(rows[0].matches('×').count() > 30, "{rows:?}");
}

#[test]
fn an_earlier_run_never_stretches_the_axis_of_steps() {
    let (live, earlier) = (history(100), history(3000));
    let of = |window| {
        let plot = Plot {
            kind: Kind::Linear,
            window,
            smoothing: 1,
            curves: vec![Curve {
                series: live.get("x").unwrap(),
                ink: Ink {
                    style: Default::default(),
                    marker: '*',
                },
                earlier: earlier.get("x"),
                side: Side::Left,
                limits: None,
            }],
            behind: Vec::new(),
            marks: Vec::new(),
            cursor: None,
            zoom: Zoom::default(),
        };
        plot.span()
    };
    assert_eq!(of(Window::Whole), Some((1, 100)));
    assert_eq!(of(Window::Recent), Some((1, 100)));
}

/// The numbers of marks and of letters that a curve behind has beside the one in front.
fn behind<'a>(front: &'a History, behind: &'a History, measure: usize) -> (usize, usize) {
    let rows = drawn(front, |plot| {
        plot.behind = vec![Behind {
            series: behind.get("x").unwrap(),
            ink: SEMICOLON,
            side: Side::Left,
            measure,
            letter: Some('b'),
        }];
    });
    let text = rows.concat();
    (text.matches(';').count(), text.matches('b').count())
}

#[test]
fn a_curve_behind_shares_cells_with_the_one_in_front_and_ends_with_its_letter() {
    let front = history(700);
    let mut apart = History::default();
    (1..=700).for_each(|step| apart.push("x", step, 0.0));
    // Without colours a cell of both has the dots of the one in front, and is underlined.
    assert_eq!(behind(&front, &front, 0).0, 0);
    let counts = [0, 1, 2].map(|measure| behind(&front, &apart, measure));
    let ([line, gaps, dots], letters) = (counts.map(|of| of.0), counts.map(|of| of.1));
    assert!(gaps < line * 3 / 4 && dots < line / 2, "{counts:?}");
    assert!(line > 25 && dots > 5, "{counts:?}");
    assert_eq!(letters, [1; 3]);
}

#[test]
fn a_fork_has_the_letter_of_its_lane_at_the_top_of_its_line() {
    let rows = drawn(&history(1000), |plot| {
        let fork = |lane| Mark {
            step: 500,
            letter: 'F',
            tint: None,
            lane: Some(lane),
        };
        plot.marks = vec![fork('b'), fork('c'), fork('b')];
    });
    let at = rows[11].chars().position(|c| c == 'F').unwrap();
    let column = |row: &String, at: usize| row.chars().nth(at);
    assert_eq!(column(&rows[0], at), Some('b'));
    assert_eq!(column(&rows[0], at + 1), Some('c'));
    assert!(
        rows.iter()
            .filter(|row| column(row, at) == Some('┊'))
            .count()
            > 5
    );
}

fn with(values: impl Fn(u64) -> f32) -> History {
    let mut history = History::default();
    (1..=700).for_each(|step| history.push("x", step, values(step)));
    history
}

/// The labels of the vertical axis.
fn labels(rows: &[String]) -> Vec<f32> {
    let labels = rows.iter().filter_map(|row| row.split_once('┤'));
    labels
        .filter_map(|(label, _)| label.trim().parse().ok())
        .collect()
}

#[test]
fn a_spike_is_a_mark_at_the_edge_and_the_axis_stays() {
    let calm = drawn(&with(|step| (step as f32 / 50.0).sin()), |_| {});
    let spiked = with(|step| match step {
        300 => 1e6,
        _ => (step as f32 / 50.0).sin(),
    });
    let rows = drawn(&spiked, |_| {});
    assert_eq!(labels(&rows), labels(&calm));
    assert_eq!(rows.concat().matches('↑').count(), 1, "{rows:?}");
    let all = drawn(&spiked, |plot| plot.zoom.level = -1);
    assert!(labels(&all).iter().any(|&label| label >= 9e5), "{all:?}");
    assert_eq!(all.concat().matches('↑').count(), 0);
}

#[test]
fn a_curve_far_behind_stretches_no_axis_but_a_lane_a_logarithmic_one() {
    let (front, far) = (history(700), with(|step| 1e4 + step as f32));
    let behind = |kind, letter| {
        drawn(&front, |plot| {
            plot.kind = kind;
            plot.behind = vec![Behind {
                series: far.get("x").unwrap(),
                ink: SEMICOLON,
                side: Side::Left,
                measure: 0,
                letter,
            }];
        })
    };
    for (kind, letter) in [
        (Kind::Linear, None),
        (Kind::Linear, Some('b')),
        (Kind::Log, None),
    ] {
        let alone = drawn(&front, |plot| plot.kind = kind);
        let rows = behind(kind, letter);
        assert_eq!(labels(&rows), labels(&alone));
        // Arrows say that it is beyond, with its mark in turn without colours; no line does, nor over the curve in front.
        assert!(!rows[0].contains(";;"), "{rows:?}");
        assert!(rows[0].matches(';').count() > 10, "{rows:?}");
        assert!(rows[0].matches("↑;").count() > 10, "{rows:?}");
        assert_eq!(dotted(&rows[0]), dotted(&alone[0]));
    }
    let top = behind(Kind::Log, Some('b')).swap_remove(0);
    assert!(top.matches(';').count() > 30, "within the axis: {top:?}");
}

#[test]
fn a_zoomed_axis_is_a_part_of_the_whole_one() {
    let whole = drawn(&history(700), |_| {});
    let part = drawn(&history(700), |plot| {
        plot.zoom = Zoom {
            level: 2,
            offset: 0.25,
        };
    });
    let length = |rows: &[String]| labels(rows)[0] - labels(rows).pop().unwrap();
    assert!(length(&part) < length(&whole) / 3.0, "{whole:?} {part:?}");
    let steps = drawn(&history(700), |plot| plot.window = Window::Range(301, 340));
    let last = steps.last().unwrap();
    assert!(last.contains("310") && last.contains("330"), "{last}");
}

#[test]
fn a_curve_with_few_values_leads_into_and_out_of_the_axis() {
    let mut history = History::default();
    for step in [100, 600] {
        history.push("x", step, 1.0);
    }
    let rows = drawn(&history, |plot| plot.window = Window::Range(300, 400));
    assert!(dotted(&rows.concat()) > 40, "{rows:?}");
}

#[test]
fn two_measures_have_an_axis_each() {
    let mut history = History::default();
    for step in 1..=100 {
        history.push("share", step, step as f32 / 100.0);
        history.push("count", step, (step / 12) as f32);
    }
    let rows = drawn(&history, |plot| plot.curves[1].side = Side::Right);
    assert!(rows.iter().any(|row| row.contains("├8")), "{rows:?}");
    assert!(labels(&rows).contains(&1.0), "{rows:?}");
}
