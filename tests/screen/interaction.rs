//! The command line, the panel of settings, the list of presets, and the journal.

use std::sync::Arc;

use sn_tui::{
    model::{Command, RunRequest, Status, Updates},
    tui::app::{App, Effect, action::Action, keys::Mode, view::View},
};

use super::{alarms::alarmed, app, colours, drawn, layout, made_up::*, scene, text};

fn digits_app() -> App {
    let snapshot = running(digits(), "digits", images());
    app(snapshot, history(measures), colours())
}

fn type_in(app: &mut App, text: &str) {
    text.chars().for_each(|symbol| app.type_character(symbol));
}

/// Performs actions; returns the effect of the last one.
pub fn press(app: &mut App, actions: &[Action]) -> Option<Effect> {
    let mut effect = None;
    for &action in actions {
        effect = app.update(action);
    }
    effect
}

fn set(key: &str, value: &str) -> Option<Effect> {
    Some(Effect::Send(Command::Set {
        key: key.to_owned(),
        value: value.to_owned(),
    }))
}

#[test]
fn the_command_line_completes_shows_errors_and_has_history() {
    let mut app = digits_app();
    press(&mut app, &[Action::CommandLine]);
    assert_eq!(app.mode(), Mode::Typing);
    type_in(&mut app, "loss=");
    press(&mut app, &[Action::Complete]);
    scene("line", &app);

    type_in(&mut app, "x");
    assert_eq!(press(&mut app, &[Action::Choose]), None);
    let shown = text(&drawn(&app, (80, 24)));
    assert!(shown.contains(":loss=hingex"), "{shown}");
    assert!(shown.contains("unknown"), "{shown}");
    let effect = press(&mut app, &[Action::Erase, Action::Choose]);
    assert_eq!(effect, set("loss", "hinge"));
    assert_eq!(app.mode(), Mode::Page);

    press(&mut app, &[Action::CommandLine, Action::Up]);
    assert!(text(&drawn(&app, (80, 24))).contains(":loss=hinge"));
    press(&mut app, &[Action::Back]);
    assert_eq!(app.mode(), Mode::Page);
}

#[test]
fn pasted_text_goes_into_the_line_and_does_not_act_as_keys() {
    let mut app = digits_app();
    app.paste("q,:gain=2\n");
    assert_eq!(app.mode(), Mode::Typing);
    assert!(text(&drawn(&app, (80, 24))).contains(":q,:gain=2"));
    press(&mut app, &[Action::Back, Action::Help]);
    app.paste("q");
    assert_eq!(app.mode(), Mode::Help);

    press(&mut app, &[Action::Back, Action::CommandLine]);
    app.paste("preset '/tmp/a b/σ.ron'\r\n\x1b[31m\u{9b}");
    let line = |app: &App| app.line.as_ref().unwrap().field.text().to_owned();
    assert_eq!(line(&app), "preset '/tmp/a b/σ.ron' [31m");
    press(&mut app, &[Action::EraseLine]);
    app.paste("gain=2\r\ns\n\nloss=hinge\n");
    assert_eq!(line(&app), "gain=2 s loss=hinge");
    app.paste(&"x".repeat(1 << 16));
    assert!(line(&app).len() <= 2000);
    press(&mut app, &[Action::Back, Action::Presets]);
    app.paste("q");
    assert_eq!(app.mode(), Mode::Presets);
    press(&mut app, &[Action::Options]);
    app.paste("--data /tmp/cats");
    assert!(line(&app).ends_with("--data /tmp/cats"));
    press(&mut app, &[Action::Back, Action::Back]);

    press(&mut app, &[Action::Settings, Action::Search]);
    app.paste("gain\n");
    press(
        &mut app,
        &[Action::Choose, Action::Choose, Action::EraseLine],
    );
    app.paste(" 3\n");
    let effect = press(&mut app, &[Action::Choose]);
    assert_eq!(effect, set("gain", "3"));
}

#[test]
fn a_line_can_do_what_keys_do() {
    let mut app = digits_app();
    let mut say = |line: &str| {
        press(&mut app, &[Action::CommandLine]);
        type_in(&mut app, line);
        (press(&mut app, &[Action::Choose]), app.view, app.mode())
    };
    assert_eq!(
        say("step 10").0,
        Some(Effect::Send(Command::Step {
            updates: Updates::Both,
            count: 10
        }))
    );
    let request = RunRequest {
        steps: Some(9),
        ..RunRequest::of("ring")
    };
    assert_eq!(say("preset ring --steps 9").0, Some(Effect::Start(request)));
    assert_eq!(say("quit").0, Some(Effect::Quit));
    assert_eq!(say("journal").1, View::Journal);
    assert_eq!(say("settings").2, Mode::Settings);
    assert_eq!(
        say("sn d.2 off").0,
        set("spectral.layers.d.2.enabled", "false")
    );
}

#[test]
fn the_panel_searches_changes_refuses_and_resets() {
    let mut app = digits_app();
    press(&mut app, &[Action::Settings]);
    layout("panel", &app);

    press(&mut app, &[Action::Search]);
    assert_eq!(app.mode(), Mode::Typing);
    type_in(&mut app, "power");
    press(&mut app, &[Action::Choose, Action::Choose]);
    type_in(&mut app, "70");
    assert_eq!(press(&mut app, &[Action::Choose]), None);
    let shown = text(&drawn(&app, (80, 24)));
    assert!(shown.contains("spectral.iterations 170"), "{shown}");
    assert!(shown.contains("from 0 to 50"), "{shown}");
    assert!(!shown.contains("learning_rate"), "{shown}");
    press(&mut app, &[Action::EraseLine]);
    type_in(&mut app, "3");
    let effect = press(&mut app, &[Action::Choose]);
    assert_eq!(effect, set("spectral.iterations", "3"));
    let Some(Effect::Send(command)) = effect else {
        unreachable!()
    };
    app.record_sent(command, Some(1));
    let shown = text(&drawn(&app, (80, 24)));
    assert!(shown.contains("1 → 3 …"), "{shown}");
    // Nudging starts from the pending value, and reset undoes it.
    assert_eq!(
        press(&mut app, &[Action::Right]),
        set("spectral.iterations", "4")
    );
    assert_eq!(
        press(&mut app, &[Action::Reset]),
        set("spectral.iterations", "1")
    );
    press(&mut app, &[Action::Back, Action::Back]);
    assert_eq!(app.mode(), Mode::Page);
}

#[test]
fn presets_are_described_and_another_run_keeps_the_curves() {
    let mut app = digits_app();
    press(&mut app, &[Action::Presets]);
    layout("presets", &app);
    let effect = press(&mut app, &[Action::Down, Action::Choose]);
    assert_eq!(effect, Some(Effect::Start(RunRequest::of("ring"))));

    app.start_run(Arc::new(starting(ring(), "ring")));
    let earlier = app.views.curves.earlier.as_ref().unwrap();
    assert_eq!(earlier.name, "digits, seed 0");
    assert!(earlier.history.get("loss_d").is_some());
    assert!(app.history.get("loss_d").is_none());
    let shown = text(&drawn(&app, (120, 40)));
    assert!(
        shown.contains("The run before, digits, ends in order"),
        "{shown}"
    );
}

#[test]
fn a_preset_whose_images_are_not_here_asks_for_their_path() {
    let mut app = digits_app();
    press(&mut app, &[Action::Presets, Action::Last]);
    scene("presets_missing", &app);
    assert_eq!(press(&mut app, &[Action::Choose]), None);
    assert_eq!(app.mode(), Mode::Typing);
    type_in(&mut app, "/nowhere/at/all");
    assert_eq!(press(&mut app, &[Action::Choose]), None);
    let shown = text(&drawn(&app, (80, 24)));
    assert!(
        shown.contains(":preset stl10 --data /nowhere/at/all"),
        "{shown}"
    );
    assert!(shown.contains("there is nothing at /nowhere"), "{shown}");
    // The list is still open behind the line.
    press(&mut app, &[Action::Back]);
    assert_eq!(app.mode(), Mode::Presets);
    press(&mut app, &[Action::Choose]);
    type_in(&mut app, "src");
    let request = RunRequest {
        data: Some("src".into()),
        ..RunRequest::of("stl10")
    };
    assert_eq!(
        press(&mut app, &[Action::Choose]),
        Some(Effect::Start(request))
    );
    assert_eq!(app.mode(), Mode::Page);
}

#[test]
fn options_of_the_first_run_are_shown_and_can_be_kept() {
    let mut app = digits_app();
    let first = RunRequest {
        steps: Some(300),
        set: vec!["gain=2".to_owned()],
        seed: Some(0),
        ..RunRequest::default()
    };
    app.first_request = Some(first.clone());
    press(&mut app, &[Action::Presets, Action::Down]);
    let shown = text(&drawn(&app, (120, 40)));
    assert!(shown.contains("without --steps 300 --set"), "{shown}");
    press(&mut app, &[Action::Options]);
    let shown = text(&drawn(&app, (120, 40)));
    assert!(shown.contains(":preset ring --steps 300 --set"), "{shown}");
    let request = RunRequest {
        seed: None,
        preset: Some("ring".to_owned()),
        ..first
    };
    assert_eq!(
        press(&mut app, &[Action::Choose]),
        Some(Effect::Start(request))
    );
}

#[test]
fn a_failed_run_can_be_followed_by_another() {
    let mut snapshot = running(digits(), "digits", images());
    snapshot.status = Status::Failed("the device is gone".to_owned());
    let mut app = app(snapshot, history(measures), colours());
    assert_eq!(app.mode(), Mode::Failure);
    press(&mut app, &[Action::Presets]);
    assert_eq!(app.mode(), Mode::Presets);
    assert!(text(&drawn(&app, (80, 24))).contains("generator"));
}

#[test]
fn the_journal_is_read_and_moves_the_cursor() {
    let mut app = app(starting(digits(), "digits"), history(measures), colours());
    press(&mut app, &[Action::Journal]);
    scene("journal_empty", &app);
    app.observe(Arc::new(alarmed()));
    press(&mut app, &[Action::Up, Action::Up]);
    layout("journal", &app);
    assert_eq!(app.views.curves.cursor, Some(1010));
    press(&mut app, &[Action::Back, Action::Dashboard]);
    assert_eq!(app.views.curves.cursor, Some(1010));
    press(&mut app, &[Action::Back]);
    assert_eq!(app.views.curves.cursor, None);
}

#[test]
fn the_journal_of_a_run_whose_values_are_not_finite() {
    let mut snapshot = alarmed();
    let broken = "loss_d is not finite: the update was not applied. Try a lower rate of D ({)";
    snapshot.changes.extend([
        entry(
            1210,
            "set",
            "discriminator.learning_rate",
            "0.001",
            "inf",
            "line",
        ),
        entry(1211, "alarm", "non_finite", "", broken, "alarm"),
        entry(1211, "set", "clip", "None", "NaN", "key"),
    ]);
    let mut app = app(snapshot, history(measures), colours());
    press(&mut app, &[Action::Journal]);
    scene("journal_nans", &app);
}

#[test]
fn keys_of_a_layer_act_on_the_selected_one() {
    let mut app = digits_app();
    let toggled = press(
        &mut app,
        &[Action::Layers, Action::Down, Action::ToggleLayer],
    );
    assert_eq!(toggled, set("spectral.layers.d.2.enabled", "false"));
    let Some(Effect::Send(command)) = toggled else {
        unreachable!()
    };
    app.record_sent(command, Some(1));
    let again = press(&mut app, &[Action::ToggleLayer]);
    assert_eq!(again, set("spectral.layers.d.2.enabled", "true"));
    assert_eq!(
        press(&mut app, &[Action::FollowNetwork]),
        set("spectral.layers.d.2", "()")
    );
    assert_eq!(
        press(&mut app, &[Action::MoreLayerIterations]),
        set("spectral.layers.d.2.iterations", "2")
    );
}

#[test]
fn slow_motion_goes_down_from_the_rate_and_up_to_full_speed() {
    let mut app = digits_app();
    let mut paces = Vec::new();
    for (id, action) in [
        Action::Slower,
        Action::Slower,
        Action::Faster,
        Action::Faster,
    ]
    .into_iter()
    .enumerate()
    {
        if let Some(Effect::Send(Command::Pace(pace))) = app.update(action) {
            app.record_sent(Command::Pace(pace), Some(id as u64 + 1));
            paces.push(pace);
        }
    }
    assert_eq!(paces, [Some(10.0), Some(5.0), Some(10.0), Some(20.0)]);
}

#[test]
fn what_is_watched_follows_the_view() {
    let mut app = digits_app();
    let a = app.lanes.selected;
    assert_eq!(app.new_looks(), []);
    press(&mut app, &[Action::Spectrum]);
    let looks = vec![sn_tui::model::Watched::Spectra];
    assert_eq!(app.new_looks(), [(a, looks)]);
    assert_eq!(app.new_looks(), []);
    press(&mut app, &[Action::Layers]);
    assert_eq!(app.new_looks(), []);
    press(&mut app, &[Action::Dashboard]);
    assert_eq!(app.new_looks(), [(a, Vec::new())]);
    press(&mut app, &[Action::ToggleOutputs]);
    let looks = vec![sn_tui::model::Watched::Outputs];
    assert_eq!(app.new_looks(), [(a, looks)]);
    press(&mut app, &[Action::Journal]);
    assert_eq!(app.new_looks(), [(a, Vec::new())]);
    press(&mut app, &[Action::Dashboard, Action::ToggleOutputs]);
    assert!(app.new_looks().is_empty());
}
