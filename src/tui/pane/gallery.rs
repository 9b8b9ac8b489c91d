//! The view of samples of the fixed latents: their history, beside real samples, an interpolation, or one sample alone.
//! Those of several lanes or watched runs are side by side, of the same step or the nearest that there is.

use ratatui::{
    buffer::Buffer,
    layout::{Margin, Rect},
    text::{Line, Span},
};

use super::{
    cache::{Cache, Key, Source},
    members::{Member, Members},
    mosaic, samples, scatter,
};
use crate::{
    model::Samples,
    tui::{
        app::{
            App,
            targets::Target,
            view::{pictures::nearest_recorded, samples::step},
        },
        layout,
        picture::{
            Images,
            grid::{Fit, Grid},
        },
        words::number,
    },
};

/// The minimum width at which real samples are beside generated ones, and the minimum height at which they are below.
const BESIDE: (u16, u16) = (48, 12);

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, cache: &mut Cache) {
    let look = &app.look;
    let view = &app.views.samples;
    let Some(shown) = view.shown() else {
        let title = super::title(look, "samples");
        let inner = super::frame(buf, area, framed, look, title, Line::default());
        return super::empty(buf, inner, look, "no samples yet");
    };
    let mut rest = area;
    if let Some(interpolation) = &app.snapshot.interpolation
        && !view.zoomed
        && area.height >= 14
    {
        let place = layout::bottom(&mut rest, (area.height / 4).max(6));
        let (from, to) = interpolation.ends;
        let title = format!("from {} to {}", from + 1, to + 1);
        let remark = format!(" step {} ", number::count(step(&interpolation.samples)));
        let title = super::title(look, &title);
        let remark = Line::styled(remark, look.theme.dim);
        let inner = super::frame(buf, place, framed, look, title, remark);
        render_samples(
            buf,
            inner,
            app,
            cache,
            &interpolation.samples,
            Source::Interpolated(app.lanes.selected),
            Fit::All,
        );
    }
    if view.beside && !view.zoomed {
        let gap = u16::from(!framed);
        let mut real = rest;
        if rest.width >= BESIDE.0 {
            let half = rest.width / 2;
            real = Rect {
                x: rest.x + half,
                width: rest.width - half,
                ..rest
            };
            rest.width = half - gap;
        } else if rest.height >= BESIDE.1 {
            let half = rest.height / 2;
            real = layout::bottom(&mut rest, half);
        }
        if real != rest {
            let title = super::title(look, "real");
            let inner = super::frame(buf, real, framed, look, title, Line::default());
            // Only the latest samples have real images.
            if let Some(latest) = &app.snapshot.samples {
                render_samples(buf, inner, app, cache, latest, Source::Real, Fit::All);
            }
        }
    }
    let fit = if view.zoomed { Fit::One } else { Fit::All };
    let title = title(app, shown);
    if Members::of(app).all.len() > 1 {
        return side_by_side(buf, rest, framed, app, cache, (title, fit));
    }
    let remark = Line::styled(
        format!(" step {} ", number::count(step(shown))),
        if view.is_live() {
            look.theme.dim
        } else {
            look.theme.pending
        },
    );
    let mut inner = super::frame(buf, rest, framed, look, title, remark);
    if view.is_live() {
        let scores = app.snapshot.scores.as_deref();
        inner = samples::scores(buf, inner, look, (scores, Some(step(shown))));
    }
    let source = Source::Generated(app.lanes.selected);
    render_samples(buf, inner, app, cache, shown, source, fit);
}

/// Returns the samples of a lane or run that are shown: the latest, or those of the step that is nearest to the one chosen.
fn shown<'a>(app: &'a App, member: &Member<'a>) -> Option<&'a Samples> {
    match (app.views.samples.earlier(), member.lane) {
        _ if member.selected => app.views.samples.shown().map(|samples| &**samples),
        (None, _) => member.snapshot.samples.as_deref(),
        (Some(step), Some(lane)) => app.nearest_picture(lane, step),
        (Some(step), None) => nearest_recorded(member.snapshot, step),
    }
}

/// Draws the samples of all lanes or runs, of the same latents.
fn side_by_side(
    buf: &mut Buffer,
    area: Rect,
    framed: bool,
    app: &App,
    cache: &mut Cache,
    (title, fit): (Line, Fit),
) {
    let look = &app.look;
    let inside = super::inside(area, framed);
    let worth = |area: Rect| samples::worth(app, area.inner(MARKS), fit);
    let cells = mosaic::cells(app, inside, worth);
    let inner = mosaic::frame(buf, area, framed, app, ("samples", title), &cells);
    if cells.is_empty() {
        super::empty(buf, inner, look, "too small for a picture");
    }
    let is_live = app.views.samples.is_live();
    for (place, cell) in cells.iter().enumerate() {
        let member = &cell.member;
        let samples = shown(app, member);
        let mut inner = mosaic::edge(buf, cell, app, samples.map(step));
        if is_live {
            let scores = member.snapshot.scores.as_deref();
            inner = samples::scores(buf, inner, look, (scores, samples.map(step)));
        }
        match samples {
            Some(samples) => {
                let source = match member.lane {
                    Some(lane) => Source::Generated(lane),
                    None if member.selected => Source::Generated(app.lanes.selected),
                    None => Source::OfRun(place),
                };
                render_samples(buf, inner, app, cache, samples, source, fit);
            }
            None => super::empty(buf, inner, look, "no samples yet"),
        }
    }
}

/// One column at each side for the marks of the selected sample.
const MARKS: Margin = Margin::new(1, 0);

/// Returns the title: the position in the history, and the selected sample.
fn title<'a>(app: &App, shown: &Samples) -> Line<'a> {
    let (look, view) = (&app.look, &app.views.samples);
    let mut title = super::title(look, "samples");
    let (at, kept) = view.position();
    let (text, style) = if view.is_live() {
        (format!("latest of {kept} "), look.theme.dim)
    } else {
        (format!("{at} of {kept} "), look.theme.pending)
    };
    title.push_span(Span::styled(text, style));
    if let (Samples::Points { .. }, false) = (shown, view.beside) {
        scatter::legend(&mut title, look, u16::MAX);
    }
    if let Samples::Images { pixels, .. } = shown {
        let text = format!(" number {} of {} ", view.selected + 1, pixels.len());
        title.push_span(Span::styled(text, look.theme.key));
        if let Some(start) = view.start {
            let text = format!(" from {} to … ", start + 1);
            title.push_span(Span::styled(text, look.theme.pending));
        }
    }
    title
}

/// Draws images or points.
fn render_samples(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    cache: &mut Cache,
    samples: &Samples,
    source: Source,
    fit: Fit,
) {
    let look = &app.look;
    match samples {
        Samples::Points {
            generated, real, ..
        } => match source {
            Source::Real => scatter::render(buf, area, look, real, &[]),
            _ if app.views.samples.beside => scatter::render(buf, area, look, &[], generated),
            _ => scatter::render(buf, area, look, real, generated),
        },
        Samples::Images {
            channels,
            height,
            width,
            pixels,
            real,
            ..
        } => {
            let generated = source.is_generated();
            let pixels = if source == Source::Real { real } else { pixels };
            let images = |first: usize| Images {
                channels: *channels,
                height: *height,
                width: *width,
                pixels: pixels.get(first..).unwrap_or_default(),
            };
            let inner = area.inner(MARKS);
            let first = match fit {
                Fit::One => (app.views.samples.selected).min(pixels.len().saturating_sub(1)),
                _ if generated => first(app, inner, &images(0)),
                _ => 0,
            };
            let key = Key {
                source,
                step: step(samples),
                first,
                fit,
            };
            let images = images(first);
            let grid = cache.render(buf, inner, key, &images, app.glyphs, look.depth);
            let Some(grid) = grid else {
                return super::empty(buf, area, look, "too small for a picture");
            };
            if generated && fit == Fit::All {
                app.views.samples.columns.set(grid.columns);
                for position in 0..grid.columns * grid.rows {
                    let number = first + position;
                    if number < pixels.len() {
                        let place = grid.place(inner, app.glyphs, position);
                        app.targets.add(place, Target::Row(number));
                    }
                }
                for (number, style) in [
                    (app.views.samples.start, look.theme.pending),
                    (Some(app.views.samples.selected), look.theme.key),
                ] {
                    let position = number.and_then(|number| number.checked_sub(first));
                    if let Some(position) = position.filter(|&p| p < grid.columns * grid.rows) {
                        mark(buf, grid.place(inner, app.glyphs, position), style);
                    }
                }
            }
        }
    }
}

/// Returns the index of the first visible sample. The grid scrolls by rows to keep the selected sample visible.
fn first(app: &App, area: Rect, images: &Images) -> usize {
    let Some(grid) = Grid::fit(area, images, app.glyphs, Fit::All) else {
        return 0;
    };
    let row = app.views.samples.selected / grid.columns.max(1);
    (row + 1).saturating_sub(grid.rows) * grid.columns
}

/// Marks both sides of an image.
fn mark(buf: &mut Buffer, place: Rect, style: ratatui::style::Style) {
    let sides = [(place.x.checked_sub(1), '▐'), (Some(place.right()), '▌')];
    for y in place.top()..place.bottom() {
        for (x, symbol) in sides {
            if let Some(cell) = x.and_then(|x| buf.cell_mut((x, y))) {
                cell.set_char(symbol).set_style(style);
            }
        }
    }
}
