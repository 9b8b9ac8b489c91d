//! The view that compares lanes, or watched runs.

use std::sync::Arc;

use ratatui::{
    layout::Rect,
    style::{Color, Modifier},
};
use sn_tui::{
    model::{History, LaneId, Measures, Snapshot, Updates},
    preset::{Data, set},
    tui::{
        app::{App, action::Action, view::curves::BackgroundRun},
        draw,
        look::theme::{Depth, Look},
    },
};

use super::{
    app, colours, drawn, lanes, layout,
    made_up::{STEPS, digits, history, images, measures, points, ring, running},
    scene, text,
};

/// A run of several lanes, with scores, and with the distances that lanes b, c and d record.
fn run(data: Data, count: usize, selected: usize, look: Look) -> App {
    let mut app = lanes::run(data, count, selected, look);
    let selected = app.lanes.selected;
    let add = |id: LaneId, snapshot: &Snapshot, history: &mut History| {
        if let Some(scores) = snapshot.scores.as_ref().filter(|_| count > 1) {
            for (name, value) in scores.figures.named() {
                history.push(name, STEPS, value);
            }
        }
        let at = LaneId::all().position(|lane| lane == id).unwrap();
        let first = [1, 400, 700, 700][at];
        for step in (first..=STEPS).filter(|step| at > 0 && step.is_multiple_of(50)) {
            let gone = (step - first) as f32 / STEPS as f32;
            for (name, rate) in [
                ("distance_d", 0.6),
                ("distance_g", 0.9),
                ("distance_samples", 0.3),
            ] {
                history.push(name, step, rate * at as f32 * gone.sqrt());
            }
        }
    };
    add(selected, &app.snapshot, &mut app.history);
    for lane in &mut app.lanes.others {
        add(lane.id, &lane.snapshot, &mut lane.history);
    }
    app
}

fn comparing(mut app: App) -> App {
    app.update(Action::Compare);
    app
}

#[test]
fn one_lane_says_how_to_get_another() {
    let app = comparing(run(ring(), 1, 0, colours()));
    scene("compare_1", &app);
    for size in [(120, 40), (80, 24), (60, 18), (40, 10)] {
        let shown = text(&drawn(&app, size));
        let words: Vec<&str> = shown.split_whitespace().collect();
        let said = words.join(" ");
        assert!(said.contains("Y splits another one off"), "{shown}");
    }
}

#[test]
fn two_lanes() {
    layout("compare_2", &comparing(run(ring(), 2, 0, colours())));
}

#[test]
fn four_lanes() {
    layout("compare_4", &comparing(run(ring(), 4, 2, colours())));
}

#[test]
fn lanes_of_images_without_colours() {
    let plain = Look::new(Depth::None, true);
    scene("compare_plain", &comparing(run(digits(), 2, 1, plain)));
    let ascii = comparing(run(digits(), 2, 1, Look::new(Depth::None, false)));
    let buffer = drawn(&ascii, (120, 40));
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
}

/// The row of a measure in the table.
fn row(app: &App, name: &str) -> String {
    let shown = text(&drawn(app, (160, 60)));
    let start = format!("│ {name} ");
    let found = shown.lines().find(|line| line.starts_with(&start));
    found
        .unwrap_or_else(|| panic!("{name}\n{shown}"))
        .to_owned()
}

#[test]
fn the_difference_is_that_of_the_selected_lane_to_lane_a() {
    for (selected, from, to) in [(0, "8", "7"), (1, "8", "7"), (2, "8", "6"), (3, "8", "5")] {
        let app = comparing(run(ring(), 4, selected, colours()));
        let row = row(&app, "modes");
        let words: Vec<&str> = row.split_whitespace().collect();
        let apart = to.parse::<i32>().unwrap() - from.parse::<i32>().unwrap();
        assert_eq!(words[2..6], ["8", "7", "6", "5"], "{row}");
        assert_eq!(words[6], format!("{apart}"), "{row}");
    }
}

#[test]
fn bars_have_the_tint_of_the_lane_that_is_higher() {
    let app = comparing(run(ring(), 2, 1, colours()));
    let buffer = drawn(&app, (120, 40));
    let tints = |name: &str| {
        let shown = text(&buffer);
        let start = format!("│ {name} ");
        let at = shown.lines().position(|row| row.starts_with(&start));
        let at = at.unwrap();
        let bars = (0..buffer.area.width).filter_map(|x| {
            let cell = buffer.cell((x, at as u16))?;
            "▁▂▃▄▅▆▇█".contains(cell.symbol()).then_some(cell.fg)
        });
        bars.collect::<Vec<_>>()
    };
    // D's loss rises in lane b and G's falls, from the fork on.
    let [a, b] = [126, 45].map(Color::Indexed);
    assert!(tints("loss D").ends_with(&[b; 20]), "{:?}", tints("loss D"));
    assert!(tints("loss G").ends_with(&[a; 20]), "{:?}", tints("loss G"));
    assert!(!tints("loss D").contains(&a) && !tints("loss G").contains(&b));
    assert!(tints("samples").contains(&b) && !tints("samples").contains(&a));
}

#[test]
fn rows_that_do_not_fit_are_reached_by_keys() {
    let mut app = comparing(run(ring(), 4, 0, colours()));
    let area = Rect::new(0, 0, 80, 24);
    let size = (area.width, area.height);
    let shown = text(&drawn(&app, size));
    assert!(
        shown.contains("more below") && !shown.contains("σ d.6"),
        "{shown}"
    );
    for _ in 0..100 {
        app.update(Action::Down);
        draw::limit_comparison(area, &mut app);
    }
    let shown = text(&drawn(&app, size));
    assert!(
        !shown.contains("more below") && shown.contains("σ d.6"),
        "{shown}"
    );
    // One key back is seen at once.
    app.update(Action::Up);
    assert_ne!(text(&drawn(&app, size)), shown);
}

#[test]
fn the_cursor_reads_all_values_at_its_step() {
    let mut app = comparing(run(ring(), 2, 1, colours()));
    app.views.curves.cursor = Some(450);
    let shown = text(&drawn(&app, (120, 40)));
    assert!(shown.contains(" at step 450 "), "{shown}");
    app.update(Action::Left);
    assert!(app.views.curves.cursor.unwrap() < 450);
}

fn watched(name: &str, seed: u64, gain: &str, last: u64) -> BackgroundRun {
    let mut snapshot = running(digits(), "digits", images());
    snapshot.seed = seed;
    snapshot.step = last;
    snapshot.settings = Arc::new(set(&snapshot.settings, "gain", gain).unwrap());
    let mut until = History::default();
    for step in 1..=last {
        let later = Measures {
            step,
            ..measures(step + 40)
        };
        until.record(&later, Updates::Both);
    }
    BackgroundRun {
        name: name.to_owned(),
        history: until,
        snapshot: Some(Arc::new(snapshot)),
    }
}

#[test]
fn watched_runs_are_compared_with_the_one_in_front() {
    let front = Snapshot {
        seed: 3,
        directory: "runs/2026-01-02-digits-d4e5f6".into(),
        ..running(digits(), "digits", images())
    };
    let mut app = app(front, history(measures), colours());
    app.other_runs = vec![
        watched("a1b2c3", 4, "8", 800),
        watched("0c0c0c", 3, "4", 1234),
    ];
    let app = comparing(app);
    scene("compare_runs", &app);
    let shown = text(&drawn(&app, (120, 40)));
    for part in [
        "seed",
        "gain  d4e5f6 4",
        "a1b2c3 8",
        " at step 800 ",
        "a1b2c3 − d4e5f6",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains("how far"), "{shown}");
    assert!(!shown.contains("front 4"), "{shown}");
}

/// The table of measures: its head, then the rows.
fn table(app: &App, size: (u16, u16)) -> Vec<String> {
    let shown = text(&drawn(app, size));
    let rows = shown
        .lines()
        .skip_while(|row| !row.contains("measures ──"))
        .skip(1);
    rows.map(str::to_owned).collect()
}

/// The column of the screen where a text begins.
fn column(row: &str, text: &str) -> usize {
    row[..row.find(text).unwrap()].chars().count()
}

#[test]
fn names_of_any_length_leave_the_bars_their_room() {
    let mut app = app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    );
    let name = "a-rather-long-name";
    app.other_runs = vec![watched(name, 4, "8", 800), watched("0c0c0c", 3, "4", 1234)];
    let app = comparing(app);
    for width in [60, 80, 100, 120, 160, 200] {
        let table = table(&app, (width, 60));
        let loss = table.iter().find(|row| row.contains("loss D ")).unwrap();
        let mut cells = loss.chars();
        let bars = cells.position(|c| "▁▂▃▄▅▆▇█".contains(c)).unwrap();
        let head: String = table[0].chars().skip(bars).collect();
        assert!(
            !head.contains('−') && !head.contains("0c0c0c"),
            "{table:#?}"
        );
        // The two titles end where the values do.
        let last = loss.match_indices("1.192").nth(1).unwrap().0;
        let ends = loss[..last].chars().count() + 5;
        assert_eq!(column(&table[0], "0c0c0c") + 6, ends, "{table:#?}");
    }
}

#[test]
fn an_older_value_says_its_step_and_a_difference_is_of_one_step() {
    let mut app = comparing(run(ring(), 2, 1, colours()));
    app.history.push("lipschitz_bound", 1_150, 99.0);
    let other = &mut app.lanes.others[0].history;
    other.push("lipschitz_bound", 1_100, 55.0);
    let of = |app: &App, name: &str| row(app, name).replace('│', " ");
    let bound = of(&app, "bound of ∇xD");
    assert!(bound.contains("16.00     16.00         0"), "{bound}");
    assert!(bound.contains("@1,000 "), "{bound}");
    assert!(!of(&app, "loss D").contains('@'));
    // The distances are of step 1,200.
    assert!(of(&app, "D from a").contains("@1,200"));
    // Without a step that both have, each says its own, and there is no difference.
    for (history, step) in [
        (&mut app.history, 900),
        (&mut app.lanes.others[0].history, 800),
    ] {
        let mut alone = History::default();
        alone.push("swd", step, step as f32);
        let at = history
            .iter()
            .position(|series| series.name == "swd")
            .unwrap();
        assert!(history.put(at, alone.get("swd").unwrap().clone()));
    }
    let swd = of(&app, "swd");
    let words: Vec<&str> = swd.split_whitespace().collect();
    assert_eq!(
        words[..5],
        ["swd", "800.0", "900.0", "a@800", "b@900"],
        "{swd}"
    );
}

#[test]
fn without_room_for_steps_the_values_of_other_steps_are_dim() {
    let plain = Look::new(Depth::None, true);
    for look in [colours(), plain] {
        let mut app = comparing(run(ring(), 4, 0, look));
        let others = app.lanes.others.iter_mut().map(|lane| &mut lane.history);
        for (at, history) in [&mut app.history].into_iter().chain(others).enumerate() {
            let mut alone = History::default();
            let value = if at == 3 { f32::NAN } else { 0.5 };
            alone.push("swd", 700 + 10 * at as u64, value);
            let place = history.iter().position(|series| series.name == "swd");
            assert!(history.put(place.unwrap(), alone.get("swd").unwrap().clone()));
        }
        let size = (60, 18);
        let rows = table(&app, size);
        assert!(text(&drawn(&app, size)).contains("dim: other steps, at step 1,234"));
        assert!(!rows[0].contains("step"), "{}", rows[0]);
        let buf = drawn(&app, size);
        let theme = &app.look.theme;
        let style_at_value = |name: &str| {
            let y = (0..size.1).find(|&y| {
                let row: String = (0..size.0).map(|x| buf[(x, y)].symbol()).collect();
                row.starts_with(name)
            });
            // The last column of the value of lane a.
            let cell = &buf[(20, y.unwrap())];
            assert_ne!(cell.symbol(), " ");
            (cell.fg, cell.modifier)
        };
        let dim = (
            theme.rule.fg.unwrap_or(Color::Reset),
            theme.rule.add_modifier,
        );
        assert_eq!(style_at_value("swd"), dim);
        assert_eq!(style_at_value("modes"), (Color::Reset, Modifier::empty()));
    }
}

#[test]
fn all_bars_have_one_axis_of_steps_which_is_told_once() {
    let app = comparing(run(ring(), 2, 1, colours()));
    let table = table(&app, (160, 60));
    assert!(table[0].contains("step 400"), "{}", table[0]);
    let first = column(&table[0], "step 400");
    let begins = |name: &str| {
        let row = table.iter().find(|row| row.contains(name)).unwrap();
        row.chars().position(|c| "▁▂▃▄▅▆▇█".contains(c)).unwrap()
    };
    // Lane b begins at step 400, the bound of both is known from 500 on, and modes are counted at the last step.
    assert_eq!(begins("σ d.0"), first, "{table:#?}");
    assert!(begins("bound") > first, "{table:#?}");
    assert!(begins("reverse KL") > begins("bound") + 30, "{table:#?}");
}

#[test]
fn the_greatest_difference_is_not_below_the_one_that_is_shown() {
    let app = comparing(run(ring(), 2, 1, colours()));
    let table = table(&app, (160, 60));
    assert!(table[0].contains("max |Δ|"), "{}", table[0]);
    let loss = table.iter().find(|row| row.contains("loss D ")).unwrap();
    let words: Vec<&str> = loss
        .trim_end_matches([' ', '│'])
        .split_whitespace()
        .collect();
    let number = |word: &str| word.trim_start_matches(['+', '-']).parse::<f32>().unwrap();
    assert_eq!(number(words[words.len() - 1]), number(words[5]), "{loss}");
}

/// The label of the last step stands above the last bar, also where the axis is longer.
#[test]
fn the_last_step_stands_above_the_last_bar() {
    let app = comparing(run(ring(), 2, 1, colours()));
    for width in [120, 200] {
        let shown = text(&drawn(&app, (width, 60)));
        let row = |what: &str| shown.lines().find(|row| row.contains(what)).unwrap();
        let end = |row: &str, is_end: fn(char) -> bool| {
            row.chars()
                .collect::<Vec<_>>()
                .iter()
                .rposition(|c| is_end(*c))
        };
        let head = row("tint: the higher");
        let head = head.split(" max |Δ|").next().unwrap();
        let bars = end(row("loss D  "), |c| ('▁'..='█').contains(&c));
        assert_eq!(end(head, |c| c.is_ascii_digit()), bars, "{shown}");
    }
}

#[test]
fn without_colours_bars_of_the_first_lane_hang() {
    for (unicode, legend) in [(true, "hanging: a higher"), (false, "reversed: a higher")] {
        let app = comparing(run(ring(), 2, 1, Look::new(Depth::None, unicode)));
        let buffer = drawn(&app, (160, 60));
        let shown = text(&buffer);
        assert!(shown.contains(legend), "{shown}");
        let reversed = |name: &str| {
            let y = shown.lines().position(|row| row.contains(name)).unwrap();
            let row = (0..buffer.area.width).map(|x| buffer.cell((x, y as u16)).unwrap());
            row.filter(|cell| cell.modifier.contains(Modifier::REVERSED))
                .count()
        };
        assert!(
            reversed("loss G ") > 20 && reversed("loss D ") == 0,
            "{shown}"
        );
    }
}

#[test]
fn a_lane_without_measures_yet_is_compared() {
    let mut app = comparing(run(ring(), 2, 0, colours()));
    app.lanes.others[0].history = History::default();
    for size in [(200, 60), (120, 40), (80, 24), (60, 18), (40, 10)] {
        let shown = text(&drawn(&app, size));
        assert!(shown.contains('–'), "{shown}");
    }
    let nothing = running(ring(), "ring", points());
    drawn(
        &comparing(super::app(nothing, History::default(), colours())),
        (80, 24),
    );
}

#[test]
fn no_size_panics() {
    for count in [1, 2, 4] {
        let app = comparing(run(ring(), count, 0, colours()));
        for width in [0, 1, 2, 7, 39, 40, 41, 55, 61, 80, 99, 100, 133, 300] {
            for height in [0, 1, 2, 9, 10, 11, 14, 16, 22, 29, 30, 45, 90] {
                drawn(&app, (width, height));
            }
        }
    }
}
