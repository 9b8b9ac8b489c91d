//! The bar of keys: as many keys as fit of those that have an effect now, the most important first.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::Status,
    preset::setting::range::Range,
    tui::app::{
        App,
        action::{Action, Needs},
        keys::Mode,
    },
};

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let mut line = Line::default();
    let rows = app.keys.bar(app.key_context()).into_iter();
    for row in rows.filter(|row| !is_refused(app, row.action)) {
        let Some(key) = row.keys.first() else {
            continue;
        };
        let gap = if line.width() > 0 { "  " } else { "" };
        let entry = [
            Span::raw(gap),
            Span::styled(key.to_string(), app.look.theme.key),
            Span::styled(format!(" {}", short(app, row.action)), app.look.theme.dim),
        ];
        let width: usize = entry.iter().map(Span::width).sum();
        if line.width() + width > area.width as usize {
            break;
        }
        line.extend(entry);
    }
    line.render(area, buf);
}

/// Returns what a key does, in a word or two: in the panel of settings, what it does to the selected one.
fn short(app: &App, action: Action) -> &'static str {
    let (up, down) = match app.selected_range() {
        Some(Range::Switch) => ("on/off", "on/off"),
        Some(Range::Names(_)) => ("next", "previous"),
        _ => ("larger", "smaller"),
    };
    match action {
        Action::Right if app.mode() == Mode::Settings => up,
        Action::Left if app.mode() == Mode::Settings => down,
        action => action.short(),
    }
}

/// Returns whether an action has no effect on a run that this screen does not control, or whose steps are all made.
fn is_refused(app: &App, action: Action) -> bool {
    let is_finished = app.snapshot.status == Status::Finished;
    // In the panel of settings these keys change the selected one.
    let changes = matches!(action, Action::Left | Action::Right | Action::Choose);
    let needs = match app.mode() {
        Mode::Settings if changes => Needs::Steps,
        _ => action.needs(),
    };
    match needs {
        Needs::Nothing => false,
        Needs::Control => !app.may_act(),
        Needs::Steps => !app.may_act() || is_finished,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        model::Snapshot,
        run::fake,
        tui::look::theme::{Depth, Look},
    };

    #[test]
    fn keys_without_effect_are_not_offered() {
        let bar = |status, is_viewer| {
            let snapshot = Arc::new(Snapshot {
                status,
                ..fake::snapshot()
            });
            let mut app = App::new(snapshot, Look::new(Depth::None, true));
            app.is_viewer = is_viewer;
            let area = Rect::new(0, 0, 400, 1);
            let mut buf = Buffer::empty(area);
            render(&mut buf, area, &app);
            let cells = buf.content.iter();
            cells.map(|cell| cell.symbol()).collect::<String>()
        };
        let running = bar(Status::Running, false);
        assert!(running.contains("pause") && running.contains("SN on/off"));
        let finished = bar(Status::Finished, false);
        for none in ["pause", "SN on/off", "iterations", "one step", "slower"] {
            assert!(!finished.contains(none), "{none}: {finished}");
        }
        assert!(finished.contains("presets") && finished.contains("save picture"));
        let watched = bar(Status::Running, true);
        assert!(!watched.contains("pause") && !watched.contains("save"));
    }

    #[test]
    fn a_viewer_is_not_offered_to_change_the_selected_setting() {
        for is_viewer in [false, true] {
            let look = Look::new(Depth::None, true);
            let mut app = App::new(Arc::new(fake::snapshot()), look);
            app.is_viewer = is_viewer;
            app.update(Action::Settings);
            let area = Rect::new(0, 0, 400, 1);
            let mut buf = Buffer::empty(area);
            render(&mut buf, area, &app);
            let cells = buf.content.iter();
            let bar: String = cells.map(|cell| cell.symbol()).collect();
            assert_eq!(bar.contains("→ on/off"), !is_viewer, "{bar}");
            assert!(bar.contains("Esc back"), "{bar}");
        }
    }
}
