//! The table of measures and scores: a column for each lane or run, the difference, and the difference over steps.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::{
        Series,
        measures::{
            DISTANCES, SLOPES,
            table::{
                ACCURACY_FAKE, ACCURACY_REAL, D_FAKE, D_REAL, GRAD_D, GRAD_G, GRAD_X_MAX,
                GRAD_X_MEAN, LOSS_D, LOSS_G, SIGMA,
            },
        },
        scores::{
            CLASS_ENTROPY, CLASSIFIER_SCORE, DIVERSITY, FRECHET, HIGH_QUALITY, MODES, REVERSE_KL,
            SWD,
        },
    },
    tui::{
        app::{App, view::layers::keys},
        look::theme::{Depth, Theme},
        pane::{self, members::Members, sparkline},
        plot::{
            Window,
            held::held_means,
            steps::{Steps, span},
        },
        words::number,
    },
};

/// The width of the names of measures, in columns.
const NAME: usize = 13;
/// The widths of a value where there is room, and where there is not, in columns.
const VALUES: [usize; 2] = [9, 7];
/// The width of the largest difference, right of the bars.
const LABEL: u16 = 10;
/// The minimum width of the bars beside that label.
const BARS: u16 = 20;

/// A measure: its name on the screen, and the name of its curve.
pub(in crate::tui::pane) struct Row {
    name: String,
    pub curve: String,
    /// Whether the curve is itself a difference from lane a.
    pub is_distance: bool,
    is_count: bool,
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
pub(in crate::tui::pane) fn rows(members: &Members) -> Vec<Row> {
    let measures = MEASURES.iter().map(|&(name, curve)| Row {
        name: name.to_owned(),
        curve: curve.to_owned(),
        is_distance: DISTANCES.iter().any(|measure| measure.name == curve),
        is_count: curve == MODES.name,
    });
    let row = |name: &str, curve: String| Row {
        name: name.to_owned(),
        curve,
        is_distance: false,
        is_count: false,
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
    let title = pane::title(look, "measures");
    let inner = pane::frame(buf, area, framed, look, title, remark);
    let rows = rows(members);
    let needed = NAME + (members.all.len() + 1) * (VALUES[0] + 1) + BARS as usize;
    let value = VALUES[usize::from(needed > inner.width as usize)];
    let mut places = inner.rows();
    if let Some(place) = places.next() {
        pane::cut(head(app, members, value), place.width as usize).render(place, buf);
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
        draw(buf, place, app, members, row, (step, value));
    }
}

/// Returns the last row with which the table may begin in an area.
pub(super) fn last_first_row(area: Rect, framed: bool, members: &Members) -> usize {
    let shown = pane::inside(area, framed).height as usize;
    rows(members).len().saturating_sub(shown.saturating_sub(1))
}

fn head(app: &App, members: &Members, width: usize) -> Line<'static> {
    let theme = &app.look.theme;
    let many = members.all.len() > 2;
    let mut line = Line::from(" ".repeat(NAME));
    for member in &members.all {
        let title = member.title(many);
        line.push_span(" ".repeat((width + 1).saturating_sub(title.width())));
        line.push_span(title);
    }
    let [from, of] = [0, members.compared].map(|at| &members.all[at]);
    let names = of.name.chars().count() + 3 + from.name.chars().count();
    line.push_span(" ".repeat((width + 1).saturating_sub(names).max(1)));
    line.push_span(Span::styled(of.name.clone(), of.style));
    line.push_span(Span::styled(" − ", theme.dim));
    line.push_span(Span::styled(from.name.clone(), from.style));
    line.push_span(Span::styled("  over steps (tint: the higher)", theme.dim));
    line
}

/// Draws a row. The last argument is the step of the values, and their width in columns.
fn draw(
    buf: &mut Buffer,
    place: Rect,
    app: &App,
    members: &Members,
    row: &Row,
    (step, width): (u64, usize),
) {
    let theme = &app.look.theme;
    let cell = |value, signed| {
        let (text, style) = cell(value, signed, row.is_count, theme);
        Span::styled(format!(" {text:>width$}"), style)
    };
    let name: String = row.name.chars().take(NAME).collect();
    let mut line = Line::from(Span::styled(format!("{name:<NAME$}"), theme.dim));
    let values: Vec<_> = members
        .all
        .iter()
        .map(|member| member.value(&row.curve, step))
        .collect();
    for value in &values {
        line.push_span(cell(*value, false));
    }
    let apart = values[members.compared].zip(values[0]);
    let apart = apart.map(|(of, from)| of - from);
    line.push_span(cell(apart, true));
    let used = (line.width() as u16 + 2).min(place.width);
    line.render(place, buf);
    let bars = Rect {
        x: place.x + used,
        width: place.width - used,
        ..place
    };
    draw_bars(buf, bars, app, members, row);
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
    let apart = of.minus(from?);
    let axis = Steps::over(span(&apart, window)?, window, width as usize);
    Some(held_means(&apart, window, &axis))
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
        let eighths = (height * 7.0).round() as usize;
        let style = match (*apart > 0.0, look.depth) {
            _ if eighths == 0 => look.theme.dim,
            (true, _) => of.style,
            (false, Depth::None) => look.theme.dim,
            (false, _) => from.style,
        };
        sparkline::bar(buf, area.x + at as u16, area, eighths + 1, style);
    }
    if labelled {
        let text = format!(" ≤ {}", number::label(most));
        Line::styled(text, look.theme.dim).render(label, buf);
    }
}
