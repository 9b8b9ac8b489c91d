//! How steep D is on what G makes, and how strongly D's parameters are pulled. They span decades: the axis is
//! logarithmic.

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{app::App, canvas::Ink, plot::Plot, scale::Kind};

pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let (look, theme) = (&app.look, &app.look.theme);
    let measures = app.snapshot.measures.as_deref();
    let values = [
        ("‖∇xD‖", measures.and_then(|m| m.grad_x_mean), theme.g),
        ("‖∇θD‖", measures.map(|m| m.grad_d), theme.d),
    ];
    let inks = [('*', theme.d, "grad_d"), ('o', theme.g, "grad_x_mean")];
    let plot = Plot {
        kind: Kind::Log,
        window: app.window,
        curves: inks
            .into_iter()
            .filter_map(|(marker, style, name)| {
                Some((app.history.get(name)?, Ink { style, marker }))
            })
            .collect(),
    };
    let name = match area.width {
        44.. => "gradient",
        34.. => "grad",
        _ => "",
    };
    let title = super::title(look, name, &values);
    let unmeasured = measures.is_some_and(|m| m.grad_x_mean.is_none());
    let remark = if unmeasured {
        " no ∇x: batch norm in D "
    } else {
        " log "
    };
    let remark = ratatui::text::Line::styled(remark, theme.dim);
    let inner = super::frame(buf, area, framed, look, title, remark);
    if plot.curves.is_empty() {
        super::empty(buf, inner, look, "no step made yet");
    }
    plot.render(buf, inner, look);
}
