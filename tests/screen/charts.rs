//! What a person chooses of the charts: steps, values, curves; the gradient beside its bound.

use ratatui::buffer::Buffer;
use sn_tui::{
    model::{History, Snapshot},
    tui::{
        app::{App, Effect, action::Action},
        look::theme::{Depth, Look},
    },
};

use super::{app, colours, drawn, made_up::*, scene, text};

const SIZE: (u16, u16) = (120, 40);

fn running_app(history: History) -> App {
    app(running(digits(), "digits", images()), history, colours())
}

fn window(app: &App) -> String {
    format!("{:?}", app.window)
}

/// The rows of the chart with this title.
fn chart(buffer: &Buffer, title: &str) -> Vec<String> {
    let all = text(buffer);
    let rows = all.lines().skip_while(|row| !row.contains(title));
    rows.take(9)
        .map(|row| row.chars().take(55).collect())
        .collect()
}

#[test]
fn steps_are_zoomed_moved_and_shown_again_by_key() {
    let mut app = running_app(history(measures));
    app.update(Action::PageUp);
    let all = text(&drawn(&app, SIZE));
    assert!(all.contains("Z shows fewer"), "{all}");
    app.update(Action::FewerSteps);
    assert_eq!(window(&app), "Last(617)");
    app.update(Action::FewerSteps);
    app.update(Action::PageUp);
    assert_eq!(window(&app), "Range(773, 1080)");
    let rows = chart(&drawn(&app, SIZE), "loss D");
    assert!(rows[0].contains("only 773–1,080"), "{rows:?}");
    app.update(Action::First);
    assert_eq!(window(&app), "Range(1, 308)");
    app.update(Action::Last);
    assert_eq!(window(&app), "Last(308)");
    for _ in 0..3 {
        app.update(Action::MoreSteps);
    }
    assert_eq!(window(&app), "Whole");
}

#[test]
fn zoom_is_around_the_cursor_and_one_key_leads_back() {
    let mut app = running_app(history(measures));
    for _ in 0..40 {
        app.update(Action::Left);
    }
    let cursor = app.views.curves.cursor.unwrap();
    app.update(Action::FewerSteps);
    app.update(Action::FewerSteps);
    let half = (STEPS / 4).div_ceil(2);
    let (first, last) = (cursor + half - STEPS / 4, cursor + half - 1);
    let shown = window(&app);
    let near = |step: u64, text: &str| step.abs_diff(text.parse().unwrap()) < 3;
    let (from, to) = shown[6..shown.len() - 1].split_once(", ").unwrap();
    assert!(near(first, from) && near(last, to), "{cursor}: {shown}");
    app.update(Action::FewerValues);
    app.update(Action::ShowAlone);
    app.update(Action::ShowWhole);
    let plain = running_app(history(measures));
    assert_eq!(window(&app), "Whole");
    assert_eq!(app.views.curves.charts, plain.views.curves.charts);
}

#[test]
fn a_curve_is_shown_alone_or_hidden() {
    let mut app = running_app(history(measures));
    let title = |app: &App| chart(&drawn(app, SIZE), "loss")[0].clone();
    assert!(title(&app).contains("D 1.") && title(&app).contains("G 0."));
    app.update(Action::ShowAlone);
    assert!(title(&app).contains("D 1.") && !title(&app).contains("G 0."));
    assert!(title(&app).contains("alone"), "{}", title(&app));
    app.update(Action::ShowAlone);
    assert!(!title(&app).contains("D 1.") && title(&app).contains("G 0."));
    app.update(Action::ShowAlone);
    app.update(Action::HideOne);
    assert!(title(&app).contains("no D"), "{}", title(&app));
    assert!(!title(&app).contains("D 1.") && title(&app).contains("G 0."));
    app.update(Action::HideOne);
    app.update(Action::HideOne);
    assert!(title(&app).contains("D 1.") && title(&app).contains("G 0."));
}

#[test]
fn values_are_zoomed_in_the_focused_chart_alone() {
    let mut app = running_app(history(measures));
    let before = chart(&drawn(&app, SIZE), "D's output");
    for _ in 0..2 {
        app.update(Action::FewerValues);
    }
    app.update(Action::Up);
    scene("zoomed", &app);
    assert_eq!(chart(&drawn(&app, SIZE), "D's output"), before);
    app.update(Action::FullScreen);
    assert!(text(&drawn(&app, SIZE)).contains("zoom 4"));
}

/// A pane without a chart, such as the settings, has no values to zoom.
#[test]
fn a_pane_without_a_chart_says_so() {
    let mut app = running_app(history(measures));
    for _ in 0..7 {
        app.update(Action::NextPane);
    }
    app.update(Action::HideOne);
    assert!(text(&drawn(&app, SIZE)).contains("f focuses one"));
}

#[test]
fn the_bound_is_named_for_what_it_is() {
    let with = |name: &str| {
        let mut history = history(measures);
        if name != "lipschitz_bound" {
            let mut other = History::default();
            for series in history.iter().filter(|s| s.name != "lipschitz_bound") {
                for &(step, value) in &series.recent {
                    other.push(&series.name, step, value);
                }
            }
            history = other;
        }
        if name == "lipschitz_of_matrices" {
            history.push(name, 1000, 12.0);
        }
        running_app(history)
    };
    for size in [(200, 60), SIZE, (80, 24)] {
        let shown = |name| text(&drawn(&with(name), size));
        assert!(shown("lipschitz_bound").contains("bound 16.00"));
        let matrices = shown("lipschitz_of_matrices");
        assert!(
            matrices.contains("∏σ ") || matrices.contains("∏σ matr."),
            "{matrices}"
        );
        assert!(!matrices.contains("bound"), "{matrices}");
        let none = shown("");
        assert!(!none.contains("bound") && !none.contains("∏σ"), "{none}");
    }
}

/// A bound from before a change of settings has its step beside it, for it may not hold any more.
#[test]
fn a_bound_from_before_a_change_says_its_step() {
    let change = |step| Snapshot {
        changes: vec![entry(
            step,
            "set",
            "spectral.enabled",
            "true",
            "false",
            "key",
        )],
        ..running(digits(), "digits", images())
    };
    let shown = |step| {
        let app = app(change(step), history(measures), colours());
        text(&drawn(&app, SIZE))
    };
    assert!(
        shown(1001).contains("bound 16.00 at 1,000"),
        "{}",
        shown(1001)
    );
    assert!(!shown(1000).contains("at 1,000"), "{}", shown(1000));
}

#[test]
fn a_spike_is_told_and_does_not_ruin_the_axis() {
    let spiked = |step| {
        let mut m = measures(step);
        if step == 400 {
            (m.loss_d, m.grad_x_max) = (4e5, Some(1e9));
        }
        m
    };
    let app = running_app(history(spiked));
    let rows = chart(&drawn(&app, SIZE), "loss D");
    assert!(rows[0].contains("↑4e5"), "{rows:?}");
    assert_eq!(rows[1].matches('↑').count(), 1, "{rows:?}");
    scene("spike", &app);
}

#[test]
fn without_colours_cells_that_curves_share_are_underlined() {
    let alike = |step| {
        let mut m = measures(step);
        m.loss_g = m.loss_d;
        m
    };
    let snapshot = running(digits(), "digits", images());
    let app = app(snapshot, history(alike), Look::new(Depth::None, true));
    let buffer = drawn(&app, SIZE);
    let marked = |cell: &&ratatui::buffer::Cell| {
        cell.modifier.contains(ratatui::style::Modifier::UNDERLINED)
    };
    assert!(buffer.content.iter().filter(marked).count() > 30);
}

#[test]
fn saving_a_pane_is_an_effect_of_its_key_and_of_its_word() {
    let mut app = running_app(history(measures));
    assert_eq!(app.update(Action::SavePane), Some(Effect::SavePane));
    app.update(Action::CommandLine);
    "pane".chars().for_each(|symbol| app.type_character(symbol));
    assert_eq!(app.update(Action::Choose), Some(Effect::SavePane));
}

/// Estimates of σ are those of the cursor's step, and the state of SN, which is that of now, is not beside them.
#[test]
fn sigma_is_that_of_the_cursors_step() {
    let mut app = running_app(history(measures));
    let row = |app: &App| {
        let shown = text(&drawn(app, (120, 40)));
        let rows = shown
            .lines()
            .skip_while(|row| !row.contains("σ of D's layers"));
        rows.take(2)
            .map(|row| row.chars().take(55).collect::<String>())
            .collect::<Vec<_>>()
    };
    assert!(row(&app)[1].contains("SN×1"), "{:?}", row(&app));
    app.views.curves.cursor = Some(500);
    let [title, first] = &row(&app)[..] else {
        panic!("no rows");
    };
    assert!(title.contains("at step 500, exact after "), "{title}");
    let small = text(&drawn(&app, (60, 18)));
    let title = small.lines().find(|row| row.contains("σ ")).unwrap();
    assert!(title.contains("at step 500"), "{small}");
    assert!(!first.contains("SN×"), "{first}");
    let then = app.history.get("sigma.d.0").unwrap();
    let then = then.recent.iter().find(|(step, _)| *step == 500).unwrap().1;
    assert!(first.contains(&format!("{then:.3}")), "{first}: {then}");
}
