//! One layer over time: σ estimated and exact, the errors of the estimate, the ranks, the gradient.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::tui::{
    app::App,
    pane::curves::{self, Drawn, Sheet},
    plot::canvas::Ink,
};

/// Columns that a plot has at least, and rows.
const LEAST: (u16, u16) = (46, 9);

/// Draws as many plots as have room.
pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, key: &str) {
    let sheets = sheets(app, key);
    let gap = if framed { 0 } else { 1 };
    let across = (area.width / LEAST.0).clamp(1, 4) as usize;
    let down = (area.height / LEAST.1).clamp(1, 2) as usize;
    let across = across.min(sheets.len().div_ceil(down));
    let (width, height) = (area.width / across as u16, area.height / down as u16);
    for (i, sheet) in sheets.iter().take(across * down).enumerate() {
        let (column, row) = ((i % across) as u16, (i / across) as u16);
        let last = (column as usize + 1 == across, row as usize + 1 == down);
        let place = Rect {
            x: area.x + column * width,
            y: area.y + row * height,
            width: match last.0 {
                true => area.width - column * width,
                false => width - gap,
            },
            height: match last.1 {
                true => area.height - row * height,
                false => height,
            },
        };
        curves::sheet(buf, place, framed, app, sheet);
    }
}

/// The most telling first.
fn sheets<'a>(app: &App, key: &'a str) -> Vec<Sheet<'a>> {
    let theme = &app.look.theme;
    let drawn = |label, kind: &str, marker, style: Style| Drawn {
        label,
        name: format!("{kind}.{key}"),
        ink: Ink { style, marker },
        factor: 1.0,
    };
    let sheet = |name, log, curves| Sheet {
        name: (name, key),
        log,
        curves,
        nothing: "not measured yet",
    };
    vec![
        sheet(
            "σ",
            false,
            vec![
                drawn("estimate", "sigma", '*', theme.d),
                drawn("exact", "sigma_svd", 'o', theme.real),
            ],
        ),
        sheet(
            "error",
            true,
            vec![
                drawn("σ", "sigma_error", '*', theme.d),
                drawn("u", "cosine_error_u", 'o', theme.real),
                drawn("v", "cosine_error_v", '+', theme.g),
            ],
        ),
        sheet(
            "rank",
            false,
            vec![
                drawn("effective", "effective_rank", '*', theme.d),
                drawn("stable", "stable_rank", 'o', theme.real),
            ],
        ),
        sheet(
            "size",
            true,
            vec![
                drawn("‖W‖F", "weight_norm", '*', theme.d),
                drawn("‖∇W‖", "gradient_norm", 'o', theme.g),
            ],
        ),
    ]
}
