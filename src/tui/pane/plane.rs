//! The view of the plane: D's output as a heat map, and over it real and generated points, ∇xD, G's output for a lattice of
//! latents, and the number of samples on each mode. Each layer can be hidden. The planes of several lanes are side by side.

mod beside;
mod heat;
mod over;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{lanes, scatter};
use crate::{
    model::{Plane, Samples, Snapshot},
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
    if !lanes::several(app) || !beside::render(buf, area, framed, app) {
        alone(buf, area, framed, app);
    }
}

/// Draws the plane of the selected lane, or of the only one.
fn alone(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let (look, theme) = (&app.look, &app.look.theme);
    let plane = app.snapshot.plane.as_deref();
    let hidden = beside::hidden(app, area.width);
    let mut title = super::title(look, "plane");
    if lanes::several(app) {
        title.extend([
            lanes::letter(look, app.lanes.selected, true),
            Span::raw(" "),
        ]);
    }
    if let Some(plane) = plane {
        let text = format!("step {} ", number::count(plane.step));
        let room = (area.width as usize).saturating_sub(3);
        if hidden.width() == 0 || title.width() + text.len() + hidden.width() < room {
            title.push_span(Span::styled(text, theme.dim));
        }
    }
    match plane {
        // Only the points are drawn.
        None => scatter::legend(&mut title, look, area.width),
        Some(_) if app.views.plane.points => {
            let remark = match hidden.width() {
                0 => 24,
                hidden => hidden as u16 + 1,
            };
            over::legend(&mut title, app, area.width.saturating_sub(remark));
        }
        Some(_) => {}
    }
    let common = plane.map(|plane| Common::of([plane].into_iter()));
    let remark = match &common {
        _ if hidden.width() > 0 => hidden,
        Some(common) => common.remark(app, area.width as usize > title.width() + 40),
        None => Line::default(),
    };
    let inner = super::frame(buf, area, framed, look, title, remark);
    of_lane(buf, inner, app, &app.snapshot, common.as_ref());
}

/// What planes that are shown together have in common: the part of the plane, and the scale of colours.
struct Common {
    centre: [f32; 2],
    /// Half the side of the square that is shown.
    reach: f32,
    /// The scores of the darkest and of the lightest colour.
    range: Option<(f32, f32)>,
    /// Whether a plane has scores below the range, and above it.
    beyond: [bool; 2],
    /// The norm of ∇xD from which on an arrow has the greatest length.
    longest: f32,
}

/// How many times as wide as the next widest range of scores one may be to be shown whole. A D that has exploded would leave
/// the others one colour.
const WIDEST: f32 = 10.0;
/// The width of a range of scores that is worth it: a tenth of the margin of the hinge loss.
const WORTH: f32 = 0.1;
/// The norm of ∇xD that is worth an arrow. Under spectral normalization it is often below 0.1.
const WORTH_AN_ARROW: f32 = 1e-4;

impl Common {
    /// Returns the square around these planes, and the range of all their scores.
    fn of<'a>(planes: impl Iterator<Item = &'a Plane> + Clone) -> Self {
        let corner = |end: usize, pick: fn(f32, f32) -> f32| {
            let corners = planes.clone().map(|plane| plane.corners[end]);
            corners.reduce(|a, b| [pick(a[0], b[0]), pick(a[1], b[1])])
        };
        let low = corner(0, f32::min).unwrap_or([-1.0; 2]);
        let high = corner(1, f32::max).unwrap_or([1.0; 2]);
        let longest = planes
            .clone()
            .map(|plane| (0.0, over::longest(&plane.arrows)));
        let longest = scale(longest.collect(), WORTH_AN_ARROW).map_or(0.0, |(_, longest)| longest);
        let ranges: Vec<(f32, f32)> = planes.filter_map(heat::range).collect();
        let range = scale(ranges.clone(), WORTH);
        let beyond = range.map_or([false; 2], |(low, high)| {
            [
                ranges.iter().any(|range| range.0 < low),
                ranges.iter().any(|range| range.1 > high),
            ]
        });
        Self {
            centre: [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0],
            reach: ((high[0] - low[0]).max(high[1] - low[1]) / 2.0).max(1e-6),
            range,
            beyond,
            longest,
        }
    }

    /// Returns a remark with the range of D's output, in words if it is `long`; empty without a heat map.
    fn remark(&self, app: &App, long: bool) -> Line<'static> {
        let Some((low, high)) = self.range.filter(|_| app.views.plane.heat) else {
            return Line::default();
        };
        let [below, above] = self.beyond;
        let low = [if below { "≤" } else { "" }, &number::label(low)].concat();
        let high = [if above { "≥" } else { "" }, &number::label(high)].concat();
        let text = if long {
            format!(" D from {low} (dark) to {high} (light) ")
        } else {
            format!(" D {low} to {high} ")
        };
        Line::styled(text, app.look.theme.dim)
    }
}

/// Returns the range of scores for the colours of several planes: that of all, without those that are much wider than the
/// others. A range that is narrower than `worth` hides none.
fn scale(mut ranges: Vec<(f32, f32)>, worth: f32) -> Option<(f32, f32)> {
    let width = |range: &(f32, f32)| range.1 - range.0;
    ranges.sort_by(|a, b| width(a).total_cmp(&width(b)));
    while let [.., next, widest] = &ranges[..]
        && width(next) > worth
        && width(widest) > WIDEST * width(next)
    {
        ranges.pop();
    }
    let ranges = ranges.into_iter();
    ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// Draws the plane of a lane, or its samples as long as the plane is unknown.
fn of_lane(buf: &mut Buffer, area: Rect, app: &App, lane: &Snapshot, common: Option<&Common>) {
    match (lane.plane.as_deref().zip(common), lane.samples.as_deref()) {
        (Some((plane, common)), samples) => {
            let mut rest = area;
            let has_foot = !plane.modes.is_empty() && area.height >= 6;
            let foot = has_foot.then(|| bottom(&mut rest, 1));
            let hidden = map(buf, rest, app, plane, samples, common);
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
            let note = app.is_watching && area.height >= 6;
            let area = if note {
                let text = "D's output over the plane is not recorded: a live screen shows it";
                super::footer(buf, area, Line::styled(text, app.look.theme.dim))
            } else {
                area
            };
            scatter::render(buf, area, &app.look, real, generated);
        }
        _ => super::empty(buf, area, &app.look, "no samples yet"),
    }
}

/// Draws a summary of the modes. `hidden` is how many of them have no room for their count.
fn modes(buf: &mut Buffer, area: Rect, app: &App, plane: &Plane, hidden: usize) {
    let theme = &app.look.theme;
    let all = plane.modes.len();
    let hit = plane.modes.iter().filter(|(_, count)| *count > 0).count();
    let good: usize = plane.modes.iter().map(|(_, count)| count).sum();
    let style = if hit < all { theme.error } else { theme.on };
    let (good, samples) = (
        number::count(good as u64),
        number::count(plane.samples as u64),
    );
    let counts = plane.modes.iter().map(|(_, count)| *count);
    let each = match (counts.clone().min(), counts.max()) {
        (Some(least), Some(most)) => format!(", {least} to {most} per mode"),
        _ => String::new(),
    };
    let unseen = match hidden {
        0 => String::new(),
        hidden => format!(", {hidden} without room for a number"),
    };
    let of = format!(", {good} of {samples} samples of high quality");
    let few = format!(", {good} of {samples} good");
    // What is left out in little room comes last.
    let variants = [
        (&of[..], [&each[..], &unseen]),
        (&of, ["", ""]),
        (&few, ["", ""]),
    ];
    let line = |(quality, rest): (&str, [&str; 2])| {
        let rest = rest.map(|text| Span::styled(text.to_owned(), theme.dim));
        let hit = Span::styled(format!("{hit} of {all} modes"), style);
        let line = [hit, Span::raw(quality.to_owned())].into_iter();
        line.chain(rest).collect::<Line>()
    };
    let fits = |line: &Line| line.width() <= area.width as usize;
    let fitting = variants.into_iter().map(line).find(fits);
    let least = line(("", ["", ""]));
    super::footer(buf, area, fitting.unwrap_or(least));
}

/// Draws the heat map and the layers over it. Returns how many modes have no room for their count.
fn map(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    plane: &Plane,
    samples: Option<&Samples>,
    common: &Common,
) -> usize {
    let (look, view) = (&app.look, &app.views.plane);
    let braille = scatter::braille(look);
    let mut canvas = Canvas::new(area.width, area.height, braille);
    let map = Map::new(&canvas, common.centre, common.reach, braille);
    if let Some(range) = common.range.filter(|_| view.heat) {
        heat::render(buf, area, look, plane, range, &map, canvas.dots());
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
        over::arrows(&mut canvas, &map, &plane.arrows, common.longest);
    }
    canvas.render(buf, area, &inks, Several::Last);
    if view.arrows && !braille {
        let arrows = (&plane.arrows[..], common.longest);
        over::heads(buf, area, look, &map, arrows);
    }
    if view.counts {
        over::counts(buf, area, app, &map, canvas.dots(), plane)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::{WORTH_AN_ARROW, scale};

    #[test]
    fn an_exploded_plane_does_not_flatten_the_others() {
        let scale = |ranges| scale(ranges, 0.1);
        let (one, two, wide) = ((-1.0, 1.0), (-3.0, 2.0), (-3e4, 2e4));
        assert_eq!(scale(vec![two, one]), Some((-3.0, 2.0)));
        assert_eq!(scale(vec![wide, one, two]), Some((-3.0, 2.0)));
        assert_eq!(scale(vec![wide, wide]), Some(wide));
        assert_eq!(scale(vec![wide, (-300.0, 300.0), one]), Some(one));
        // A dead D does not take the colours of a healthy one.
        assert_eq!(scale(vec![(0.0, 1e-3), one]), Some(one));
        assert_eq!(scale(vec![wide]), Some(wide));
        assert_eq!(scale(Vec::new()), None);
    }
    #[test]
    fn arrows_under_spectral_normalization_are_worth_showing() {
        let norms = vec![(0.0, 0.05), (0.0, 2e6)];
        assert_eq!(scale(norms, WORTH_AN_ARROW), Some((0.0, 0.05)));
        let dead = vec![(0.0, 1e-6), (0.0, 0.2)];
        assert_eq!(scale(dead, WORTH_AN_ARROW), Some((0.0, 0.2)));
    }
}
