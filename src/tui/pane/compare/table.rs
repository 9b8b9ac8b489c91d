//! The table of measures and scores: a column for each lane or run, the difference, the step of values that are older than
//! the others, and the difference over steps.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{
    bars::{self, Greatest},
    rows::rows,
    values::Compared,
};
use crate::tui::{
    app::App,
    look::theme::Theme,
    pane::{
        self,
        members::{Member, Members},
    },
    plot::{columns::Reading, steps::Steps},
    words::number,
};

/// The width of the names of measures, in columns.
const NAME: usize = 13;
/// The widths of a value where there is room, and where there is not, in columns.
const VALUES: [usize; 2] = [9, 7];
/// The gap before the bars.
const GAP: usize = 2;
/// The head of the greatest difference, right of the bars.
const GREATEST: &str = "max |Δ|";
/// The width of the greatest difference, in columns.
const LABEL: u16 = 10;
/// The minimum width of the bars beside it.
const BARS: u16 = 16;

/// The widths of the columns.
#[derive(Clone, Copy)]
struct Columns {
    value: usize,
    difference: usize,
    /// Whether the head of the difference has names, not only signs.
    is_named: bool,
    /// The steps of older values; 0 if there are none, or no room for them: then their values are dim.
    steps: usize,
}

impl Columns {
    /// Returns the widest columns beside which the bars have room, or else the narrowest ones.
    fn of(width: usize, members: &Members, steps: usize) -> Self {
        let many = members.all.len() > 2;
        let titles = members.all.iter().map(|member| member.title(many).width());
        let title = titles.max().unwrap_or(0);
        let names = apart(members, true).width();
        let columns = |value: usize, difference: usize| Self {
            value,
            difference,
            is_named: names <= difference,
            steps,
        };
        let [wide, narrow] = VALUES;
        let all = [
            columns(wide.max(title), wide.max(names)),
            columns(wide.max(title), wide),
            columns(wide, wide),
        ];
        let needed = |c: &Self| c.width(members) + usize::from(BARS + LABEL);
        let fitting = all.into_iter().find(|c| needed(c) <= width);
        let narrowest = columns(narrow, narrow);
        let least = match narrowest.width(members) - GAP {
            cut if cut > width => Self {
                steps: 0,
                ..narrowest
            },
            _ => narrowest,
        };
        fitting.unwrap_or(least)
    }

    /// The width of all columns, and the gap before the bars.
    fn width(&self, members: &Members) -> usize {
        let steps = match self.steps {
            0 => 0,
            steps => steps + 1,
        };
        NAME + members.all.len() * (self.value + 1) + self.difference + 1 + steps + GAP
    }
}

/// Draws the table.
pub(super) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, members: &Members) {
    let look = &app.look;
    let step = members.step(app);
    let at = if app.views.curves.cursor.is_some() {
        look.theme.key
    } else {
        look.theme.dim
    };
    let rows = rows(members).into_iter();
    let rows: Vec<Compared> = rows.map(|row| Compared::of(members, row, step)).collect();
    let steps: Vec<String> = rows.iter().map(|row| row.steps(members, step)).collect();
    let widest = steps.iter().map(|text| text.chars().count()).max();
    let widest = widest.unwrap_or(0);
    let width = pane::inside(area, framed).width;
    let columns = Columns::of(width.into(), members, widest);
    let title = pane::title(look, "measures");
    let remark = |text: &str| Line::styled(format!(" {text}at step {} ", number::count(step)), at);
    let long = remark("dim: other steps, ");
    let room = (area.width as usize).saturating_sub(title.width() + 3);
    let remark = if columns.steps < widest && long.width() < room {
        long
    } else {
        remark("")
    };
    let inner = pane::frame(buf, area, framed, look, title, remark);
    let used = (columns.width(members) as u16).min(inner.width);
    let mut bars = Rect {
        x: inner.x + used,
        width: inner.width - used,
        ..inner
    };
    let is_labelled = bars.width >= LABEL + BARS;
    bars.width -= if is_labelled { LABEL } else { 0 };
    let axis = bars::axis(&rows, app.window, bars.width);
    let mut places = inner.rows();
    if let Some(place) = places.next() {
        let mut line = head(app, members, columns);
        if let Some(axis) = axis.filter(|_| bars.width > 0) {
            line.push_span("  ");
            line.push_span(over_bars(app, members, axis, bars.width.into()));
        }
        if is_labelled {
            line.push_span(Span::styled(format!(" {GREATEST}"), look.theme.dim));
        }
        pane::cut(line, place.width as usize).render(place, buf);
    }
    let shown = (inner.height as usize).saturating_sub(1);
    let first = app.views.compare.first;
    let first = first.min(last_first_row(area, framed, members));
    let mut hidden = rows.len().saturating_sub(first + shown);
    for ((row, steps), place) in rows.iter().zip(&steps).skip(first).zip(places) {
        if hidden > 0 && place.bottom() == inner.bottom() {
            hidden += 1;
            let text = format!("… {hidden} more below: ↓");
            Line::styled(text, look.theme.dim).render(place, buf);
            continue;
        }
        let line = values(app, row, (steps, step), columns);
        pane::cut(line, used.into()).render(place, buf);
        let Some((axis, _)) = &axis else { continue };
        let at = |x: u16, width: u16| Rect { x, width, ..place };
        bars::render(buf, at(bars.x, bars.width), app, members, row, axis);
        let greatest = is_labelled
            .then(|| bars::greatest(row, app.window))
            .flatten();
        if let Some(Greatest { size, is_least }) = greatest {
            let sign = if is_least { "≥ " } else { "" };
            let text = format!(" {sign}{}", number::label(size));
            Line::styled(text, look.theme.dim).render(at(bars.right(), LABEL), buf);
        }
    }
}

/// Returns the last row with which the table may begin in an area.
pub(super) fn last_first_row(area: Rect, framed: bool, members: &Members) -> usize {
    let shown = pane::inside(area, framed).height as usize;
    rows(members).len().saturating_sub(shown.saturating_sub(1))
}

/// Returns what the difference is of, in names or in signs.
fn apart(members: &Members, is_named: bool) -> Line<'static> {
    let name = |member: &Member| {
        let text = if is_named {
            member.name.clone()
        } else {
            member.letter().to_string()
        };
        Span::styled(text, member.style)
    };
    let [from, of] = [0, members.compared].map(|at| name(&members.all[at]));
    Line::from(vec![of, Span::raw(" − "), from])
}

/// Returns the head of the columns left of the bars, as wide as they are.
fn head(app: &App, members: &Members, columns: Columns) -> Line<'static> {
    let many = members.all.len() > 2;
    let mut line = Line::from(" ".repeat(NAME));
    let mut push = |cell: Line<'static>, width: usize| {
        let cell = pane::cut(cell, width);
        line.push_span(" ".repeat(width + 1 - cell.width()));
        line.extend(cell);
    };
    for member in &members.all {
        push(Line::from(member.title(many)), columns.value);
    }
    push(apart(members, columns.is_named), columns.difference);
    if columns.steps > 0 {
        let text = if columns.steps < 4 { "" } else { "step" };
        push(Line::styled(text, app.look.theme.dim), columns.steps);
    }
    line
}

/// Returns the steps at the ends of the bars, and between them how a bar tells which is higher, where there is room, in
/// `width` columns.
fn over_bars(
    app: &App,
    members: &Members,
    (axis, last): (Steps, u64),
    width: usize,
) -> Span<'static> {
    // The last column may reach beyond the last step.
    let across = axis.dot(last).map_or(width, |column| column + 1);
    let [first, last] = [axis.first, last].map(number::count);
    let legend = bars::legend(&app.look, members);
    let ends = [format!("step {first}"), first];
    let whole = ends
        .iter()
        .flat_map(|first| [(first, legend.as_str()), (first, "")]);
    let mut fitting = whole.filter_map(|(first, legend)| {
        let used = [first.as_str(), legend, &last].map(|text| text.chars().count());
        let room = across.checked_sub(used.iter().sum())?;
        let least = if legend.is_empty() { 1 } else { 4 };
        (room >= least).then(|| {
            let left = " ".repeat(room / 2);
            let right = " ".repeat(room - room / 2);
            format!("{first}{left}{legend}{right}{last}")
        })
    });
    let text = fitting.next().unwrap_or_default();
    Span::styled(format!("{text:<width$}"), app.look.theme.dim)
}

/// Returns a row left of the bars, with the text of the steps of values that are not of `step`.
fn values(
    app: &App,
    row: &Compared,
    (steps, step): (&str, u64),
    columns: Columns,
) -> Line<'static> {
    let theme = &app.look.theme;
    let is_count = row.row.is_count;
    let name: String = row.row.name.chars().take(NAME).collect();
    let mut line = Line::from(Span::styled(format!("{name:<NAME$}"), theme.dim));
    let mut push = |(text, style): (String, Style), width: usize| {
        line.push_span(Span::styled(format!(" {text:>width$}"), style));
    };
    let dimmed = |(text, style): (String, Style), reading: &Option<Reading>| {
        let is_other = reading.is_some_and(|it| it.steps != (step, step) && it.value.is_finite());
        match columns.steps {
            // Unlike `dim`, this style is dim without colours too.
            0 if is_other => (text, theme.rule),
            _ => (text, style),
        }
    };
    for reading in &row.values {
        let value = reading.map(|reading| reading.value);
        push(
            dimmed(cell(value, false, is_count, theme), reading),
            columns.value,
        );
    }
    let value = row.difference.map(|reading| reading.value);
    push(
        dimmed(cell(value, true, is_count, theme), &row.difference),
        columns.difference,
    );
    if columns.steps > 0 {
        push((steps.to_owned(), theme.dim), columns.steps);
    }
    line
}

/// Returns the text of a value or of a difference, and its style.
fn cell(value: Option<f32>, signed: bool, is_count: bool, theme: &Theme) -> (String, Style) {
    let Some(value) = value else {
        return (if signed { "" } else { "–" }.to_owned(), theme.dim);
    };
    let text = if is_count {
        number::label(value)
    } else {
        number::short(value)
    };
    let sign = if signed && value > 0.0 { "+" } else { "" };
    let style = if value.is_finite() {
        Style::new()
    } else {
        theme.error
    };
    (format!("{sign}{text}"), style)
}
