//! The line of tabs: the views, and the progress of the run.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::Status,
    tui::{
        app::{App, view::View},
        words::number,
    },
};

/// The minimum width of the progress bar, in columns.
const MIN_BAR: u16 = 24;

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let line = tabs(app, true);
    let line = if line.width() > area.width as usize {
        tabs(app, false)
    } else {
        line
    };
    let width = line.width() as u16 + 2;
    line.render(area, buf);
    if area.width >= width + MIN_BAR {
        let rest = Rect {
            x: area.x + width,
            width: area.width - width,
            ..area
        };
        progress(buf, rest, app);
    }
}

/// Returns the names of all views, or only that of the current view.
fn tabs(app: &App, all: bool) -> Line<'static> {
    let theme = &app.look.theme;
    let mut line = Line::default();
    for view in View::ALL {
        let front = view == app.view;
        let text = if all || front {
            format!("{} {}", view.number(), view.title())
        } else {
            view.number().to_string()
        };
        let style = if front {
            theme.selected
        } else if view.inapplicable(&app.snapshot).is_some() {
            theme.dim
        } else {
            ratatui::style::Style::new()
        };
        line.push_span(Span::styled(format!(" {text} "), style));
    }
    line
}

/// Draws the progress bar and the remaining time.
fn progress(buf: &mut Buffer, area: Rect, app: &App) {
    let (theme, snapshot) = (&app.look.theme, &app.snapshot);
    let done = snapshot.step as f64 / snapshot.steps.max(1) as f64;
    let left = snapshot.steps.saturating_sub(snapshot.step) as f64
        / f64::from(snapshot.steps_per_second.max(1e-6));
    let mut text = format!(" {:.0} %", done.min(1.0) * 100.0);
    if snapshot.status == Status::Running && snapshot.steps_per_second > 0.0 && left < 1e7 {
        text += &format!(", {} left", number::duration(left));
    }
    let width = (area.width as usize).saturating_sub(text.chars().count());
    let filled = (width as f64 * done.min(1.0)).round() as usize;
    Line::from(vec![
        Span::styled("━".repeat(filled), theme.on),
        Span::styled("─".repeat(width - filled), theme.rule),
        Span::styled(text, theme.dim),
    ])
    .render(area, buf);
}
