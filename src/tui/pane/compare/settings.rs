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

/// The characters of a value that are always shown; more of them are where the line has room.
const LEAST: usize = 24;
/// The setting that says what a preset is for.
const ABOUT: &str = "about";

/// A setting: its name, then the value of each lane or run after its name.
pub(super) struct Row {
    name: Span<'static>,
    values: Vec<(Span<'static>, String)>,
}

impl Row {
    /// Returns its line with at most so many characters of each value.
    fn line(&self, longest: usize) -> Line<'static> {
        let mut line = Line::from(self.name.clone());
        for (whose, value) in &self.values {
            line.push_span("  ");
            line.push_span(whose.clone());
            line.push_span(match value.char_indices().nth(longest) {
                Some((end, _)) => format!(" {}…", &value[..end]),
                None => format!(" {value}"),
            });
        }
        line
    }

    /// Returns its line with as much of the values as a width has room for.
    fn fitted(&self, width: usize) -> Line<'static> {
        let lengths = self.values.iter().map(|(_, value)| value.chars().count());
        let longest = lengths.max().unwrap_or(0).min(width);
        let mut lines = (LEAST..=longest).rev().map(|longest| self.line(longest));
        let fitting = lines.find(|line| line.width() <= width);
        fitting.unwrap_or_else(|| self.line(LEAST))
    }
}

/// Returns a row for each setting that differs.
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

/// Returns the row of a setting.
fn row(app: &App, members: &Members, name: &str, values: &[String]) -> Row {
    let pairs = members.all.iter().zip(values);
    let pairs = pairs.map(|(member, value)| {
        let whose = Span::styled(member.name.clone(), member.style);
        (whose, value.clone())
    });
    Row {
        name: Span::styled(name.to_owned(), app.look.theme.dim),
        values: pairs.collect(),
    }
}

/// Returns the width of the longest line with whole values.
pub(super) fn width(rows: &[Row]) -> u16 {
    let lines = rows.iter().map(|row| row.line(usize::MAX).width());
    lines.max().unwrap_or(0).try_into().unwrap_or(u16::MAX)
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
            row.fitted(place.width as usize)
        };
        pane::cut(line, place.width as usize).render(*place, buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_only_cut_where_the_line_has_no_room() {
        let long = "a value of more than twenty-four characters";
        let row = Row {
            name: Span::raw("name"),
            values: vec![
                (Span::raw("a"), "short".to_owned()),
                (Span::raw("b"), long.to_owned()),
            ],
        };
        let whole = format!("name  a short  b {long}");
        let width = whole.len();
        assert_eq!(row.fitted(width).to_string(), whole);
        let cut = row.fitted(width - 5);
        assert_eq!(cut.width(), width - 5);
        assert!(cut.to_string().ends_with("char…"), "{cut}");
        assert_eq!(row.fitted(10).to_string(), row.line(LEAST).to_string());
        assert_eq!(usize::from(super::width(&[row])), width);
    }
}
