//! The line of tabs: the views, and the progress of the run.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::tui::{
    app::{App, targets::Target, view::View},
    words::number,
};

/// The minimum width of the progress bar, in columns.
const MIN_BAR: u16 = 24;

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let width = area.width as usize;
    let left = text(app);
    // Progress and time left always show; the names of the other views make room for them.
    let lines = [(true, true), (true, false), (false, true), (false, false)];
    let lines = lines.map(|(all, spaced)| tabs(app, all, spaced));
    let fitting = lines
        .iter()
        .find(|line| line.width() + 1 + left.width() <= width);
    let line = fitting.unwrap_or(&lines[3]);
    add_targets(area, app, line);
    let used = (line.width() as u16 + 2).min(area.width);
    line.render(area, buf);
    let rest = Rect {
        x: area.x + used,
        width: area.width - used,
        ..area
    };
    if rest.width >= MIN_BAR {
        progress(buf, rest, app, left);
    } else {
        left.right_aligned().render(area, buf);
    }
}

/// Adds the tabs as targets.
fn add_targets(area: Rect, app: &App, line: &Line) {
    let mut views = View::ALL.into_iter().peekable();
    let mut x = area.x;
    for span in &line.spans {
        let place = Rect {
            x,
            width: span.width() as u16,
            ..area
        };
        x += place.width;
        // A blank alone parts two tabs.
        let view = views.next_if(|_| !span.content.trim().is_empty());
        if let Some(view) = view {
            app.targets
                .add(place.intersection(area), Target::View(view));
        }
    }
}

/// Returns the names of all views, or only that of the current view, with blanks around them or one between them.
fn tabs(app: &App, all: bool, spaced: bool) -> Line<'static> {
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
        let text = if spaced { format!(" {text} ") } else { text };
        if !spaced && !line.spans.is_empty() {
            line.push_span(" ");
        }
        line.push_span(Span::styled(text, style));
    }
    line
}

/// The share of the steps that are made.
fn done(app: &App) -> f64 {
    let snapshot = &app.snapshot;
    (snapshot.step as f64 / snapshot.steps.max(1) as f64).min(1.0)
}

/// Returns the progress and the time left in words.
fn text(app: &App) -> Line<'static> {
    let mut text = format!("{:.0} %", (done(app) * 100.0).floor());
    if let Some(left) = app.seconds_left() {
        text += &format!(", {} left", number::duration(left));
    }
    // A styled line would colour all of its row.
    Line::from(Span::styled(text, app.look.theme.dim))
}

/// Draws the progress bar, and `text` after it.
fn progress(buf: &mut Buffer, area: Rect, app: &App, text: Line) {
    let theme = &app.look.theme;
    let width = (area.width as usize).saturating_sub(text.width() + 1);
    let filled = (width as f64 * done(app)).round() as usize;
    Line::from(vec![
        Span::styled("━".repeat(filled), theme.on),
        Span::styled("─".repeat(width - filled), theme.rule),
    ])
    .render(area, buf);
    text.right_aligned().render(area, buf);
}
