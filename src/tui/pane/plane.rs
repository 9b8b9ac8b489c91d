//! The view of the plane: D's output as a heat map, and over it real and generated points, ∇xD, G's output for a lattice of
//! latents, and the number of samples on each mode. Each layer can be hidden.

mod heat;
mod over;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::scatter;
use crate::{
    model::{Plane, Samples},
    tui::{
        app::App,
        layout::bottom,
        plot::{
            canvas::{Canvas, Several},
            map::Map,
        },
        words::number,
    },
};

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let (look, theme) = (&app.look, &app.look.theme);
    let plane = app.snapshot.plane.as_deref();
    let mut title = super::title(look, "plane");
    if let Some(plane) = plane {
        let text = format!("step {} ", number::count(plane.step));
        title.push_span(Span::styled(text, theme.dim));
    }
    match plane {
        // Only the points are drawn.
        None => scatter::legend(&mut title, look, area.width),
        Some(_) if app.views.plane.points => {
            over::legend(&mut title, app, area.width.saturating_sub(24));
        }
        Some(_) => {}
    }
    let range = plane.and_then(heat::range).filter(|_| app.views.plane.heat);
    let remark = range.map_or_else(Line::default, |(low, high)| {
        let (low, high) = (number::label(low), number::label(high));
        let room = area.width as usize > title.width() + 40;
        let text = if room {
            format!(" D from {low} (dark) to {high} (light) ")
        } else {
            format!(" D {low} to {high} ")
        };
        Line::styled(text, theme.dim)
    });
    let inner = super::frame(buf, area, framed, look, title, remark);
    match (plane, app.snapshot.samples.as_deref()) {
        (Some(plane), samples) => {
            let mut rest = inner;
            let has_foot = !plane.modes.is_empty() && inner.height >= 6;
            let foot = has_foot.then(|| bottom(&mut rest, 1));
            let hidden = map(buf, rest, app, plane, samples);
            if let Some(foot) = foot {
                modes(buf, foot, app, plane, hidden);
            }
        }
        (
            None,
            Some(Samples::Points {
                generated, real, ..
            }),
        ) => {
            scatter::render(buf, inner, look, real, generated);
        }
        _ => super::empty(buf, inner, look, "no samples yet"),
    }
}

/// Draws a summary of the modes. `hidden` is how many of them have no room for their count.
fn modes(buf: &mut Buffer, area: Rect, app: &App, plane: &Plane, hidden: usize) {
    let all = plane.modes.len();
    let hit = plane.modes.iter().filter(|(_, count)| *count > 0).count();
    let good: usize = plane.modes.iter().map(|(_, count)| count).sum();
    let style = if hit < all {
        app.look.theme.error
    } else {
        app.look.theme.on
    };
    let mut line = Line::from(vec![
        Span::styled(format!("{hit} of {all} modes"), style),
        Span::raw(format!(
            ", {} of {} samples of high quality",
            number::count(good as u64),
            number::count(plane.samples as u64)
        )),
    ]);
    let counts = plane.modes.iter().map(|(_, count)| *count);
    if let (Some(least), Some(most)) = (counts.clone().min(), counts.max()) {
        line.push_span(Span::styled(
            format!(", {least} to {most} per mode"),
            app.look.theme.dim,
        ));
    }
    if hidden > 0 {
        let text = format!(", {hidden} without room for a number");
        line.push_span(Span::styled(text, app.look.theme.dim));
    }
    super::footer(buf, area, line);
}

/// Draws the heat map and the layers over it. Returns how many modes have no room for their count.
fn map(buf: &mut Buffer, area: Rect, app: &App, plane: &Plane, samples: Option<&Samples>) -> usize {
    let (look, view) = (&app.look, &app.views.plane);
    let [low, high] = plane.corners;
    let centre = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0];
    let reach = ((high[0] - low[0]).max(high[1] - low[1]) / 2.0).max(1e-6);
    let braille = scatter::braille(look);
    let mut canvas = Canvas::new(area.width, area.height, braille);
    let map = Map::new(&canvas, centre, reach, braille);
    if view.heat {
        heat::render(buf, area, look, plane, &map, canvas.dots());
    }
    let inks = over::inks(app);
    if view.lattice {
        over::lines(&mut canvas, &map, &plane.lines);
    }
    if view.points
        && let Some(Samples::Points {
            real, generated, ..
        }) = samples
    {
        over::points(&mut canvas, &map, real, over::REAL);
        over::points(&mut canvas, &map, generated, over::GENERATED);
    }
    if view.arrows && braille {
        over::arrows(&mut canvas, &map, &plane.arrows);
    }
    canvas.render(buf, area, &inks, Several::Last);
    if view.arrows && !braille {
        over::heads(buf, area, look, &map, &plane.arrows);
    }
    if view.counts {
        over::counts(buf, area, app, &map, canvas.dots(), plane)
    } else {
        0
    }
}
