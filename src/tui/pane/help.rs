//! The help of the current view: its purpose and its own keys, its measures, all other keys, and the alarms. A search shows
//! what holds its words.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span, Text},
    widgets::{Block, BorderType, Clear, Paragraph, Widget, Wrap},
};

use super::{lanes, line};
use crate::tui::{
    app::{
        App,
        keys::{self, Group, KeyContext, Mode, When},
        targets::Target,
        view::View,
    },
    layout::top,
    line::command,
    words::{alarm, measures, signs},
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
    lines.saturating_sub(inner.1.saturating_sub(search_rows(app)))
}

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let place = place(area);
    let theme = &app.look.theme;
    Clear.render(place, buf);
    app.targets.add(area, Target::Cover);
    let more = app.help.unwrap_or(0) < last_line(area, app);
    let hint = if more { " ↓ more " } else { "" };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.rule)
        .title_top(super::title(&app.look, "help"))
        .title_bottom(Line::styled(hint, theme.key).right_aligned())
        .padding(ratatui::widgets::Padding::horizontal(1));
    let mut inner = block.inner(place);
    block.render(place, buf);
    if search_rows(app) > 0 {
        let (row, search) = (top(&mut inner, 1), &app.search);
        line::search(buf, row, &search.field, search.typing, theme);
    }
    Paragraph::new(text(app, inner.width))
        .wrap(Wrap { trim: false })
        .scroll((app.help.unwrap_or(0), 0))
        .render(inner, buf);
}

/// The number of rows for the words that are searched for.
fn search_rows(app: &App) -> u16 {
    u16::from(app.search.is_on())
}

fn wrapped(text: &Text, width: u16) -> u16 {
    text.lines
        .iter()
        .map(|line| line.width().div_ceil(width.max(1) as usize).max(1) as u16)
        .sum()
}

/// A part of the help: entries under a heading.
struct Section {
    heading: String,
    /// A paragraph below the heading.
    about: Option<&'static str>,
    entries: Vec<Entry>,
}

/// A name, what it means or does, and the style of the name.
struct Entry {
    name: String,
    meaning: &'static str,
    style: Style,
}

impl Section {
    fn new(heading: impl Into<String>, entries: Vec<Entry>) -> Self {
        Self {
            heading: heading.into(),
            about: None,
            entries,
        }
    }
}

/// Returns all sections: what the view is and its own keys, its measures, all other keys. Alarms come second while one is
/// active, and in the journal, which lists them.
fn sections(app: &App) -> Vec<Section> {
    let (style, view) = (app.look.theme.key, app.view);
    let own = Section {
        about: Some(measures::purpose(view)),
        ..Section::new(view.title(), keys_where(app, |row| is_own(row, view)))
    };
    let measures = measures::for_view(view).map(|measure| Entry {
        name: measure.name.to_owned(),
        meaning: measure.meaning,
        style,
    });
    let urgent = super::alarm::is_on(app) || view == View::Journal;
    let mut sections = vec![own];
    if urgent {
        sections.push(alarms(app));
    }
    sections.push(Section::new("What is shown", measures.collect()));
    let signs = signs::for_view(view).map(|sign| Entry {
        name: sign.seen(&app.look).to_owned(),
        meaning: sign.meaning,
        style: sign.style(&app.look),
    });
    sections.push(Section::new("Colours and signs", signs.collect()));
    if lanes::several(app) {
        sections.push(of_lanes(app));
    }
    for group in Group::ALL {
        let rows = keys_where(app, |row| row.group == group && !is_own(row, view));
        sections.push(Section::new(format!("Keys: {}", group.title()), rows));
    }
    let words = command::WORDS.iter().map(|word| Entry {
        name: format!("{} {}", word.name, word.takes)
            .trim_end()
            .to_owned(),
        meaning: word.about,
        style,
    });
    let change = Entry {
        name: "KEY=VALUE".to_owned(),
        meaning: "Change a setting, as --set does.",
        style,
    };
    let words = std::iter::once(change).chain(words).collect();
    sections.push(Section::new("The command line (:)", words));
    if !urgent {
        sections.push(alarms(app));
    }
    sections
}

/// Returns whether a key is for this view or a few, not for all.
fn is_own(row: &keys::Binding, view: View) -> bool {
    match row.when {
        When::Page(views) => views.len() < View::ALL.len() && views.contains(&view),
        When::Searchable => view == View::Journal,
        _ => false,
    }
}

/// Returns the keys that the help of the view lists, of those that are `wanted`.
fn keys_where(app: &App, wanted: impl Fn(&keys::Binding) -> bool) -> Vec<Entry> {
    let context = KeyContext {
        mode: Mode::Page,
        view: app.view,
    };
    let rows = Group::ALL
        .iter()
        .flat_map(|group| app.keys.in_group(*group));
    let listed = rows.filter(|row| row.when.is_in_help_of(context) && !row.keys.is_empty());
    let entries = listed.filter(|row| wanted(row)).map(|row| Entry {
        name: row.names(),
        meaning: row.action.description(),
        style: app.look.theme.key,
    });
    entries.collect()
}

fn alarms(app: &App) -> Section {
    let entries = alarm::ALL.map(|kind| Entry {
        name: alarm::name(kind).to_owned(),
        meaning: alarm::explanation(kind),
        style: app.look.theme.error,
    });
    Section::new("Alarms, and what to try", entries.into())
}

fn of_lanes(app: &App) -> Section {
    let mut entries: Vec<Entry> = lanes::all(app)
        .into_iter()
        .map(|lane| {
            let tint = lanes::lane_tint(&app.look, lane.id);
            let meaning = if lane.selected {
                "The selected lane, in front: its curves have the colours of their measures, and keys act on it."
            } else {
                "Behind it, in this tint or mark everywhere: curves, samples, values, alarms. In a chart of several \
                 measures the first curve is a line, the second has gaps, the third is dotted."
            };
            Entry {
                name: format!("{} {}", tint.sign(&app.look), lane.id),
                meaning,
                style: tint.style,
            }
        })
        .collect();
    entries.push(Entry {
        name: "b over ┊".to_owned(),
        meaning: "The step at which lane b was split off, with the letter at the top of the line. Letters of other lanes' \
                  changes have their tint.",
        style: app.look.theme.key,
    });
    Section::new("Lanes", entries)
}

/// Returns all lines, wrapped to the width, with an aligned second column: of everything, or of what is searched for.
fn text(app: &App, width: u16) -> Text<'static> {
    let mut lines = Vec::new();
    for section in sections(app) {
        let found = |entry: &&Entry| {
            let text = format!("{} {} {}", section.heading, entry.name, entry.meaning);
            app.search.finds(&text)
        };
        let entries: Vec<&Entry> = section.entries.iter().filter(found).collect();
        let about = section.about.filter(|_| !app.search.is_on());
        if entries.is_empty() && about.is_none() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(section.heading.clone(), app.look.theme.title));
        let about = about.map(|text| super::wrap(text, (width as usize).saturating_sub(2)));
        let about = about.into_iter().flatten();
        lines.extend(about.map(|row| Line::raw(format!("  {row}"))));
        for entry in entries {
            write(&mut lines, width, entry);
        }
    }
    if lines.is_empty() {
        lines.push(Line::raw("Nothing holds these words."));
    }
    Text::from(lines)
}

/// The width of the first column.
const NAME_WIDTH: usize = 18;

/// Adds an entry: a name, and its meaning in the second column.
fn write(lines: &mut Vec<Line<'static>>, width: u16, entry: &Entry) {
    let Entry {
        name,
        meaning,
        style,
    } = entry;
    let room = (width as usize).saturating_sub(NAME_WIDTH + 2).max(12);
    let rows = super::wrap(meaning, room);
    // A name that is too long for its column has its own line.
    let long = name.chars().count() >= NAME_WIDTH;
    if long {
        lines.push(Line::styled(format!("  {name}"), *style));
    }
    for (i, row) in rows.into_iter().enumerate() {
        let name = if i == 0 && !long { name } else { "" };
        lines.push(Line::from(vec![
            Span::styled(format!("  {name:<NAME_WIDTH$}"), *style),
            Span::raw(row),
        ]));
    }
}
