//! The settings in which lanes or runs differ.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    preset::{
        number::brief,
        setting::{Setting, knobs, values},
    },
    tui::{
        app::App,
        pane::{
            self,
            members::{Member, Members},
        },
        settings::entry::spoken,
    },
};

/// The characters of a value that are shown.
const LONGEST: usize = 24;
/// The setting that says what a preset is for.
const ABOUT: &str = "about";

/// A line of a setting: its name, then the value of each.
pub(super) type Row = Line<'static>;

/// Returns a line for each setting that differs.
pub(super) fn rows(app: &App, members: &Members) -> Vec<Row> {
    let differing = differing(members).into_iter();
    differing
        .map(|(name, values)| row(app, members, name, &values))
        .collect()
}

/// Returns the settings that differ, each with the value of each lane or run.
pub(in crate::tui::pane) fn differing(members: &Members) -> Vec<(&'static str, Vec<String>)> {
    let of = |member: &Member| -> Vec<(&'static Setting, String)> {
        let preset = &member.snapshot.settings;
        if members.are_runs {
            let all = values(preset).into_iter();
            all.filter(|(setting, _)| setting.path != ABOUT)
                .map(|(setting, value)| (setting, brief(&value)))
                .collect()
        } else {
            knobs(preset)
        }
    };
    let settings: Vec<_> = members.all.iter().map(of).collect();
    let mut rows = Vec::new();
    if members.are_runs {
        let presets: Vec<String> = members
            .all
            .iter()
            .map(|m| m.snapshot.name.clone())
            .collect();
        let seeds = members.all.iter().map(|m| m.snapshot.seed.to_string());
        rows.push(("preset", presets));
        rows.push(("seed", seeds.collect()));
    }
    let mut known: Vec<&'static Setting> = Vec::new();
    for (setting, _) in settings.iter().flatten() {
        if !known.iter().any(|other| other.path == setting.path) {
            known.push(setting);
        }
    }
    for setting in known {
        let value = |of: &Vec<(&'static Setting, String)>| {
            let found = of.iter().find(|(known, _)| known.path == setting.path);
            found.map_or_else(|| "–".to_owned(), |(_, value)| spoken(setting.path, value))
        };
        let values: Vec<String> = settings.iter().map(value).collect();
        rows.push((setting.name, values));
    }
    rows.retain(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1]));
    rows
}

/// Returns the line of a setting.
fn row(app: &App, members: &Members, name: &str, values: &[String]) -> Row {
    let mut line = Line::from(Span::styled(name.to_owned(), app.look.theme.dim));
    for (member, value) in members.all.iter().zip(values) {
        let value = match value.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &value[..end]),
            None => value.clone(),
        };
        line.push_span("  ");
        line.push_span(Span::styled(member.name.clone(), member.style));
        line.push_span(format!(" {value}"));
    }
    line
}

/// Returns the width of the longest line.
pub(super) fn width(rows: &[Row]) -> u16 {
    rows.iter().map(Line::width).max().unwrap_or(0) as u16
}

/// Draws the pane.
pub(super) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, rows: &[Row]) {
    let look = &app.look;
    let title = pane::title(look, "settings that differ");
    let inner = pane::frame(buf, area, framed, look, title, Line::default());
    if rows.is_empty() {
        return pane::empty(buf, inner, look, "none: all have the same settings");
    }
    let places = inner.rows().collect::<Vec<_>>();
    for (at, (row, place)) in rows.iter().zip(&places).enumerate() {
        let hidden = rows.len() - at;
        let line = if at + 1 == places.len() && hidden > 1 {
            Line::styled(format!("… and {hidden} more"), look.theme.dim)
        } else {
            row.clone()
        };
        pane::cut(line, place.width as usize).render(*place, buf);
    }
}
