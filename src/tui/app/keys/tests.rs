use crossterm::event::{KeyCode, KeyModifiers};

use super::*;

fn contexts() -> impl Iterator<Item = KeyContext> {
    let views = |mode| View::ALL.map(|view| KeyContext { mode, view });
    Mode::ALL.into_iter().flat_map(views)
}

const PAGE: KeyContext = KeyContext {
    mode: Mode::Page,
    view: View::Dashboard,
};

#[test]
fn no_key_has_two_actions_in_one_context() {
    let table = Table::default();
    for context in contexts() {
        let mut seen: Vec<Key> = Vec::new();
        for key in table.active(context).flat_map(|row| &row.keys) {
            assert!(!seen.contains(key), "{key} is bound twice in {context:?}");
            seen.push(*key);
        }
        let ranks: Vec<u8> = table.bar(context).iter().map(|row| row.rank).collect();
        assert!(
            context.mode != Mode::Page || ranks.windows(2).all(|pair| pair[0] < pair[1]),
            "two keys share a rank in the bar: {context:?} {ranks:?}"
        );
    }
}

#[test]
fn every_action_has_a_key() {
    let table = Table::default();
    for &action in Action::ALL {
        assert!(table.key_of(action).is_some(), "{action:?}");
    }
}

#[test]
fn the_fixed_keys_are_bound_as_promised() {
    let table = Table::default();
    let press = |code, modifiers| table.action(&KeyEvent::new(code, modifiers), PAGE);
    let none = KeyModifiers::NONE;
    let control = KeyModifiers::CONTROL;
    for (code, modifiers, action) in [
        (KeyCode::Char('q'), none, Some(Action::Quit)),
        (KeyCode::Char('c'), control, Some(Action::Quit)),
        (KeyCode::Char('c'), none, Some(Action::LooserClip)),
        (KeyCode::Char(':'), none, Some(Action::CommandLine)),
        (KeyCode::Char(' '), none, Some(Action::Pause)),
        (KeyCode::Char('?'), KeyModifiers::SHIFT, Some(Action::Help)),
        (KeyCode::Char('q'), KeyModifiers::ALT, None),
        (KeyCode::Tab, none, Some(Action::NextView)),
        (KeyCode::Char('1'), none, Some(Action::Dashboard)),
        (KeyCode::Char('6'), none, Some(Action::Journal)),
        (KeyCode::Char('7'), none, Some(Action::Compare)),
    ] {
        assert_eq!(press(code, modifiers), action, "{code:?}");
    }
}

#[test]
fn a_failed_run_can_be_left_and_another_be_started() {
    let table = Table::default();
    let failure = KeyContext {
        mode: Mode::Failure,
        ..PAGE
    };
    let press = |character| table.action(&KeyEvent::from(KeyCode::Char(character)), failure);
    assert_eq!(press('q'), Some(Action::Quit));
    assert!(
        "s+-p .?,:"
            .chars()
            .all(|character| press(character).is_none())
    );
    let shown: Vec<Action> = table.bar(failure).iter().map(|row| row.action).collect();
    assert_eq!(shown, [Action::Quit, Action::Presets]);
}

#[test]
fn the_markdown_names_every_key() {
    let text = markdown();
    for row in &Table::default().rows {
        let does = row.action.description();
        let line = text.lines().find(|line| line.contains(does)).unwrap();
        assert!(
            row.keys
                .iter()
                .all(|key| line.contains(&format!("`{key}`")))
        );
    }
}
