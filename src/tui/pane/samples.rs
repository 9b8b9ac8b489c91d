//! The samples of the fixed latents: images, or points in the plane.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

pub use super::cache::Cache;
use super::{
    cache::{Key, Source},
    scatter,
};
use crate::{
    model::{Figures, Samples},
    tui::{
        app::App,
        picture::{Images, grid::Fit},
        words::number,
    },
};

/// Draws the pane of samples.
pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, cache: &mut Cache) {
    let look = &app.look;
    let samples = app.snapshot.samples.as_deref();
    let step = samples.map(|samples| match samples {
        Samples::Images { step, .. } | Samples::Points { step, .. } => *step,
    });
    let mut title = super::title(look, "samples", &[]);
    if let Some(Samples::Points { .. }) = samples {
        scatter::legend(&mut title, look, area.width);
    }
    let remark = step.map_or_else(Line::default, |step| {
        Line::styled(format!(" step {} ", number::count(step)), look.theme.dim)
    });
    let inner = super::frame(buf, area, framed, look, title, remark);
    match samples {
        None => super::empty(buf, inner, look, "no samples yet"),
        Some(Samples::Points {
            generated, real, ..
        }) => {
            let inner = scores(buf, inner, app);
            scatter::render(buf, inner, look, real, generated);
        }
        Some(Samples::Images {
            step,
            channels,
            height,
            width,
            pixels,
            ..
        }) => {
            let inner = scores(buf, inner, app);
            let images = Images {
                channels: *channels,
                height: *height,
                width: *width,
                pixels,
            };
            let key = Key {
                source: Source::Generated,
                step: *step,
                first: 0,
                fit: Fit::Several,
            };
            cache.render(buf, inner, key, &images, app.glyphs, look.depth);
        }
    }
}

/// Draws as many scores as fit in the last row. Returns the area above it.
pub fn scores(buf: &mut Buffer, area: Rect, app: &App) -> Rect {
    let Some(scores) = &app.snapshot.scores else {
        return area;
    };
    let look = &app.look;
    if area.height < 4 {
        return area;
    }
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
