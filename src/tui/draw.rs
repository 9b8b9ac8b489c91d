//! Drawing of the whole screen.
//!
//! ```text
//! ┌──────────────────────────────────────────┐
//! │ status                                   │
//! │ tabs, progress                           │
//! ├───────────────────┬──────────────────────┤
//! │ loss              │ samples              │
//! ├───────────────────┤                      │
//! │ D's output        │                      │  the view: here the dashboard from 100×30 on
//! ├───────────────────┤                      │
//! │ gradient          │ scores               │
//! ├───────────────────┼──────────────────────┤
//! │ σ                 │ settings             │
//! ├───────────────────┴──────────────────────┤
//! │ alarm, while one is on                   │
//! │ message                                  │
//! │ keys                                     │
//! └──────────────────────────────────────────┘
//! ```
//!
//! On a smaller terminal the settings are lines under the status, and panes have a rule above them instead of a frame.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    app::{App, targets::Target, view::View},
    layout::{self, Pane, Screen},
    look::ascii,
    pane::{self, curves, samples::Cache},
};
use crate::{model::Status, text::is_unsafe};

/// Draws the screen from the state.
pub fn screen(buf: &mut Buffer, app: &App, cache: &mut Cache) {
    let area = buf.area;
    app.targets.clear();
    match (&app.snapshot.status, places(area, app)) {
        (_, None) => pane::small::render(buf, area, app),
        (Status::Failed(message), Some(places)) => {
            pane::failure::render(buf, above_keys(area, &places), app, message);
            pane::picker::render(buf, places.body, places.framed, app);
            if let (Some(area), Some(_)) = (places.message, app.message()) {
                pane::message::render(buf, area, app);
            }
            pane::keys::render(buf, places.keys, app);
        }
        (_, Some(places)) => page(buf, &places, app, cache),
    }
    if !app.look.unicode {
        ascii::replace_non_ascii(buf);
    }
    remove_unsafe(buf);
}

/// Removes unsafe characters from every cell. ratatui drops control characters, but appends characters without width to
/// the cell before, among them those that reverse the direction of text.
fn remove_unsafe(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if cell.symbol().contains(is_unsafe) {
            let safe = cell.symbol().replace(is_unsafe, "");
            cell.set_symbol(if safe.is_empty() { "\u{fffd}" } else { &safe });
        }
    }
}

/// Returns the last scroll position of the help on a screen of this size, in lines.
pub fn last_help_line(area: Rect, app: &App) -> u16 {
    match places(area, app) {
        Some(places) => pane::help::last_line(above_keys(area, &places), app),
        None => 0,
    }
}

/// Limits the scroll position of the view that compares to its rows on a screen of this size.
pub fn limit_comparison(area: Rect, app: &mut App) {
    let last = places(area, app).map_or(0, |places| {
        pane::compare::last_first_row(area_of_view(&places, app), places.framed, app)
    });
    app.views.compare.limit(last);
}

fn area_of_view(places: &Screen, app: &App) -> Rect {
    pane::demo::area_of_view(places.body, app)
}

fn places(area: Rect, app: &App) -> Option<Screen> {
    let message = pane::message::rows(app, area.width);
    layout::screen(area, pane::alarm::rows(app, area), message)
}

fn above_keys(area: Rect, places: &Screen) -> Rect {
    Rect {
        height: area.height - places.keys.height,
        ..area
    }
}

fn page(buf: &mut Buffer, places: &Screen, app: &App, cache: &mut Cache) {
    pane::status::render(buf, places.status, app);
    if let Some(area) = places.tabs {
        pane::tabs::render(buf, area, app);
    }
    pane::demo::render(buf, places.body, app);
    view(buf, area_of_view(places, app), places.framed, app, cache);
    pane::panel::render(buf, places.body, places.framed, app);
    pane::picker::render(buf, places.body, places.framed, app);
    if let Some(area) = places.alarm {
        pane::alarm::render(buf, area, app);
    }
    if app.help.is_some() {
        pane::help::render(buf, above_keys(buf.area, places), app);
    }
    let row = places.message.unwrap_or(places.keys);
    if app.line.is_some() {
        let above = Rect {
            height: row.y - buf.area.y,
            ..buf.area
        };
        pane::line::render(buf, row, above, app);
    } else if app.help.is_none() || places.message.is_none() {
        pane::message::render(buf, row, app);
    }
    if let Some(area) = places
        .message
        .filter(|_| app.line.is_none() && app.help.is_none())
    {
        pane::legend::render(buf, area, app);
    }
    // Without a line of its own, the message replaces the bar of keys.
    let free = app.line.is_none() && pane::message::line(app).is_none();
    if places.message.is_some() || free {
        pane::keys::render(buf, places.keys, app);
    }
}

fn view(buf: &mut Buffer, area: Rect, framed: bool, app: &App, cache: &mut Cache) {
    if let Some(reason) = app.view.inapplicable(&app.snapshot) {
        return pane::empty(buf, area, &app.look, reason);
    }
    match app.view {
        View::Dashboard => dashboard(buf, area, framed, app, cache),
        View::Layers => pane::layers::render(buf, area, framed, app),
        View::Spectrum => pane::spectrum::render(buf, area, framed, app),
        View::Samples => pane::gallery::render(buf, area, framed, app, cache),
        View::Plane => pane::plane::render(buf, area, framed, app),
        View::Journal => pane::journal::render(buf, area, framed, app),
        View::Compare => pane::compare::render_view(buf, area, framed, app),
    }
}

/// Returns the area of the focused pane, or of the view if it has no panes, on a screen of this size. `None` if the screen
/// is too small, or has no room for the pane beside the others.
pub(crate) fn pane_area(area: Rect, app: &App) -> Option<Rect> {
    let places = places(area, app)?;
    let view = area_of_view(&places, app);
    if app.view != View::Dashboard {
        return Some(view);
    }
    let focused = app.focus.unwrap_or_default();
    let panes = panes(view, places.framed, app);
    let found = panes.into_iter().find(|(pane, _)| *pane == focused);
    found.map(|(_, area)| area)
}

/// Returns the panes of the dashboard with their areas.
fn panes(area: Rect, framed: bool, app: &App) -> Vec<(Pane, Rect)> {
    match app.focus.filter(|_| app.full) {
        Some(pane) => vec![(pane, area)],
        None => {
            let layers = app.snapshot.settings.discriminator.layers.iter();
            let layers = layers.filter(|layer| layer.has_matrix()).count() as u16;
            let mut panes = layout::dashboard(area, framed, layers, |width| {
                pane::settings::rows(app, width, framed)
            });
            // Histograms that a person asked for come before the losses where there is room for one of them.
            if app.views.curves.histograms && panes.iter().all(|(pane, _)| *pane != Pane::Outputs) {
                let losses = panes.iter_mut().filter(|(pane, _)| *pane == Pane::Losses);
                losses.for_each(|(pane, _)| *pane = Pane::Outputs);
            }
            panes
        }
    }
}

fn dashboard(buf: &mut Buffer, area: Rect, framed: bool, app: &App, cache: &mut Cache) {
    app.views.curves.beside.borrow_mut().clear();
    for (pane, area) in panes(area, framed, app) {
        app.targets.add(area, Target::Pane(pane));
        match pane {
            Pane::Losses => curves::render(buf, area, framed, app, &curves::LOSSES),
            Pane::Outputs if app.views.curves.histograms => {
                pane::outputs::render(buf, area, framed, app);
            }
            Pane::Outputs => curves::render(buf, area, framed, app, &curves::OUTPUTS),
            Pane::Gradients => curves::render(buf, area, framed, app, &curves::GRADIENTS),
            Pane::Scores => curves::render(buf, area, framed, app, curves::scores(app)),
            Pane::Sigma => pane::sigma::render(buf, area, framed, app),
            Pane::Samples => pane::samples::render(buf, area, framed, app, cache),
            Pane::Settings => pane::settings::render(buf, area, framed, app),
        }
        if app.focus == Some(pane) && !app.full {
            pane::focus(buf, area, &app.look);
        }
    }
}
