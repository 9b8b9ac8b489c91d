//! The layers over the heat map.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::Plane,
    tui::{
        app::App,
        look::theme::{Depth, Look},
        pane::scatter,
        plot::{
            canvas::{Canvas, Ink},
            map::Map,
        },
    },
};

pub(super) const REAL: u8 = 1;
pub(super) const GENERATED: u8 = 2;
const LATTICE: u8 = 0;
const ARROWS: u8 = 3;

/// The maximum number of arrows.
const MAX_ARROWS: usize = 96;
/// The length of the longest arrow, in dots.
const LONGEST_DOTS: f32 = 9.0;

/// Returns the inks of the lattice, real points, generated points and arrows. Over the heat map they are lighter tones of the
/// same colours.
pub(super) fn inks(app: &App) -> [Ink; 4] {
    let (theme, look) = (&app.look.theme, &app.look);
    let ink = |marker, style| Ink { style, marker };
    if look.depth != Depth::None && app.views.plane.heat {
        let sixteen = look.depth == Depth::Sixteen;
        let light = |index, named| {
            Style::new().fg(if sixteen {
                named
            } else {
                Color::Indexed(index)
            })
        };
        return [
            ink('.', light(247, Color::Gray)),
            ink(
                '+',
                light(48, Color::LightCyan).add_modifier(Modifier::BOLD),
            ),
            ink('o', light(214, Color::LightYellow)),
            ink('>', light(117, Color::White)),
        ];
    }
    [
        ink('.', theme.dim),
        ink('+', theme.real),
        ink('o', theme.g),
        ink('>', theme.d),
    ]
}

/// Appends a legend of the points to a title, if it fits.
pub(super) fn legend(title: &mut Line, app: &App, width: u16) {
    let dot = scatter::braille(&app.look);
    let inks = inks(app);
    let names: [(usize, &str); 3] = [
        (REAL as usize, "real"),
        (GENERATED as usize, "generated"),
        (ARROWS as usize, "∇xD"),
    ];
    for (ink, name) in names {
        if title.width() + name.len() + 4 > width as usize {
            break;
        }
        if ink == ARROWS as usize && !app.views.plane.arrows {
            continue;
        }
        let marker = if dot { '●' } else { inks[ink].marker };
        let style = match app.look.depth {
            // White on a light background would not be seen.
            Depth::Sixteen if app.views.plane.heat => inks[ink].style.bg(Color::Blue),
            _ => inks[ink].style,
        };
        title.push_span(" ");
        title.push_span(Span::styled(marker.to_string(), style));
        title.push_span(Span::styled(format!(" {name}"), app.look.theme.dim));
    }
    title.push_span(" ");
}

/// Draws points.
pub(super) fn points(canvas: &mut Canvas, map: &Map, points: &[[f32; 2]], ink: u8) {
    for (x, y) in points.iter().filter_map(|&point| map.dot(point)) {
        canvas.set(x, y, ink);
    }
}

/// Draws the lines that G makes of the lines of the lattice.
pub(super) fn lines(canvas: &mut Canvas, map: &Map, lines: &[Vec<[f32; 2]>]) {
    for line in lines {
        for pair in line.windows(2) {
            // A line to a far point would take too long to draw.
            if let (Some(from), Some(to)) = (near(canvas, map, pair[0]), near(canvas, map, pair[1]))
            {
                canvas.line(from, to, LATTICE);
            }
        }
    }
}

/// Returns the dot of a point, unless it is farther outside than the size of the canvas.
fn near(canvas: &Canvas, map: &Map, point: [f32; 2]) -> Option<(i64, i64)> {
    let (width, height) = canvas.dots();
    let (width, height) = (width as i64, height as i64);
    map.dot(point)
        .filter(|&(x, y)| (-width..2 * width).contains(&x) && (-height..2 * height).contains(&y))
}

/// A generated point, and ∇xD there.
type Arrow = ([f32; 2], [f32; 2]);

/// Selects at most [`MAX_ARROWS`] arrows.
fn chosen(arrows: &[Arrow]) -> Vec<Arrow> {
    let every = arrows.len().div_ceil(MAX_ARROWS).max(1);
    let finite = |arrow: &&Arrow| {
        arrow
            .0
            .iter()
            .chain(&arrow.1)
            .all(|value| value.is_finite())
    };
    let chosen = arrows.iter().step_by(every).filter(finite);
    chosen.copied().collect()
}

/// Returns the largest ‖∇xD‖ of the arrows that are drawn.
pub(super) fn longest(arrows: &[Arrow]) -> f32 {
    let chosen = chosen(arrows).into_iter();
    let norms = chosen.map(|(_, [x, y])| x.hypot(y));
    norms.fold(0.0, f32::max)
}

/// Draws arrows as lines from their points. Those of the norm `longest` have the greatest length, and so have longer ones.
pub(super) fn arrows(canvas: &mut Canvas, map: &Map, arrows: &[Arrow], longest: f32) {
    for ([x, y], [dx, dy]) in chosen(arrows) {
        let most = longest.max(dx.hypot(dy)).max(f32::MIN_POSITIVE);
        let scale = LONGEST_DOTS * map.unit() / most;
        let tip = [x + dx * scale, y + dy * scale];
        if let (Some(from), Some(to)) = (near(canvas, map, [x, y]), near(canvas, map, tip)) {
            canvas.line(from, to, ARROWS);
            // The dot of the point stays in its own ink.
            canvas.set(from.0, from.1, GENERATED);
        }
    }
}

/// Draws arrows as one character beside their points, on a canvas without braille.
pub(super) fn heads(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    map: &Map,
    (arrows, longest): (&[Arrow], f32),
) {
    let signs = if look.unicode {
        ['→', '↗', '↑', '↖', '←', '↙', '↓', '↘']
    } else {
        ['>', '/', '^', '\\', '<', '/', 'v', '\\']
    };
    for (point, [dx, dy]) in chosen(arrows) {
        if dx.hypot(dy) < longest * 0.1 || longest == 0.0 {
            continue;
        }
        let turn = dy.atan2(dx) / std::f32::consts::TAU * 8.0;
        let sign = (turn.round() as i64).rem_euclid(8) as usize;
        let (sx, sy) = [
            (1, 0),
            (1, -1),
            (0, -1),
            (-1, -1),
            (-1, 0),
            (-1, 1),
            (0, 1),
            (1, 1),
        ][sign];
        let Some((x, y)) = map.dot(point) else {
            continue;
        };
        let (x, y) = (i64::from(area.x) + x + sx, i64::from(area.y) + y + sy);
        let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) else {
            continue;
        };
        if area.contains((x, y).into())
            && let Some(cell) = buf.cell_mut((x, y))
            && !matches!(cell.symbol(), "o" | "+")
        {
            cell.set_char(signs[sign]).set_style(look.theme.d);
        }
    }
}

/// Draws the number of samples on each mode beside its centre, where it has room: right of it, left, below or above. Returns
/// how many numbers have none.
pub(super) fn counts(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    map: &Map,
    dots: (usize, usize),
    plane: &Plane,
) -> usize {
    let theme = &app.look.theme;
    let each = (
        (dots.0 / usize::from(area.width.max(1))).max(1) as i64,
        (dots.1 / usize::from(area.height.max(1))).max(1) as i64,
    );
    let mut taken: Vec<Rect> = Vec::new();
    let mut hidden = 0;
    for &(centre, count) in &plane.modes {
        let text = count.to_string();
        let long = text.len() as i64;
        let free = |(x, y): (i64, i64)| {
            let inside = (0..=i64::from(area.width) - long).contains(&x)
                && (0..i64::from(area.height)).contains(&y);
            let place = Rect {
                x: area.x + u16::try_from(x).ok()?,
                y: area.y + u16::try_from(y).ok()?,
                width: long as u16,
                height: 1,
            };
            // Numbers side by side would read as one.
            let near = Rect {
                x: place.x.saturating_sub(1),
                width: place.width + 2,
                ..place
            };
            let fits = inside && !taken.iter().any(|other| other.intersects(near));
            fits.then_some(place)
        };
        let place = map.dot(centre).and_then(|(x, y)| {
            let (x, y) = (x / each.0, y / each.1);
            let middle = x - long / 2;
            let beside = [(x + 1, y), (x - long, y), (middle, y + 1), (middle, y - 1)];
            beside.into_iter().find_map(free)
        });
        let Some(place) = place else {
            hidden += 1;
            continue;
        };
        taken.push(place);
        // The numbers set a colour, because the cells already have one.
        let heat = app.look.depth != Depth::None && app.views.plane.heat;
        let ink = if heat { Color::White } else { Color::Reset };
        let style = match count {
            0 => theme.error,
            _ => theme.title.fg(ink),
        };
        Span::styled(text, style).render(place, buf);
    }
    hidden
}
