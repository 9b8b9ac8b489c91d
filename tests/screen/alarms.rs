//! The lines of alarms, and the jump to the step of one.

use std::sync::Arc;

use sn_tui::{
    model::{Alarm, AlarmKind, Snapshot},
    preset::set,
    tui::{
        app::{App, action::Action, view::View},
        words::alarm,
    },
};

use super::{
    app, check_snapshots, colours, drawn, interaction::press, layout, made_up::*, scene, text,
};

/// A run with one alarm that has ended and one that is active.
pub fn alarmed() -> Snapshot {
    let dying =
        "mean ‖∇xD‖ fell to 0.0003 of its start. Try SN on (s), another loss (L), more gain (])";
    let drift =
        "σ of d.2 is 12 % below the exact one. Try more iterations (+) or a lower rate of D";
    let mut snapshot = running(digits(), "digits", images());
    snapshot.changes.extend([
        entry(900, "set", "spectral.enabled", "true", "false", "key"),
        entry(950, "alarm", "dying_gradient", "", dying, "alarm"),
        entry(
            990,
            "set",
            "spectral.layers.d.2.iterations",
            "None",
            "3",
            "at",
        ),
        entry(1002, "alarm_end", "dying_gradient", "", "", "alarm"),
        entry(1010, "pause", "", "", "", "key"),
        entry(1010, "step_d", "", "", "1", "key"),
        entry(1200, "alarm", "estimate_drift.d.2", "", drift, "alarm"),
    ]);
    snapshot.alarms = vec![Alarm {
        kind: AlarmKind::EstimateDrift,
        step: 1200,
        layer: "d.2".to_owned(),
        text: drift.to_owned(),
    }];
    snapshot
}

#[test]
fn an_alarm_has_a_line_while_it_is_active() {
    let mut app = app(alarmed(), history(measures), colours());
    scene("alarm", &app);
    let over = Snapshot {
        alarms: Vec::new(),
        ..alarmed()
    };
    app.observe(Arc::new(over));
    assert!(!text(&drawn(&app, (120, 40))).contains("drifts"));
}

/// A run with alarms of three kinds, the worst neither the first nor the last.
fn alarmed_thrice() -> Snapshot {
    let mut snapshot = alarmed();
    let alarm = |kind: AlarmKind, step, layer: &str| Alarm {
        kind,
        step,
        layer: layer.to_owned(),
        text: format!(
            "{} was seen. Try: spectral normalization on, or a lower rate of D",
            kind.name()
        ),
    };
    let alarms = [
        alarm(AlarmKind::SpectralCollapse, 1100, "d.4"),
        alarm(AlarmKind::ExplodingGradient, 1150, ""),
        alarm(AlarmKind::SpectralCollapse, 1200, "d.0"),
    ];
    for alarm in &alarms {
        let entry = entry(alarm.step, "alarm", &alarm.key(), "", &alarm.text, "alarm");
        snapshot.changes.push(entry);
    }
    snapshot.changes.sort_by_key(|entry| entry.step);
    snapshot.alarms.extend(alarms);
    let mut measures = measures(STEPS);
    measures.grad_x_mean = Some(26_760.0);
    snapshot.measures = Some(Arc::new(measures));
    snapshot
}

#[test]
fn the_worst_alarm_comes_first_with_its_present_value() {
    let app = app(alarmed_thrice(), history(measures), colours());
    layout("alarms", &app);
    check_snapshots("alarms", &app, &[(40, 10)]);
}

#[test]
fn a_key_goes_from_alarm_to_alarm() {
    let mut app = app(alarmed_thrice(), history(measures), colours());
    let mut steps = Vec::new();
    for _ in 0..5 {
        press(&mut app, &[Action::NextAlarm]);
        let cursor = app.views.curves.cursor;
        assert_eq!(app.views.journal.selected().map(|place| place.step), cursor);
        steps.push(cursor.unwrap());
    }
    assert_eq!(steps, [1150, 1200, 1100, 1200, 1150]);
    press(&mut app, &[Action::Samples, Action::NextAlarm]);
    assert_eq!(app.view, View::Dashboard);
    let shown = text(&drawn(&app, (80, 24)));
    assert!(
        shown.contains("Alarm 2 of 4: spectral collapse d.0, since step 1,200."),
        "{shown}"
    );
    app.observe(Arc::new(running(digits(), "digits", images())));
    press(&mut app, &[Action::NextAlarm]);
    assert!(text(&drawn(&app, (80, 24))).contains("No alarm is active."));
}

#[test]
fn the_advice_is_that_of_the_present_settings() {
    let exploding = |on: &str| {
        let mut snapshot = alarmed_thrice();
        let changed = set(&snapshot.settings, "spectral.enabled", on).unwrap();
        snapshot.settings = Arc::new(changed);
        let app = app(snapshot, history(measures), colours());
        text(&drawn(&app, (200, 60)))
    };
    let off = exploding("false");
    assert!(
        off.contains("Try: spectral normalization on, or a lower rate of D."),
        "{off}"
    );
    let on = exploding("true");
    assert!(on.contains("Try: more power iterations"), "{on}");
    assert!(!on.contains("Try: spectral"), "{on}");
    assert!(
        on.contains("Now ‖∇xD‖ 26760 in the last step, on since step 1,150."),
        "{on}"
    );
}

#[test]
fn every_alarm_has_its_line_its_entry_and_its_help() {
    for kind in alarm::ALL {
        let tried = "a smaller step, a bolder one, another way altogether, or a good night's sleep before all that";
        let said = format!("what {} did. Try: {tried}", kind.name());
        let mut snapshot = running(digits(), "digits", images());
        let begun = entry(1200, "alarm", kind.name(), "", &said, "alarm");
        snapshot.changes.push(begun);
        snapshot.alarms = vec![Alarm {
            kind,
            step: 1200,
            layer: String::new(),
            text: said.clone(),
        }];
        let advice = snapshot.alarms[0].advice(&snapshot.settings);
        let says = |app: &App, size, advice: &str| {
            let shown = text(&drawn(app, size));
            let words: Vec<&str> = shown.split_whitespace().collect();
            let wanted = format!("Try: {advice}.");
            assert!(words.join(" ").contains(&wanted), "{wanted}: {shown}");
        };
        let sizes = [(200, 60), (120, 40), (80, 24), (60, 18), (40, 10)];
        let over = Snapshot {
            alarms: Vec::new(),
            ..snapshot.clone()
        };
        let mut app = app(snapshot, history(measures), colours());
        let name = format!("! {}", alarm::name(kind));
        for size in sizes {
            let shown = text(&drawn(&app, size));
            assert!(shown.contains(&name), "{shown}");
            says(&app, size, &advice);
        }
        press(&mut app, &[Action::Journal]);
        let row = format!("alarm  {}: what {} did.", alarm::name(kind), kind.name());
        assert!(text(&drawn(&app, (120, 40))).contains(&row), "{row}");
        sizes.iter().for_each(|&size| says(&app, size, &advice));
        // Of an alarm that is over, what was to be tried then.
        app.observe(Arc::new(over));
        sizes.iter().for_each(|&size| says(&app, size, tried));
        press(&mut app, &[Action::Help]);
        let mut help = String::new();
        for _ in 0..40 {
            help += &text(&drawn(&app, (120, 40)));
            press(&mut app, &[Action::PageDown]);
        }
        let first: String = alarm::explanation(kind).chars().take(40).collect();
        assert!(
            help.contains(alarm::name(kind)) && help.contains(&first),
            "{first}"
        );
    }
}
