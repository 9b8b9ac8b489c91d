//! The heat map of D's output over the plane, in colours or as a ramp of characters.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    model::Plane,
    tui::{
        look::{
            palette::under_points,
            theme::{Depth, Look},
        },
        plot::map::Map,
    },
};

/// The shades without colours. None of them is a marker of points.
const SHADES: &[char] = &[' ', '░', '▒', '▓'];
/// The ASCII characters for the shades.
const RAMP: &[char] = &[' ', '.', ':', '-', '='];

/// Returns the lowest and the highest finite score, if any.
pub(super) fn range(plane: &Plane) -> Option<(f32, f32)> {
    let finite = plane.scores.iter().copied().filter(|s| s.is_finite());
    finite.fold(None, |ends, score| {
        let (low, high) = ends.unwrap_or((score, score));
        Some((low.min(score), high.max(score)))
    })
}

/// Draws the heat map in the part of the area that the lattice covers, from dark at the lowest score to light at the
/// highest. `dots` is the size of the map's canvas in dots.
pub(super) fn render(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    plane: &Plane,
    (low, high): (f32, f32),
    map: &Map,
    dots: (usize, usize),
) {
    let each = (
        dots.0 as f32 / f32::from(area.width.max(1)),
        dots.1 as f32 / f32::from(area.height.max(1)),
    );
    let share = |column: f32, row: f32| {
        let score = score(plane, map.point(column * each.0, row * each.1))?;
        Some((score - low) / (high - low).max(f32::MIN_POSITIVE))
    };
    for position in area.positions() {
        let (column, row) = (
            f32::from(position.x - area.x) + 0.5,
            f32::from(position.y - area.y),
        );
        let Some(cell) = buf.cell_mut(position) else {
            continue;
        };
        match look.depth {
            Depth::None => {
                let ramp = if look.unicode { SHADES } else { RAMP };
                if let Some(share) = share(column, row + 0.5) {
                    let step = (share * (ramp.len() - 1) as f32).round() as usize;
                    cell.set_char(ramp[step.min(ramp.len() - 1)]);
                }
            }
            depth if look.unicode => {
                let colours = [0, 1].map(|half| {
                    let share = share(column, row + 0.25 + 0.5 * half as f32)?;
                    let at = (position.x as usize, 2 * position.y as usize + half);
                    Some(under_points(share, depth, at))
                });
                match colours {
                    [Some(upper), Some(lower)] if upper == lower => {
                        cell.set_char(' ').set_bg(lower);
                    }
                    [Some(upper), Some(lower)] => {
                        cell.set_char('▀').set_fg(upper).set_bg(lower);
                    }
                    [Some(upper), None] => {
                        cell.set_char('▀').set_fg(upper);
                    }
                    [None, Some(lower)] => {
                        cell.set_char('▄').set_fg(lower);
                    }
                    [None, None] => {}
                }
            }
            depth => {
                if let Some(share) = share(column, row + 0.5) {
                    let at = (position.x as usize, position.y as usize);
                    cell.set_char(' ').set_bg(under_points(share, depth, at));
                }
            }
        }
    }
}

/// Returns the score of the lattice cell that contains a point, if it is finite.
fn score(plane: &Plane, [x, y]: [f32; 2]) -> Option<f32> {
    let [low, high] = plane.corners;
    let (columns, rows) = plane.size;
    let along = |value: f32, low: f32, high: f32, count: usize| {
        let share = (value - low) / (high - low);
        (0.0..1.0)
            .contains(&share)
            .then(|| ((share * count as f32) as usize).min(count.saturating_sub(1)))
    };
    let column = along(x, low[0], high[0], columns)?;
    let from_below = along(y, low[1], high[1], rows)?;
    let at = (rows - 1 - from_below) * columns + column;
    plane.scores.get(at).copied().filter(|s| s.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_the_score_of_their_lattice_cell() {
        let plane = Plane {
            step: 1,
            corners: [[0.0, 0.0], [2.0, 2.0]],
            size: (2, 2),
            scores: vec![1.0, 2.0, f32::NAN, 4.0],
            arrows: Vec::new(),
            lines: Vec::new(),
            modes: Vec::new(),
            samples: 0,
        };
        assert_eq!(score(&plane, [0.5, 1.5]), Some(1.0));
        assert_eq!(score(&plane, [1.5, 1.5]), Some(2.0));
        assert_eq!(score(&plane, [0.5, 0.5]), None, "not finite");
        assert_eq!(score(&plane, [1.5, 0.5]), Some(4.0));
        assert_eq!(score(&plane, [2.5, 0.5]), None, "outside");
        assert_eq!(range(&plane), Some((1.0, 4.0)));
    }
}
