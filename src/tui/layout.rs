//! Where the panes go: a function of the terminal's size alone. As it shrinks, frames go first, then the rows between
//! panes, then panes in the order of their worth.

use ratatui::layout::Rect;

/// Below this the page is a notice.
pub const LEAST: (u16, u16) = (40, 10);

/// The places of the panes; none where there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panes {
    pub status: Rect,
    pub losses: Rect,
    pub gradients: Option<Rect>,
    pub sigma: Option<Rect>,
    pub samples: Option<Rect>,
    pub settings: Option<Rect>,
    pub message: Option<Rect>,
    pub keys: Rect,
    /// Whether panes have a frame, or a rule above them only.
    pub framed: bool,
}

/// Whether there is room for frames around panes.
pub fn framed(area: Rect) -> bool {
    area.width >= 100 && area.height >= 30
}

/// Lays the page out; none where the terminal is too small. `layers` is the number of rows that the σ pane wants,
/// `settings_rows` the rows that the settings take in a given width.
pub fn page(area: Rect, layers: u16, settings_rows: impl Fn(u16) -> u16) -> Option<Panes> {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return None;
    }
    let framed = framed(area);
    let mut rest = area;
    let mut panes = Panes {
        framed,
        status: top(&mut rest, if framed { 2 } else { 1 }),
        keys: bottom(&mut rest, 1),
        ..Panes::default()
    };
    if area.height >= 16 {
        panes.message = Some(bottom(&mut rest, 1));
    }
    if !framed && area.height >= 14 {
        let most = if area.height >= 22 { 3 } else { 2 };
        panes.settings = Some(top(&mut rest, settings_rows(area.width).clamp(1, most)));
    }
    let mut curves = rest;
    if area.width >= 56 {
        let share = if area.width >= 180 { 42 } else { 46 };
        let gap = if framed { 0 } else { 1 };
        curves.width = (rest.width as u32 * share / 100) as u16;
        let mut right = Rect {
            x: rest.x + curves.width + gap,
            width: rest.width - curves.width - gap,
            ..rest
        };
        if framed {
            let rows = settings_rows(right.width.saturating_sub(4)) + 2;
            let most = right.height / 2;
            panes.settings = Some(bottom(&mut right, rows.min(most)));
        }
        panes.samples = Some(right);
    }
    stack(&mut panes, curves, layers.max(1));
    Some(panes)
}

/// Losses above gradients above σ.
fn stack(panes: &mut Panes, mut area: Rect, layers: u16) {
    let edges = if panes.framed { 2 } else { 1 };
    let least = edges + 2;
    if area.height >= 2 * least {
        let roomy = area.height >= 40;
        let wanted = layers * if roomy { 2 } else { 1 } + edges;
        let most = (area.height * 2 / 5).max(edges + 1);
        panes.sigma = Some(bottom(&mut area, wanted.min(most)));
    }
    if area.height >= 2 * least {
        let height = area.height / 2;
        panes.gradients = Some(bottom(&mut area, height));
    }
    panes.losses = area;
}

fn top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let part = Rect {
        height: rows,
        ..*area
    };
    area.y += rows;
    area.height -= rows;
    part
}

fn bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect {
        y: area.y + area.height,
        height: rows,
        ..*area
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: u16, height: u16) -> Option<Panes> {
        page(Rect::new(0, 0, width, height), 4, |w| {
            160_u16.div_ceil(w.max(1))
        })
    }

    fn all(panes: &Panes) -> Vec<Rect> {
        let always = [panes.status, panes.losses, panes.keys];
        let others = [
            panes.gradients,
            panes.sigma,
            panes.samples,
            panes.settings,
            panes.message,
        ];
        always
            .into_iter()
            .chain(others.into_iter().flatten())
            .collect()
    }

    #[test]
    fn panes_lie_inside_do_not_overlap_and_have_room() {
        for width in (1..320).step_by(3) {
            for height in 1..100 {
                let Some(panes) = at(width, height) else {
                    assert!(width < LEAST.0 || height < LEAST.1);
                    continue;
                };
                let rects = all(&panes);
                for (i, rect) in rects.iter().enumerate() {
                    assert!(!rect.is_empty(), "{width}×{height}: {panes:?}");
                    assert!(rect.right() <= width && rect.bottom() <= height);
                    let others = &rects[i + 1..];
                    assert!(
                        others.iter().all(|o| !o.intersects(*rect)),
                        "{width}×{height}: {panes:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_pane_shows_from_60_by_18() {
        for (width, height) in [(60, 18), (80, 24), (120, 40), (160, 50), (300, 90)] {
            let panes = at(width, height).unwrap();
            assert_eq!(all(&panes).len(), 8, "{width}×{height}: {panes:?}");
        }
        assert!(at(20, 5).is_none());
        assert!(at(50, 16).unwrap().samples.is_none());
    }
}
