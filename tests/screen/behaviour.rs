//! The effects of keys on the state and the text of the screen.

use std::sync::Arc;

use sn_tui::{
    model::{Command, History, Notice, Snapshot, Updates},
    tui::app::{App, Effect, action::Action},
};

use super::{app, colours, drawn, made_up::*, scene, text};

fn press(app: &mut App, action: Action, id: u64) -> Option<Command> {
    match app.update(action) {
        Some(Effect::Send(command)) => {
            app.record_sent(command.clone(), Some(id));
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
    assert_eq!(app.intended_settings().spectral.iterations, 4);
    scene("pending", &app);

    let mut settings = preset(digits());
    settings.spectral.iterations = 4;
    app.observe(Arc::new(Snapshot {
        acknowledged: 3,
        settings: Arc::new(settings),
        ..snapshot
    }));
    let intended = app.intended_settings().spectral;
    assert_eq!((intended.iterations, intended.enabled), (4, false));
    let shown = text(&drawn(&app, (120, 40)));
    assert!(shown.contains("SN on → off …"), "{shown}");
}

#[test]
fn iterations_stay_in_their_range() {
    let mut app = app(
        running(digits(), "digits", images()),
        History::default(),
        colours(),
    );
    assert!(press(&mut app, Action::FewerIterations, 1).is_some());
    assert_eq!(app.intended_settings().spectral.iterations, 0);
    assert_eq!(press(&mut app, Action::FewerIterations, 2), None);
    assert!(app.message().unwrap().text.contains("from 0 to 50"));
}

#[test]
fn pause_accounts_for_pending_changes() {
    let mut app = app(
        running(digits(), "digits", images()),
        History::default(),
        colours(),
    );
    assert_eq!(press(&mut app, Action::Pause, 1), Some(Command::Pause));
    assert_eq!(press(&mut app, Action::Pause, 2), Some(Command::Resume));
    let step = Command::Step {
        updates: Updates::Both,
        count: 1,
    };
    assert_eq!(press(&mut app, Action::Step, 3), Some(step));
    assert_eq!(press(&mut app, Action::Pause, 4), Some(Command::Resume));
}

#[test]
fn a_notice_stays_until_a_key_and_a_lost_worker_is_reported() {
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
    app.record_sent(command, None);
    assert!(app.message().unwrap().error);
}
