//! The help of the current view: its purpose, its measures, its keys, and the alarms.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span, Text},
    widgets::{Block, BorderType, Clear, Paragraph, Widget, Wrap},
};

use super::lanes;
use crate::tui::{
    app::{
        App,
        keys::{self, Group, KeyContext, Mode},
        view::View,
    },
    line::command,
    words::{alarm, measures},
};

/// Returns the area of the help.
fn place(area: Rect) -> Rect {
    let (width, height) = (area.width.min(96), area.height);
    let margin = if area.height > 44 { 2 } else { 0 };
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + margin,
        width,
        height: height - 2 * margin,
    }
}

/// Returns the last scroll position, in lines.
pub(crate) fn last_line(area: Rect, app: &App) -> u16 {
    let place = place(area);
    let inner = (
        place.width.saturating_sub(4),
        place.height.saturating_sub(2),
    );
    let lines = wrapped(&text(app, inner.0), inner.0);
    lines.saturating_sub(inner.1)
}

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let place = place(area);
    let theme = &app.look.theme;
    Clear.render(place, buf);
    let more = app.help.unwrap_or(0) < last_line(area, app);
    let hint = if more { " ↓ more " } else { "" };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.rule)
        .title_top(super::title(&app.look, "help"))
        .title_bottom(Line::styled(hint, theme.key).right_aligned())
        .padding(ratatui::widgets::Padding::horizontal(1));
    let inner = block.inner(place);
    block.render(place, buf);
    Paragraph::new(text(app, inner.width))
        .wrap(Wrap { trim: false })
        .scroll((app.help.unwrap_or(0), 0))
        .render(inner, buf);
}

fn wrapped(text: &Text, width: u16) -> u16 {
    text.lines
        .iter()
        .map(|line| line.width().div_ceil(width.max(1) as usize).max(1) as u16)
        .sum()
}

/// Returns all lines, wrapped to the width, with an aligned second column.
fn text(app: &App, width: u16) -> Text<'static> {
    let theme = &app.look.theme;
    let mut lines = Vec::new();
    let heading = |lines: &mut Vec<Line<'static>>, title: &str| {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(title.to_owned(), theme.title));
    };
    heading(&mut lines, app.view.title());
    for text in super::wrap(
        measures::purpose(app.view),
        (width as usize).saturating_sub(2),
    ) {
        lines.push(Line::raw(format!("  {text}")));
    }
    for measure in measures::for_view(app.view) {
        entry(&mut lines, width, measure.name, measure.meaning, theme.key);
    }
    if lanes::several(app) {
        heading(&mut lines, "Lanes");
        for lane in lanes::all(app) {
            let tint = lanes::lane_tint(&app.look, lane.id);
            let meaning = if lane.selected {
                "The selected lane, in front: its curves have the colours of their measures, and keys act on it."
            } else {
                "Behind it, in this tint or mark everywhere: curves, samples, values, alarms. In a chart of several \
                 measures the first curve is a line, the second has gaps, the third is dotted."
            };
            let name = format!("{} {}", tint.sign(&app.look), lane.id);
            entry(&mut lines, width, &name, meaning, tint.style);
        }
        let meaning = "The step at which lane b was split off, with the letter at the top of the line. Letters of other \
                       lanes' changes have their tint.";
        entry(&mut lines, width, "b over ┊", meaning, theme.key);
    }
    let alarms = |lines: &mut Vec<Line<'static>>| {
        heading(lines, "Alarms, and what to try");
        for kind in alarm::ALL {
            let (name, explanation) = (alarm::name(kind), alarm::explanation(kind));
            entry(lines, width, name, explanation, theme.error);
        }
    };
    // Alarms come first while one is active, and in the journal, which lists them.
    let urgent = super::alarm::is_on(app) || app.view == View::Journal;
    if urgent {
        alarms(&mut lines);
    }
    let context = KeyContext {
        mode: Mode::Page,
        view: app.view,
    };
    for group in Group::ALL {
        let rows = app.keys.in_group(group);
        let listed = |row: &&keys::Binding| row.when.is_in_help_of(context) && !row.keys.is_empty();
        let rows: Vec<&keys::Binding> = rows.filter(listed).collect();
        if rows.is_empty() {
            continue;
        }
        heading(&mut lines, &format!("Keys: {}", group.title()));
        for row in rows {
            let does = row.action.description();
            entry(&mut lines, width, &row.names(), does, theme.key);
        }
    }
    heading(&mut lines, "The command line (:)");
    entry(
        &mut lines,
        width,
        "KEY=VALUE",
        "Change a setting, as --set does.",
        theme.key,
    );
    for word in command::WORDS {
        let name = format!("{} {}", word.name, word.takes);
        entry(&mut lines, width, name.trim_end(), word.about, theme.key);
    }
    if !urgent {
        alarms(&mut lines);
    }
    Text::from(lines)
}

/// The width of the first column.
const NAME_WIDTH: usize = 18;

/// Adds an entry: a name, and its meaning in the second column.
fn entry(lines: &mut Vec<Line<'static>>, width: u16, name: &str, meaning: &str, style: Style) {
    let room = (width as usize).saturating_sub(NAME_WIDTH + 2).max(12);
    let rows = super::wrap(meaning, room);
    // A name that is too long for its column has its own line.
    let long = name.chars().count() >= NAME_WIDTH;
    if long {
        lines.push(Line::styled(format!("  {name}"), style));
    }
    for (i, row) in rows.into_iter().enumerate() {
        let name = if i == 0 && !long { name } else { "" };
        lines.push(Line::from(vec![
            Span::styled(format!("  {name:<NAME_WIDTH$}"), style),
            Span::raw(row),
        ]));
    }
}
