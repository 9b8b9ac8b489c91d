//! The pane of σ of D's layers: the state of SN, the current estimate, the exact value if it is known, the estimates of other
//! lanes or watched runs, and the curve of the estimate. An estimate that is wrong is marked `!`, one that is stale or not in
//! use `~`: the exact value stands beside it. Estimates are those with which the last step was made, exact values those of
//! the weights after the step in the title. The curve of an estimate in doubt is pale. With a cursor they are those that were recorded up to its step.
//!
//! ```text
//! d.0 SN×1   1.023   1.024 b 1.015         ▁▂▃▄▅
//! d.2 off    3.302~  3.310 b 0.998~  0.997 ▂▁▁▃▂
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::{
    members::{Member, Members},
    sparkline,
};
use crate::{
    model::{
        History, Snapshot,
        measures::{exact::SIGMA_SVD, table::SIGMA},
    },
    tui::{
        app::App,
        plot::{self, columns::reading},
        words::{
            estimate::{Doubt, Sigma},
            number,
        },
    },
};

/// The minimum width at which exact values are shown if no estimate is doubtful.
const EXACT: u16 = 48;
/// The width of the state of SN and the estimate, in columns.
const ESTIMATE: usize = 14;
/// The width of an exact value, in columns.
const EXACT_VALUE: usize = 8;
/// The width of the estimate of another lane, in columns.
const LANE: usize = 10;
/// The minimum width of the curve beside estimates of other lanes, in columns.
const LEAST_GRAPH: usize = 7;

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let (look, theme) = (&app.look, &app.look.theme);
    let layers: Vec<(&str, Sigma)> = app
        .snapshot
        .measures
        .iter()
        .flat_map(|measures| &measures.sigma)
        .filter(|(key, _)| key.starts_with("d."))
        .map(|(key, _)| (key.as_str(), shown(app, &app.snapshot, &app.history, key)))
        .collect();
    let known = layers.iter().any(|(_, sigma)| sigma.exact.is_some());
    let doubted = layers.iter().any(|(_, sigma)| sigma.doubt.is_some());
    let exact = known && (doubted || area.width >= EXACT);
    let rows = area.height.saturating_sub(if framed { 2 } else { 1 });
    let hidden = layers.len().saturating_sub(rows as usize);
    let width = layers.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let text = width + ESTIMATE + if exact { EXACT_VALUE } else { 0 };
    let inside = super::inside(area, framed).width as usize;
    let members = Members::of(app).all;
    let others: Vec<Other> = members
        .iter()
        .filter(|member| !member.selected)
        .map(|member| Other::of(app, member, &layers))
        .collect();
    let mut room = inside.saturating_sub(text + LEAST_GRAPH);
    let fits = |other: &&Other| {
        let fits = other.width() <= room;
        room = room.saturating_sub(other.width());
        fits
    };
    let beside = others.iter().take_while(fits).count();
    let with_exact = members.iter().filter(|member| {
        let mut shown = others.iter().take(beside);
        if member.selected {
            exact
        } else {
            shown.any(|other| other.is_exact && std::ptr::eq(other.member, *member))
        }
    });
    let mut remark = Line::from(" ");
    match app.views.curves.cursor {
        None => remark.extend(super::exact::steps(look, "exact after", with_exact)),
        Some(step) => {
            let text = format!("at step {}", number::count(step));
            remark.push_span(Span::styled(text, theme.key));
            let known = |(key, _): &(&str, Sigma)| app.history.get(&SIGMA_SVD.of_layer(key));
            let known = layers.iter().find_map(known).filter(|_| exact);
            if let Some(exact) = known.and_then(|series| reading(series, step)) {
                let text = format!(", exact after {}", number::count(exact.steps.1));
                remark.push_span(Span::styled(text, theme.dim));
            }
        }
    }
    if app.window == plot::Window::Recent {
        remark.push_span(Span::styled(" recent", theme.dim));
    }
    remark.push_span(" ");
    let remark = if remark.width() > 2 {
        remark
    } else {
        Line::default()
    };
    let title = |(name, words)| {
        let mut title = super::title(look, name);
        if hidden > 0 {
            title.push_span(Span::styled(format!(" {hidden} {words} "), theme.dim));
        }
        if beside < others.len() {
            title.push_span(Span::styled(" without", theme.dim));
            for other in &others[beside..] {
                title.extend([Span::raw(" "), other.member.sign(look)]);
            }
            title.push_span(" ");
        }
        title
    };
    let names = ["σ of D's layers", "σ of D", "σ"];
    let names = names
        .iter()
        .flat_map(|name| [(*name, "more hidden"), (*name, "more")]);
    let mut titles: Vec<Line> = names.map(title).collect();
    let fits = |title: &Line| title.width() + remark.width() < inside;
    let fitting = titles.iter().position(fits).or_else(|| {
        let alone = |title: &Line| title.width() < inside;
        titles.iter().position(alone)
    });
    let title = titles.swap_remove(fitting.unwrap_or(titles.len() - 1));
    let inner = super::frame(buf, area, framed, look, title, remark);
    if layers.is_empty() {
        super::empty(buf, inner, look, "no step made yet");
        return;
    }
    let each = (inner.height as usize / layers.len()).clamp(1, 3) as u16;
    for (i, (key, sigma)) in layers.into_iter().enumerate() {
        let row = Rect {
            y: inner.y + i as u16 * each,
            height: each,
            ..inner
        };
        if row.bottom() > inner.bottom() {
            break;
        }
        let settings = app.snapshot.settings.spectral.layer(key);
        // The settings of the cursor's step are not known.
        let mark = if app.views.curves.cursor.is_some() {
            Span::raw("     ")
        } else if settings.enabled {
            Span::styled(format!("SN×{:<2}", settings.iterations), theme.on)
        } else {
            Span::styled("off  ", theme.dim)
        };
        let (estimate, style) = sigma.marked(theme);
        let mut line = Line::from(vec![
            Span::raw(format!("{key:<width$} ")),
            mark,
            Span::styled(format!("{estimate:>8}"), style),
        ]);
        if exact {
            let value = sigma.exact.map(|exact| number::short(exact as f32));
            line.push_span(format!("{:>7} ", value.unwrap_or_default()));
        } else if doubted && beside > 0 {
            line.push_span(" ");
        }
        for Other { member, is_exact } in others.iter().take(beside) {
            let sigma = shown(app, member.snapshot, member.history, key);
            let (value, _) = sigma.marked(theme);
            let style = match sigma.doubt {
                Some(Doubt::Impossible | Doubt::Far) => theme.error,
                Some(Doubt::Frozen | Doubt::Unused) => theme.dim,
                None => member.style,
            };
            line.push_span(member.sign(look));
            line.push_span(Span::styled(format!("{value:>8} "), style));
            if *is_exact {
                let value = sigma.exact.filter(|_| sigma.doubt.is_some());
                let value = value.map(|exact| number::short(exact as f32));
                line.push_span(format!("{:>7} ", value.unwrap_or_default()));
            }
        }
        let text = line.width() as u16;
        super::cut(line, row.width as usize).render(Rect { height: 1, ..row }, buf);
        if let Some(series) = app.history.get(&SIGMA.of_layer(key)) {
            let graph = Rect {
                x: row.x + text,
                width: row.width.saturating_sub(text),
                ..row
            };
            let style = sigma.doubt.map_or(theme.d, |_| theme.dim);
            sparkline::render(buf, graph, app, series, style);
        }
    }
}

/// Returns σ of a layer of a lane or run at the cursor's step, or after the last one.
fn shown(app: &App, snapshot: &Snapshot, history: &History, key: &str) -> Sigma {
    let Some(step) = app.views.curves.cursor else {
        return Sigma::of(snapshot, key);
    };
    let value = |name: String| {
        let series = history.get(&name)?;
        Some(f64::from(reading(series, step)?.value))
    };
    Sigma::recorded(value(SIGMA.of_layer(key)), value(SIGMA_SVD.of_layer(key)))
}

/// Another lane or run beside the selected one.
struct Other<'a> {
    member: &'a Member<'a>,
    /// Whether an exact value stands beside an estimate that is in doubt.
    is_exact: bool,
}

impl<'a> Other<'a> {
    fn of(app: &App, member: &'a Member<'a>, layers: &[(&str, Sigma)]) -> Self {
        let is_exact = layers.iter().any(|(key, _)| {
            let sigma = shown(app, member.snapshot, member.history, key);
            sigma.doubt.is_some() && sigma.exact.is_some()
        });
        Self { member, is_exact }
    }

    /// The width of its values, in columns.
    fn width(&self) -> usize {
        LANE + if self.is_exact { EXACT_VALUE } else { 0 }
    }
}
