//! The table of measures and scores: a column for each lane or run, the difference, and the difference over steps.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::members::Members;
use crate::{
    model::Series,
    model::measures::{
        DISTANCES, SLOPES,
        table::{
            ACCURACY_FAKE, ACCURACY_REAL, D_FAKE, D_REAL, GRAD_D, GRAD_G, GRAD_X_MAX, GRAD_X_MEAN,
            LOSS_D, LOSS_G, SIGMA,
        },
    },
    model::scores::{
        CLASS_ENTROPY, CLASSIFIER_SCORE, DIVERSITY, FRECHET, HIGH_QUALITY, MODES, REVERSE_KL, SWD,
    },
    tui::{
        app::{App, view::layers::keys},
        look::theme::Depth,
        pane::{self, sparkline},
        plot::{
            Window,
            difference::{difference, held_means},
            steps::{Steps, span},
        },
        words::number,
    },
};

/// The width of the names of measures, in columns.
const NAME: usize = 13;
/// The width of a value, in columns.
const VALUE: usize = 9;
/// The width of the largest difference, right of the bars.
const LABEL: u16 = 10;
/// The minimum width of the bars beside that label.
const BARS: u16 = 20;

/// A measure: its name on the screen, and the name of its curve.
struct Row {
    name: String,
    curve: String,
    /// Whether the curve is itself a difference from lane a.
    is_distance: bool,
}

const MEASURES: [(&str, &str); 21] = [
    ("‖∇xD‖ mean", GRAD_X_MEAN.name),
    ("‖∇xD‖ max", GRAD_X_MAX.name),
    ("modes", MODES.name),
    ("high quality", HIGH_QUALITY.name),
    ("reverse KL", REVERSE_KL.name),
    ("diversity", DIVERSITY.name),
    ("swd", SWD.name),
    ("Fréchet", FRECHET.name),
    ("class. score", CLASSIFIER_SCORE.name),
    ("class entropy", CLASS_ENTROPY.name),
    ("D from a", DISTANCES[0].name),
    ("G from a", DISTANCES[1].name),
    ("samples", DISTANCES[2].name),
    ("loss D", LOSS_D.name),
    ("loss G", LOSS_G.name),
    ("D real", D_REAL.name),
    ("D fake", D_FAKE.name),
    ("accuracy real", ACCURACY_REAL.name),
    ("accuracy fake", ACCURACY_FAKE.name),
    ("‖∇θD‖", GRAD_D.name),
    ("‖∇θG‖", GRAD_G.name),
];

/// Returns the rows of all measures that one has.
fn rows(members: &Members) -> Vec<Row> {
    let measures = MEASURES.iter().map(|&(name, curve)| Row {
        name: name.to_owned(),
        curve: curve.to_owned(),
        is_distance: DISTANCES.iter().any(|measure| measure.name == curve),
    });
    let row = |name: &str, curve: String| Row {
        name: name.to_owned(),
        curve,
        is_distance: false,
    };
    let slopes = SLOPES.iter();
    let slopes = slopes.map(|slope| row("bound of ∇xD", slope.name.to_owned()));
    let mut layers: Vec<String> = Vec::new();
    for key in members.all.iter().flat_map(|member| keys(member.snapshot)) {
        if !layers.contains(&key) {
            layers.push(key);
        }
    }
    let sigmas = layers.iter();
    let sigmas = sigmas.map(|key| row(&format!("σ {key}"), SIGMA.of_layer(key)));
    let known = |row: &Row| {
        let mut members = members.all.iter();
        members.any(|member| member.history.get(&row.curve).is_some())
    };
    measures.chain(slopes).chain(sigmas).filter(known).collect()
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
    let remark = Line::styled(format!(" at step {} ", number::count(step)), at);
    let title = pane::title(look, "measures", &[]);
    let inner = pane::frame(buf, area, framed, look, title, remark);
    let rows = rows(members);
    let mut places = inner.rows();
    if let Some(place) = places.next() {
        pane::cut(head(app, members), place.width as usize).render(place, buf);
    }
    let shown = (inner.height as usize).saturating_sub(1);
    let last = last_first_row(area, framed, members);
    let first = app.views.compare.first.min(last);
    let mut hidden = rows.len().saturating_sub(first + shown);
    for (row, place) in rows.iter().skip(first).zip(places) {
        if hidden > 0 && place.bottom() == inner.bottom() {
            hidden += 1;
            let text = format!("… {hidden} more below: ↓");
            Line::styled(text, look.theme.dim).render(place, buf);
            continue;
        }
        draw(buf, place, app, members, row, step);
    }
}

/// Returns the last row with which the table may begin in an area.
pub(super) fn last_first_row(area: Rect, framed: bool, members: &Members) -> usize {
    let shown = pane::inside(area, framed).height as usize;
    rows(members).len().saturating_sub(shown.saturating_sub(1))
}

fn head(app: &App, members: &Members) -> Line<'static> {
    let theme = &app.look.theme;
    let many = members.all.len() > 2;
    let mut line = Line::from(" ".repeat(NAME));
    for member in &members.all {
        let title = member.title(many);
        line.push_span(" ".repeat((VALUE + 1).saturating_sub(title.width())));
        line.push_span(title);
    }
    let [from, of] = [0, members.compared].map(|at| &members.all[at]);
    let width = of.name.chars().count() + 3 + from.name.chars().count();
    line.push_span(" ".repeat((VALUE + 1).saturating_sub(width).max(1)));
    line.push_span(Span::styled(of.name.clone(), of.style));
    line.push_span(Span::styled(" − ", theme.dim));
    line.push_span(Span::styled(from.name.clone(), from.style));
    line.push_span(Span::styled(
        "  over steps, in the tint of the higher",
        theme.dim,
    ));
    line
}

fn draw(buf: &mut Buffer, place: Rect, app: &App, members: &Members, row: &Row, step: u64) {
    let theme = &app.look.theme;
    let name: String = row.name.chars().take(NAME).collect();
    let mut line = Line::from(Span::styled(format!("{name:<NAME$}"), theme.dim));
    let values: Vec<_> = members
        .all
        .iter()
        .map(|member| member.value(&row.curve, step))
        .collect();
    for value in &values {
        line.push_span(cell(*value, false, theme.error, theme.dim));
    }
    let apart = values[members.compared].zip(values[0]);
    let apart = apart.map(|(of, from)| of - from);
    line.push_span(cell(apart, true, theme.error, theme.dim));
    let used = (line.width() as u16 + 2).min(place.width);
    line.render(place, buf);
    let bars = Rect {
        x: place.x + used,
        width: place.width - used,
        ..place
    };
    draw_bars(buf, bars, app, members, row);
}

/// Returns a value, right-aligned.
fn cell(value: Option<f32>, signed: bool, error: Style, dim: Style) -> Span<'static> {
    let (text, style) = match value {
        None if signed => (String::new(), dim),
        None => ("–".to_owned(), dim),
        Some(value) if !value.is_finite() => (number::short(value), error),
        Some(value) if signed && value > 0.0 => {
            (format!("+{}", number::short(value)), Style::new())
        }
        Some(value) => (number::short(value), Style::new()),
    };
    Span::styled(format!(" {text:>VALUE$}"), style)
}

/// Returns the difference of two curves in each column from the later beginning on; of a distance, itself. `None` if there
/// is none.
fn apart(
    of: &Series,
    from: Option<&Series>,
    row: &Row,
    window: Window,
    width: u16,
) -> Option<Vec<Option<f32>>> {
    let own = span(of, window)?;
    if row.is_distance {
        let axis = Steps::over(own, window, width as usize);
        return Some(held_means(of, window, &axis));
    }
    let from = from?;
    let base = span(from, window)?;
    let both = (own.0.max(base.0), own.1.min(base.1));
    let axis = Steps::over(both, window, width as usize);
    Some(difference(from, of, window, &axis))
}

/// Draws the size of the difference over steps as bars. Each is in the tint of the lane or run that is higher.
fn draw_bars(buf: &mut Buffer, mut area: Rect, app: &App, members: &Members, row: &Row) {
    let look = &app.look;
    let [from, of] = [0, members.compared].map(|at| &members.all[at]);
    let Some(curve) = of.history.get(&row.curve) else {
        return;
    };
    let base = from.history.get(&row.curve);
    let labelled = area.width >= LABEL + BARS;
    let label = Rect {
        x: area.right().saturating_sub(LABEL),
        width: LABEL,
        ..area
    };
    if labelled {
        area.width -= LABEL;
    }
    let Some(apart) = apart(curve, base, row, app.window, area.width) else {
        return;
    };
    let most = apart
        .iter()
        .flatten()
        .fold(0.0_f32, |most, d| most.max(d.abs()));
    for (at, apart) in apart.iter().enumerate() {
        let Some(apart) = apart else { continue };
        let height = if most > 0.0 { apart.abs() / most } else { 0.0 };
        let style = match (*apart > 0.0, look.depth) {
            _ if *apart == 0.0 => look.theme.dim,
            (true, _) => of.style,
            (false, Depth::None) => look.theme.dim,
            (false, _) => from.style,
        };
        let level = (height * 7.0).round() as usize + 1;
        sparkline::bar(buf, area.x + at as u16, area, level, style);
    }
    if labelled {
        let text = format!(" ≤ {}", number::label(most));
        Line::styled(text, look.theme.dim).render(label, buf);
    }
}
