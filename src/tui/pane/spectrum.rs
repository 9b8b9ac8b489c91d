//! The view of singular values: those of the selected layer, scaled to a largest value of 1, with the pinned ones in the
//! background. Those of several lanes are over each other, each in the tint of its lane, those of the selected lane on top.
//! Beside them is the list of layers, and below them the chart of ranks, with that of the cosine between u and the next
//! layer's v where the layer has one.
//!
//! ```text
//! ┌──────────┬─────────────────┬─────────────────┐
//! │ layers   │ linear          │ logarithmic     │
//! │ d.0 ▇▅▃▂ │                 │                 │
//! │ d.2 ▇▂▁▁ ├─────────────────┴─────────────────┤
//! │          │ rank over time                    │
//! └──────────┴───────────────────────────────────┘
//! ```

mod falloff;
mod legend;
mod list;

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{
    curves::{self, Chart, ChartCurve},
    members::{Member, Members},
};
use crate::{
    model::{
        LayerSpectrum,
        measures::exact::{COSINE_NEXT, EFFECTIVE_RANK, STABLE_RANK},
    },
    tui::{
        app::App,
        layout,
        look::theme::Depth,
        plot::{canvas::Ink, kind::Kind},
    },
};

/// The width of the list of layers, and the minimum width of the view at which it is at the left.
const LIST: (u16, u16) = (36, 96);
/// The minimum width at which both a linear and a logarithmic plot are shown.
const BOTH: u16 = 84;
/// The minimum height at which the chart of ranks is shown, and the minimum height of the chart.
const RANKS: (u16, u16) = (22, 9);

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let look = &app.look;
    let key = app.views.spectrum.key(&app.snapshot);
    let spectra = app.snapshot.spectra.as_deref();
    let layer = spectra.and_then(|s| s.layers.iter().find(|l| Some(&l.key) == key.as_ref()));
    let (Some(spectra), Some(layer)) = (spectra, layer) else {
        let title = super::title(look, "spectrum");
        let inner = super::frame(buf, area, framed, look, title, Line::default());
        return super::empty(buf, inner, look, none(app));
    };
    let gap = u16::from(!framed);
    let mut rest = area;
    // Full screen shows only the singular values.
    let alone = app.full;
    if !alone && area.width >= LIST.1 {
        let place = Rect {
            width: LIST.0,
            ..area
        };
        list::render(buf, place, framed, app, &spectra.layers);
        rest.x += LIST.0 + gap;
        rest.width -= LIST.0 + gap;
    } else if !alone && area.height >= 14 {
        let rows = (spectra.layers.len() as u16 + 2).min(area.height / 3);
        let place = layout::top(&mut rest, rows);
        list::render(buf, place, framed, app, &spectra.layers);
    }
    if rest.height >= RANKS.0 && !alone {
        let height = RANKS.1.max(rest.height / 3);
        let mut place = layout::bottom(&mut rest, height);
        let cosine = COSINE_NEXT.of_layer(&layer.key);
        if place.width >= BOTH && app.history.get(&cosine).is_some() {
            let half = place.width / 2;
            let right = Rect {
                x: place.x + half,
                width: place.width - half,
                ..place
            };
            place.width = half - gap;
            render_cosine(buf, right, framed, app, cosine);
        }
        render_ranks(buf, place, framed, app, &layer.key);
    }
    if rest.width >= BOTH {
        let left = Rect {
            width: rest.width / 2 - gap,
            ..rest
        };
        let right = Rect {
            x: rest.x + rest.width / 2,
            width: rest.width - rest.width / 2,
            ..rest
        };
        render_values(buf, left, framed, app, layer, spectra.step, Kind::Linear);
        render_values(buf, right, framed, app, layer, spectra.step, Kind::Log);
    } else {
        let kind = app.views.curves.kind(false);
        render_values(buf, rest, framed, app, layer, spectra.step, kind);
    }
}

/// Returns why there are no spectra.
fn none(app: &App) -> &'static str {
    let over = app.snapshot.status.is_over();
    match (over, app.is_watching) {
        (true, _) => "this run recorded no spectra: see the setting spectra.every",
        (false, true) => "no spectra recorded yet",
        (false, false) => "no spectra yet",
    }
}

/// Returns the step and the spectrum of a layer in a lane or run, if it is known.
pub(super) fn layer_of<'a>(member: &Member<'a>, key: &str) -> Option<(u64, &'a LayerSpectrum)> {
    let spectra = member.snapshot.spectra.as_deref()?;
    let layer = spectra.layers.iter().find(|layer| layer.key == key)?;
    (!layer.singular_values.is_empty()).then_some((spectra.step, layer))
}

/// Draws a plot of singular values over their index.
fn render_values(
    buf: &mut Buffer,
    area: Rect,
    framed: bool,
    app: &App,
    layer: &LayerSpectrum,
    step: u64,
    kind: Kind,
) {
    let (look, theme) = (&app.look, &app.look.theme);
    let pinned = app.views.spectrum.pinned_layer(&layer.key);
    let members = Members::of(app);
    let several = members.all.len() > 1;
    let own = members.all.iter().find(|member| member.selected);
    let now = match own.filter(|_| several) {
        Some(own) => Ink {
            style: own.style,
            marker: own.mark,
        },
        None => Ink {
            style: theme.d,
            marker: '*',
        },
    };
    let before = Ink {
        style: theme.g,
        marker: 'o',
    };
    let mut curves = Vec::new();
    if let Some((_, layer)) = pinned {
        curves.push((&layer.singular_values[..], before));
    }
    for other in members.all.iter().filter(|member| !member.selected) {
        if let Some((_, layer)) = layer_of(other, &layer.key) {
            let ink = Ink {
                style: other.style,
                marker: other.mark,
            };
            curves.push((&layer.singular_values[..], ink));
        }
    }
    let remark = if kind == Kind::Log {
        " σᵢ/σ₁, log "
    } else {
        " σᵢ/σ₁ "
    };
    let remark = Line::styled(remark, theme.dim);
    let title = if several && !layer.singular_values.is_empty() {
        legend::of_members(app, &members, layer, area.width, remark.width())
    } else {
        legend::alone(app, layer, step)
    };
    let inner = super::frame(buf, area, framed, look, title, remark);
    if layer.singular_values.is_empty() {
        return super::empty(buf, inner, look, unknown(layer));
    }
    curves.push((&layer.singular_values[..], now));
    // Without colours braille would not tell lanes apart.
    let braille = look.unicode && (look.depth != Depth::None || !several);
    falloff::render(buf, inner, look, braille, kind, &curves);
}

/// Returns why the singular values of a layer are not known.
fn unknown(layer: &LayerSpectrum) -> &'static str {
    match layer.exact.sigma_svd {
        Some(_) => "singular values are not on disk",
        None => "the weight is not finite",
    }
}

/// Draws the chart of the cosine between u and the next layer's v.
fn render_cosine(buf: &mut Buffer, area: Rect, framed: bool, app: &App, name: String) {
    let ink = Ink {
        style: app.look.theme.d,
        marker: '*',
    };
    let mut curve = ChartCurve::new("u, next v", name, ink);
    curve.limits = Some((0.0, 1.0));
    let chart = Chart::new(("cosine", ""), false, vec![curve], "not measured yet");
    curves::render_chart(buf, area, framed, app, &chart);
}

/// Draws the chart of ranks.
fn render_ranks(buf: &mut Buffer, area: Rect, framed: bool, app: &App, key: &str) {
    let theme = &app.look.theme;
    let drawn = |label, name, marker, style| ChartCurve::new(label, name, Ink { style, marker });
    let curves = vec![
        drawn("effective", EFFECTIVE_RANK.of_layer(key), '*', theme.d),
        drawn("stable", STABLE_RANK.of_layer(key), 'o', theme.real),
    ];
    let chart = Chart::new(("rank", ""), false, curves, "not measured yet");
    curves::render_chart(buf, area, framed, app, &chart);
}
