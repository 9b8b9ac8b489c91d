//! The mouse: clicks, drags and the wheel find what is drawn.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use sn_tui::{
    model::History,
    tui::app::{App, Effect, action::Action, keys::Mode, view::View},
};

use super::{OTHER_SIZES, SIZES, app, colours, drawn, interaction::press, lanes, made_up::*, text};

fn running_app() -> App {
    let mut snapshot = running(digits(), "digits", images());
    snapshot.spectra = Some(spectra(500, 0.9).into());
    app(snapshot, history(measures), colours())
}

fn sizes() -> Vec<(u16, u16)> {
    [SIZES, OTHER_SIZES].concat()
}

fn mouse(app: &mut App, kind: MouseEventKind, (column, row): (u16, u16)) -> Option<Effect> {
    app.point(&MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

fn click(app: &mut App, at: (u16, u16)) -> Option<Effect> {
    let left = MouseButton::Left;
    let effect = mouse(app, MouseEventKind::Down(left), at);
    assert_eq!(mouse(app, MouseEventKind::Up(left), at), None);
    effect
}

/// Returns the cell at which a text begins.
fn place(buffer: &Buffer, words: &str) -> Option<(u16, u16)> {
    let width = buffer.area.width as usize;
    let mut rows = buffer.content.chunks(width).zip(0..);
    rows.find_map(|(row, y)| {
        let symbols: Vec<&str> = row.iter().map(|cell| cell.symbol()).collect();
        let at = symbols.concat().find(words)?;
        let mut bytes = 0;
        let x = symbols.iter().take_while(|symbol| {
            bytes += symbol.len();
            bytes <= at
        });
        Some((x.count() as u16, y))
    })
}

/// Returns the cell at which a text on the screen begins.
fn on_screen(app: &App, size: (u16, u16), words: &str) -> (u16, u16) {
    let buffer = drawn(app, size);
    place(&buffer, words).unwrap_or_else(|| panic!("{words}:\n{}", text(&buffer)))
}

#[test]
fn a_click_on_a_tab_opens_its_view() {
    for size in sizes() {
        for view in View::ALL {
            let mut app = running_app();
            press(&mut app, &[Action::Help]);
            app.view = View::Journal;
            app.help = None;
            let number = view.number().to_string();
            let buffer = drawn(&app, size);
            let tabs: String = (0..size.0).map(|x| buffer[(x, 1)].symbol()).collect();
            let named = format!("{number} {}", view.title());
            let found = tabs.find(&named).or(tabs.find(&number)).unwrap();
            click(&mut app, (found as u16, 1));
            assert_eq!(app.view, view, "{size:?}: {tabs}");
        }
    }
}

#[test]
fn a_click_and_a_drag_in_a_chart_put_the_cursor_there() {
    for size in sizes() {
        // A flat curve, which leaves the rest of the plot of losses to the cursor.
        let flat = |step| {
            let mut measures = measures(step);
            (measures.loss_d, measures.loss_g) = (1.0, 1.0);
            measures
        };
        let mut app = app(
            running(digits(), "digits", images()),
            history(flat),
            colours(),
        );
        let frame = drawn(&app, size);
        // The plot has its axis in the first columns.
        let (_, title) = place(&frame, " D 1.000").unwrap();
        let row = title + 2;
        let is_axis = |x: &u16| *x > 2 && matches!(frame[(*x, row)].symbol(), "┤" | "│");
        let axis = (0..14).find(is_axis).unwrap();
        let line = |app: &App| {
            let frame = drawn(app, size);
            let has = |x: &u16| (title + 1..title + 4).any(|y| frame[(*x, y)].symbol() == "┃");
            (axis + 1..axis + 20).find(has)
        };
        for column in axis + 1..axis + 16 {
            click(&mut app, (column, row));
            assert_eq!(
                line(&app),
                Some(column),
                "{size:?}\n{}",
                text(&drawn(&app, size))
            );
        }
        let left = MouseButton::Left;
        mouse(&mut app, MouseEventKind::Down(left), (axis + 3, row));
        mouse(&mut app, MouseEventKind::Drag(left), (axis + 9, row + 1));
        assert_eq!(line(&app), Some(axis + 9));
        mouse(&mut app, MouseEventKind::Drag(left), (0, size.1 - 1));
        assert_eq!(line(&app), Some(axis + 1), "the nearest step of the chart");
        mouse(&mut app, MouseEventKind::Up(left), (0, size.1 - 1));
        mouse(&mut app, MouseEventKind::Drag(left), (axis + 9, row));
        assert_eq!(line(&app), Some(axis + 1), "the button is up");
    }
}

#[test]
fn a_click_on_a_pane_focuses_it() {
    for size in sizes() {
        let mut app = running_app();
        for title in [" σ of D's layers ", " samples ", "bound"] {
            let at = on_screen(&app, size, title);
            assert_eq!(click(&mut app, at), None);
            let frame = drawn(&app, size);
            let end = (at.0..size.0).find(|&x| frame[(x, at.1)].symbol() == "━");
            assert!(end.is_some(), "{size:?} {title}\n{}", text(&frame));
        }
    }
}

#[test]
fn a_click_on_a_lane_selects_it() {
    for size in sizes() {
        let mut app = lanes::run(digits(), 4, 0, colours());
        let (list, row) = on_screen(&app, size, "▸a");
        assert_eq!(row, 0);
        let found: Vec<Option<Effect>> =
            (list..list + 14).map(|x| click(&mut app, (x, 0))).collect();
        for lane in ["b", "c", "d"] {
            let lane = Some(Effect::SelectLane(lane.parse().unwrap()));
            assert!(found.contains(&lane), "{size:?}: {found:?}");
        }
        assert_eq!(found[0], None, "lane a is selected");
    }
}

#[test]
fn a_row_is_chosen_in_the_list_on_top() {
    let size = SIZES[0];
    let mut app = running_app();
    press(&mut app, &[Action::Settings]);
    let at = on_screen(&app, size, "n_dis ");
    click(&mut app, at);
    let selected = app.panel.as_ref().unwrap().selected;
    assert_eq!(app.panel_entries()[selected].setting.path, "n_dis");
    assert_eq!(app.views.curves.cursor, None, "the chart below is covered");

    press(&mut app, &[Action::Back, Action::Presets]);
    let at = on_screen(&app, size, "grid");
    click(&mut app, at);
    let picker = app.picker.as_ref().unwrap();
    assert_eq!(picker.chosen().unwrap().name, "grid");

    press(&mut app, &[Action::Back, Action::Layers]);
    let at = on_screen(&app, size, "d.2");
    click(&mut app, at);
    assert_eq!(app.views.layers.selected, 1);

    press(&mut app, &[Action::Journal]);
    let entry = on_screen(&app, size, "812");
    click(&mut app, entry);
    assert!(app.views.curves.cursor.is_some());
    press(&mut app, &[Action::Help]);
    drawn(&app, size);
    app.views.curves.cursor = None;
    click(&mut app, entry);
    assert_eq!(app.views.curves.cursor, None, "the help is on top");

    press(&mut app, &[Action::Back, Action::CommandLine]);
    drawn(&app, size);
    click(&mut app, (2, 1));
    assert_eq!((app.mode(), app.view), (Mode::Typing, View::Journal));
}

#[test]
fn the_wheel_scrolls_what_is_shown() {
    let size = SIZES[1];
    let mut app = running_app();
    let wheel = |app: &mut App, down: bool| {
        let kind = [MouseEventKind::ScrollUp, MouseEventKind::ScrollDown][usize::from(down)];
        drawn(app, size);
        assert_eq!(mouse(app, kind, (9, 9)), None);
    };
    wheel(&mut app, true);
    assert!(app.message().is_none(), "the dashboard has no list");
    press(&mut app, &[Action::Help]);
    wheel(&mut app, true);
    assert_eq!(app.help, Some(3));
    wheel(&mut app, false);
    assert_eq!(app.help, Some(0));
    press(&mut app, &[Action::Back, Action::Settings]);
    wheel(&mut app, true);
    assert_eq!(app.panel.as_ref().unwrap().selected, 3);
    press(&mut app, &[Action::Back, Action::Layers]);
    wheel(&mut app, true);
    assert_eq!(app.views.layers.selected, 1);
    press(&mut app, &[Action::Journal]);
    wheel(&mut app, false);
    assert!(app.views.journal.selected().is_some());
    press(&mut app, &[Action::Samples]);
    for step in [1300, 1400] {
        let mut later = running(digits(), "digits", images());
        later.samples = Some(at_step(images(), step).into());
        app.observe(later.into());
    }
    wheel(&mut app, false);
    assert!(!app.views.samples.is_live(), "older samples");
    wheel(&mut app, true);
    assert!(app.views.samples.is_live());
}

/// Returns the steps at a cell of a chart, and at the first and the last column of this chart.
fn steps_around(app: &mut App, size: (u16, u16), at: (u16, u16)) -> (u64, u64, u64) {
    drawn(app, size);
    let left = MouseButton::Left;
    let mut step = |kind, column| {
        mouse(app, kind, (column, at.1));
        app.views.curves.cursor.unwrap()
    };
    let here = step(MouseEventKind::Down(left), at.0);
    let [first, last] = [0, size.0].map(|column| step(MouseEventKind::Drag(left), column));
    mouse(app, MouseEventKind::Up(left), at);
    app.views.curves.cursor = None;
    (here, first, last)
}

#[test]
fn the_wheel_over_a_chart_zooms_around_the_pointer() {
    for size in SIZES {
        let mut app = running_app();
        let (x, y) = on_screen(&app, size, " D 1.");
        let at = (x + 20, y + 2);
        let wheel = |app: &mut App, kind| {
            drawn(app, size);
            assert_eq!(mouse(app, kind, at), None);
        };
        let (step, first, last) = steps_around(&mut app, size, at);
        wheel(&mut app, MouseEventKind::ScrollUp);
        wheel(&mut app, MouseEventKind::ScrollUp);
        let (now, nearer_first, nearer_last) = steps_around(&mut app, size, at);
        let (before, after) = (last - first, nearer_last - nearer_first);
        assert!(
            (before / 5..before / 3).contains(&after),
            "{before} {after}"
        );
        assert!(now.abs_diff(step) < after / 2, "{step} {now} of {after}");
        for _ in 0..9 {
            wheel(&mut app, MouseEventKind::ScrollUp);
        }
        let (_, first_shown, last_shown) = steps_around(&mut app, size, at);
        assert!(last_shown - first_shown < 20, "{first_shown} {last_shown}");
        for _ in 0..12 {
            wheel(&mut app, MouseEventKind::ScrollDown);
        }
        assert_eq!(steps_around(&mut app, size, at), (step, first, last));
        // A panel over the chart scrolls instead.
        press(&mut app, &[Action::Settings]);
        wheel(&mut app, MouseEventKind::ScrollUp);
        press(&mut app, &[Action::Back]);
        assert_eq!(steps_around(&mut app, size, at), (step, first, last));
    }
}

#[test]
fn the_focus_visits_the_drawn_panes_only() {
    for (size, visited) in [((80, 24), 5), ((120, 40), 6), ((200, 60), 7)] {
        let mut app = app(
            running(digits(), "digits", images()),
            History::default(),
            colours(),
        );
        let mut seen = Vec::new();
        for _ in 0..visited {
            drawn(&app, size);
            press(&mut app, &[Action::NextPane]);
            let focus = app.focus.unwrap();
            assert!(!seen.contains(&focus), "{size:?}: {seen:?} {focus:?}");
            seen.push(focus);
        }
        drawn(&app, size);
        press(&mut app, &[Action::NextPane]);
        assert_eq!(app.focus, Some(seen[0]), "{size:?}");
    }
}
