//! The samples of the fixed latents: images, or points in the plane.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

pub use super::cache::Cache;
use super::{
    cache::{Key, Source},
    lanes, mosaic, scatter,
};
use crate::{
    model::{Figures, LaneId, Samples, Scores, Snapshot},
    tui::{
        app::{App, view::samples::step},
        look::theme::Look,
        picture::{
            Images,
            grid::{Fit, Grid},
        },
        words::number,
    },
};

/// Draws the pane of samples.
pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, cache: &mut Cache) {
    let look = &app.look;
    let samples = app.snapshot.samples.as_deref();
    let mut title = super::title(look, "samples");
    if let Some(Samples::Points { .. }) = samples {
        scatter::legend(&mut title, look, area.width);
    }
    if lanes::several(app) {
        let inside = super::inside(area, framed);
        let cells = mosaic::cells(app, inside, |area| worth(app, area, Fit::Several));
        mosaic::frame(buf, area, framed, app, ("samples", title), &cells);
        for cell in &cells {
            let member = &cell.member;
            let samples = member.snapshot.samples.as_deref();
            let inner = mosaic::edge(buf, cell, app, samples.map(step));
            let lane = member.lane.unwrap_or_default();
            of_lane(buf, inner, app, cache, (lane, member.snapshot));
        }
        return;
    }
    let remark = samples.map_or_else(Line::default, |samples| {
        let step = number::count(step(samples));
        Line::styled(format!(" step {step} "), look.theme.dim)
    });
    let inner = super::frame(buf, area, framed, look, title, remark);
    let lane = (app.lanes.selected, &*app.snapshot);
    of_lane(buf, inner, app, cache, lane);
}

/// Draws the samples and the scores of a lane.
fn of_lane(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    cache: &mut Cache,
    (lane, snapshot): (LaneId, &Snapshot),
) {
    let look = &app.look;
    let Some(samples) = snapshot.samples.as_deref() else {
        return super::empty(buf, area, look, "no samples yet");
    };
    let inner = scores(buf, area, look, snapshot.scores.as_deref());
    match samples {
        Samples::Points {
            generated, real, ..
        } => scatter::render(buf, inner, look, real, generated),
        Samples::Images { .. } => {
            let key = Key {
                source: Source::Generated(lane),
                step: step(samples),
                first: 0,
                fit: Fit::Several,
            };
            if let Some(images) = images(samples) {
                cache.render(buf, inner, key, &images, app.glyphs, look.depth);
            }
        }
    }
}

/// Returns the generated images; `None` for points.
fn images(samples: &Samples) -> Option<Images<'_>> {
    match samples {
        Samples::Points { .. } => None,
        Samples::Images {
            channels,
            height,
            width,
            pixels,
            ..
        } => Some(Images {
            channels: *channels,
            height: *height,
            width: *width,
            pixels,
        }),
    }
}

/// Returns how much of an area the samples of a lane would fill; 0 if they do not fit.
pub(super) fn worth(app: &App, mut area: Rect, fit: Fit) -> usize {
    if app.snapshot.scores.is_some() && area.height >= SCORES {
        area.height -= 1;
    }
    match app.snapshot.samples.as_deref().and_then(images) {
        Some(images) => Grid::fit(area, &images, app.glyphs, fit).map_or(0, |grid| {
            let count = images.pixels.len().min(grid.columns * grid.rows);
            count * grid.width * grid.height
        }),
        None => {
            let side = usize::from(area.width.min(2 * area.height));
            side * side
        }
    }
}

/// The minimum height of samples with their scores below, in rows.
const SCORES: u16 = 4;

/// Draws as many scores as fit in the last row. Returns the area above it.
pub(super) fn scores(buf: &mut Buffer, area: Rect, look: &Look, scores: Option<&Scores>) -> Rect {
    let Some(scores) = scores.filter(|_| area.height >= SCORES) else {
        return area;
    };
    let values = |long: bool| match &scores.figures {
        Figures::Mixture(scores) => {
            let (quality, kl) = if long {
                ("high quality", "reverse KL")
            } else {
                ("quality", "KL")
            };
            vec![
                ("modes", format!("{}/{}", scores.modes, scores.modes_total)),
                (quality, format!("{:.3}", scores.high_quality)),
                (kl, number::short(scores.reverse_kl)),
            ]
        }
        Figures::Images(scores) => {
            let name = |name, short| if long { name } else { short };
            let optional = [
                (name("classifier score", "class."), scores.classifier_score),
                (name("Fréchet", "Fr."), scores.frechet),
                (name("entropy", "H"), scores.class_entropy),
            ];
            let always = [
                (name("diversity", "div."), Some(scores.diversity)),
                ("swd", Some(scores.swd)),
            ];
            let all = optional.into_iter().chain(always);
            all.filter_map(|(name, value)| Some((name, number::short(value?))))
                .collect()
        }
    };
    let line = |values: &[(&'static str, String)]| {
        let spans = values.iter().flat_map(|(name, value)| {
            let name = Span::styled(format!(" {name} "), look.theme.dim);
            [name, Span::raw(format!("{value} "))]
        });
        spans.collect::<Line>()
    };
    let (long, short) = (values(true), values(false));
    let fewer = (0..=short.len()).rev().map(|count| line(&short[..count]));
    let line = std::iter::once(line(&long))
        .chain(fewer)
        .find(|line| line.width() <= area.width as usize)
        .unwrap_or_default();
    super::footer(buf, area, line)
}
