//! The charts of one layer: σ, the errors of its estimate, the ranks, the norms of weight and gradient, and the cosine
//! between its u and the next layer's v.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    model::measures::{
        exact::{
            COSINE_ERROR_U, COSINE_ERROR_V, COSINE_NEXT, EFFECTIVE_RANK, SIGMA_ERROR, SIGMA_SVD,
            STABLE_RANK,
        },
        table::{GRADIENT_NORM, SIGMA, WEIGHT_NORM},
    },
    tui::{
        app::App,
        pane::curves::{self, Chart, ChartCurve},
        plot::canvas::Ink,
    },
};

/// The minimum width and height of a chart, in cells.
const MIN_SIZE: (u16, u16) = (46, 9);

/// Draws as many charts as fit.
pub(super) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, key: &str) {
    let charts = charts(app, key);
    let gap = u16::from(!framed);
    let across = (area.width / MIN_SIZE.0).clamp(1, 4) as usize;
    let down = (area.height / MIN_SIZE.1).clamp(1, 2) as usize;
    let across = across.min(charts.len().div_ceil(down));
    let shown = charts.len().min(across * down);
    let height = area.height / down as u16;
    for (i, chart) in charts.iter().take(shown).enumerate() {
        let (column, row) = ((i % across) as u16, (i / across) as u16);
        // The charts of a row that is not full share its width.
        let in_row = across.min(shown - row as usize * across);
        let width = area.width / in_row as u16;
        let last = (column as usize + 1 == in_row, row as usize + 1 == down);
        let place = Rect {
            x: area.x + column * width,
            y: area.y + row * height,
            width: if last.0 {
                area.width - column * width
            } else {
                width - gap
            },
            height: if last.1 {
                area.height - row * height
            } else {
                height
            },
        };
        curves::render_chart(buf, place, framed, app, chart);
    }
}

/// Returns the charts, the most important first.
pub(in crate::tui::pane) fn charts<'a>(app: &App, key: &'a str) -> Vec<Chart<'a>> {
    let theme = &app.look.theme;
    let drawn =
        |label, name, marker, style: Style| ChartCurve::new(label, name, Ink { style, marker });
    // The estimate with which a step is made is that of the weights before its update.
    let moment = |label, short, name, marker, style| ChartCurve {
        short,
        ..drawn(label, name, marker, style)
    };
    let chart = |name, log, curves| Chart::new((name, name), log, curves, "not measured yet");
    let mut charts = vec![
        chart(
            "σ",
            false,
            vec![
                moment("est in step", "est", SIGMA.of_layer(key), '*', theme.d),
                moment(
                    "exact after",
                    "exact",
                    SIGMA_SVD.of_layer(key),
                    'o',
                    theme.real,
                ),
            ],
        ),
        chart(
            "error",
            true,
            vec![
                drawn("σ", SIGMA_ERROR.of_layer(key), '*', theme.d),
                drawn("u", COSINE_ERROR_U.of_layer(key), 'o', theme.real),
                drawn("v", COSINE_ERROR_V.of_layer(key), '+', theme.g),
            ],
        ),
        chart(
            "rank",
            false,
            vec![
                drawn("effective", EFFECTIVE_RANK.of_layer(key), '*', theme.d),
                drawn("stable", STABLE_RANK.of_layer(key), 'o', theme.real),
            ],
        ),
        chart(
            "size",
            true,
            vec![
                drawn("‖W‖F", WEIGHT_NORM.of_layer(key), '*', theme.d),
                drawn("‖∇W‖", GRADIENT_NORM.of_layer(key), 'o', theme.g),
            ],
        ),
    ];
    let cosine = COSINE_NEXT.of_layer(key);
    if app.history.get(&cosine).is_some() {
        let curve = drawn("u, next v", cosine, '*', theme.d);
        charts.push(chart("cosine", false, vec![curve]));
    }
    charts
}
