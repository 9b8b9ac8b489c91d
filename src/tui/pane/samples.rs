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
    let of = (snapshot.scores.as_deref(), Some(step(samples)));
    let inner = scores(buf, area, look, of);
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

/// Draws as many scores as fit in the last row, with their step if it is not that of the picture above. Returns the area
/// above it.
pub(super) fn scores(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    (scores, picture): (Option<&Scores>, Option<u64>),
) -> Rect {
    let Some(scores) = scores.filter(|_| area.height >= SCORES) else {
        return area;
    };
    // Each name in three lengths, the shortest last.
    let values = |length: usize| match &scores.figures {
        Figures::Mixture(scores) => vec![
            ("modes", format!("{}/{}", scores.modes, scores.modes_total)),
            (
                ["high quality", "quality", "quality"][length],
                format!("{:.3}", scores.high_quality),
            ),
            (
                ["reverse KL", "reverse KL", "KL"][length],
                number::short(scores.reverse_kl),
            ),
        ],
        Figures::Images(scores) => {
            let optional = [
                (
                    ["classifier score", "class.", "class."],
                    scores.classifier_score,
                ),
                (["Fréchet", "Fréchet", "Fr."], scores.frechet),
                (["entropy", "entropy", "H"], scores.class_entropy),
            ];
            let always = [
                (["diversity", "div.", "div."], Some(scores.diversity)),
                (["swd"; 3], Some(scores.swd)),
            ];
            let all = optional.into_iter().chain(always);
            all.filter_map(|(names, value)| Some((names[length], number::short(value?))))
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
    let at = Some(scores.step).filter(|step| Some(*step) != picture);
    let at = at.map(|step| Span::styled(format!(" at {} ", number::count(step)), look.theme.dim));
    let short = values(2);
    let fewer = (0..=short.len()).rev().map(|count| short[..count].to_vec());
    let texts: Vec<_> = [values(0), values(1)].into_iter().chain(fewer).collect();
    // The names are shortened for the step, but no value is left out for it.
    let with_step = at.iter().flat_map(|at| {
        let whole = texts.iter().take(3);
        whole.map(|values| line(values).spans.into_iter().chain([at.clone()]).collect())
    });
    let line = with_step
        .chain(texts.iter().map(|values| line(values)))
        .find(|line| line.width() <= area.width as usize)
        .unwrap_or_default();
    super::footer(buf, area, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::MixtureScores, tui::look::theme::Depth};

    #[test]
    fn scores_of_another_step_than_the_picture_say_theirs() {
        let made = Scores {
            step: 1_000,
            protocol: "made up".into(),
            figures: Figures::Mixture(MixtureScores {
                modes: 8,
                modes_total: 8,
                high_quality: 0.679,
                reverse_kl: 0.0022,
            }),
        };
        let drawn = |width, picture| {
            let area = Rect::new(0, 0, width, SCORES);
            let mut buf = Buffer::empty(area);
            let look = Look::new(Depth::None, true);
            scores(&mut buf, area, &look, (Some(&made), picture));
            let last = buf.content.chunks(width.into()).next_back();
            let cells = last.into_iter().flatten();
            cells.map(|cell| cell.symbol()).collect::<String>()
        };
        let long = "modes 8/8  high quality 0.679  reverse KL 0.0022";
        assert_eq!(drawn(70, Some(1_000)).trim(), long);
        assert_eq!(drawn(70, Some(1_200)).trim(), format!("{long}  at 1,000"));
        let middle = "modes 8/8  quality 0.679  reverse KL 0.0022";
        assert_eq!(drawn(55, Some(1_200)).trim(), format!("{middle}  at 1,000"));
        let short = "modes 8/8  quality 0.679  KL 0.0022";
        assert_eq!(drawn(50, Some(1_200)).trim(), format!("{short}  at 1,000"));
        assert_eq!(drawn(40, Some(1_200)).trim(), short);
    }
}
