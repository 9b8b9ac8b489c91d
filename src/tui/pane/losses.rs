//! The losses of D and G.

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{app::App, canvas::Ink, plot::Plot, scale::Kind};

pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let (look, theme) = (&app.look, &app.look.theme);
    let measures = app.snapshot.measures.as_deref();
    let values = [
        ("D", measures.map(|m| m.loss_d), theme.d),
        ("G", measures.map(|m| m.loss_g), theme.g),
    ];
    let inks = [('*', theme.d, "loss_d"), ('o', theme.g, "loss_g")];
    let plot = Plot {
        kind: Kind::Linear,
        window: app.window,
        curves: inks
            .into_iter()
            .filter_map(|(marker, style, name)| {
                Some((app.history.get(name)?, Ink { style, marker }))
            })
            .collect(),
    };
    let title = super::title(look, "loss", &values);
    let remark = super::steps(look, plot.span(), app.window);
    let inner = super::frame(buf, area, framed, look, title, remark);
    if plot.curves.is_empty() {
        super::empty(buf, inner, look, "no step made yet");
    }
    plot.render(buf, inner, look);
}
