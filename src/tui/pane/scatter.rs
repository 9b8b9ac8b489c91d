//! A scatter plot of real and generated points.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use crate::tui::{
    look::theme::{Depth, Look},
    plot::{
        canvas::{Canvas, Ink, Several},
        map::Map,
    },
};

/// Returns the inks of real points, generated points, and cells with both.
fn inks(look: &Look) -> [Ink; 3] {
    let ink = |marker, style: Style| Ink { style, marker };
    [
        ink('+', look.theme.real),
        ink('o', look.theme.g),
        ink('@', look.theme.both),
    ]
}

/// Returns whether points are drawn in braille, which needs colours to tell two kinds of points apart.
pub(super) fn braille(look: &Look) -> bool {
    look.unicode && look.depth != Depth::None
}

/// Appends a legend to a title in a pane of this width.
pub(super) fn legend(title: &mut Line, look: &Look, width: u16) {
    let names: &[&str] = match width {
        40.. => &["real", "generated", "both"],
        32.. => &["real", "fake", "both"],
        _ => &["real", "fake"],
    };
    for (ink, name) in inks(look).into_iter().zip(names) {
        let marker = if braille(look) { '●' } else { ink.marker };
        title.push_span(Span::styled(format!(" {marker} "), ink.style));
        title.push_span(Span::styled(
            *name,
            look.theme.dim.remove_modifier(Modifier::BOLD),
        ));
    }
    title.push_span(" ");
}

/// Draws both kinds of points, scaled to fit the real ones.
pub(super) fn render(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    real: &[[f32; 2]],
    generated: &[[f32; 2]],
) {
    let mut canvas = Canvas::new(area.width, area.height, braille(look));
    // Only real points decide the scale: they do not change, and one far generated point must not shrink the rest.
    let Some((centre, reach)) = extent(real).or_else(|| extent(generated)) else {
        return;
    };
    let map = Map::new(&canvas, centre, reach * 1.15, braille(look));
    for (ink, points) in [real, generated].into_iter().enumerate() {
        for (x, y) in points.iter().filter_map(|&point| map.dot(point)) {
            canvas.set(x, y, ink as u8);
        }
    }
    let [real, generated, both] = inks(look);
    canvas.render(buf, area, &[real, generated], Several::Alike(both));
}

/// Returns the centre of the bounding box of points, and half its longer side.
fn extent(points: &[[f32; 2]]) -> Option<([f32; 2], f32)> {
    let along = |axis: usize| {
        let values = points
            .iter()
            .map(|point| point[axis])
            .filter(|v| v.is_finite());
        values.fold(None, |ends: Option<(f32, f32)>, value| {
            let (low, high) = ends.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    };
    let (x, y) = (along(0)?, along(1)?);
    let reach = ((x.1 - x.0).max(y.1 - y.0) / 2.0).max(1e-6);
    Some(([(x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0], reach))
}
