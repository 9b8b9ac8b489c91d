//! The whole screen, drawn from the state.
//!
//! From 100×30 on:
//!
//! ```text
//! ┌──────────────────────────────────────────┐
//! │ status                                   │
//! │ progress                                 │
//! ├───────────────────┬──────────────────────┤
//! │ loss              │ samples              │
//! ├───────────────────┤                      │
//! │ gradient          │                      │
//! ├───────────────────┼──────────────────────┤
//! │ σ                 │ settings             │
//! ├───────────────────┴──────────────────────┤
//! │ message                                  │
//! │ keys                                     │
//! └──────────────────────────────────────────┘
//! ```
//!
//! Below that, the settings are lines under the status, and panes have a rule above them instead of a frame.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    app::App,
    ascii,
    layout::{self, Panes},
    pane::{self, samples::Cache},
};
use crate::run::Status;

/// Draws everything.
pub fn screen(buf: &mut Buffer, app: &App, cache: &mut Cache) {
    let area = buf.area;
    let panes = places(area, app);
    match (&app.snapshot.status, panes) {
        (_, None) => pane::small::render(buf, area, app),
        (Status::Failed(message), Some(panes)) => {
            pane::failure::render(buf, above_keys(area, &panes), app, message);
            pane::keys::render(buf, panes.keys, app);
        }
        (_, Some(panes)) => page(buf, &panes, app, cache),
    }
    if !app.look.unicode {
        ascii::only(buf);
    }
}

/// The last line that help can be scrolled to on a screen of this size.
pub fn last_help_line(area: Rect, app: &App) -> u16 {
    match places(area, app) {
        Some(panes) => pane::help::last_line(above_keys(area, &panes), app),
        None => 0,
    }
}

fn places(area: Rect, app: &App) -> Option<Panes> {
    let layers = app.snapshot.settings.discriminator.layers.iter();
    let layers = layers.filter(|layer| layer.has_matrix()).count() as u16;
    let framed = layout::framed(area);
    layout::page(area, layers, |width| {
        pane::settings::rows(app, width, framed)
    })
}

fn above_keys(area: Rect, panes: &Panes) -> Rect {
    Rect {
        height: area.height - panes.keys.height,
        ..area
    }
}

fn page(buf: &mut Buffer, panes: &Panes, app: &App, cache: &mut Cache) {
    let framed = panes.framed;
    pane::status::render(buf, panes.status, app);
    pane::losses::render(buf, panes.losses, framed, app);
    if let Some(area) = panes.gradients {
        pane::gradients::render(buf, area, framed, app);
    }
    if let Some(area) = panes.sigma {
        pane::sigma::render(buf, area, framed, app);
    }
    if let Some(area) = panes.samples {
        pane::samples::render(buf, area, framed, app, cache);
    }
    if let Some(area) = panes.settings {
        pane::settings::render(buf, area, framed, app);
    }
    if app.help.is_some() {
        pane::help::render(buf, above_keys(buf.area, panes), app);
    }
    // Where the message has no line of its own, it takes that of the keys.
    match (panes.message, pane::message::line(app)) {
        (Some(area), _) if app.help.is_none() => pane::message::render(buf, area, app),
        (None, Some(_)) => return pane::message::render(buf, panes.keys, app),
        _ => {}
    }
    pane::keys::render(buf, panes.keys, app);
}
