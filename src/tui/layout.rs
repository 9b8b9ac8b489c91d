//! The layout of the screen, a function of the terminal's size. As the terminal shrinks, first the frames are dropped,
//! then the rows between panes, then the less important panes.

use ratatui::layout::Rect;

/// The minimum width and height of the screen, in cells. A smaller terminal shows only a notice.
pub(crate) const MIN_SIZE: (u16, u16) = (40, 10);

/// The areas of the screen. Those that do not fit are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Screen {
    pub status: Rect,
    /// The names of the views and the progress of the run.
    pub tabs: Option<Rect>,
    /// The area of the view.
    pub body: Rect,
    pub alarm: Option<Rect>,
    pub message: Option<Rect>,
    pub keys: Rect,
    /// Whether panes have a frame, instead of only a rule above them.
    pub framed: bool,
}

/// The rows that the view keeps below all other lines.
const LEAST_BODY: u16 = 3;

/// Lays out the screen. Returns `None` if the terminal is too small. `alarm` is the number of rows for alarms, and
/// `message` that of the message, which is in place of the keys where it has no row of its own.
pub(crate) fn screen(area: Rect, alarm: u16, message: u16) -> Option<Screen> {
    if area.width < MIN_SIZE.0 || area.height < MIN_SIZE.1 {
        return None;
    }
    let mut rest = area;
    let status = top(&mut rest, 1);
    let own = area.height >= 16;
    let message = message.max(1);
    let mut keys = bottom(&mut rest, 1);
    let tabs = (area.height >= 14).then(|| top(&mut rest, 1));
    let alarm_rows = alarm.min(rest.height.saturating_sub(LEAST_BODY + u16::from(own)));
    let most = rest.height.saturating_sub(LEAST_BODY + alarm_rows);
    let message = if own {
        Some(bottom(&mut rest, message.min(most)))
    } else {
        let more = bottom(&mut rest, (message - 1).min(most));
        keys = keys.union(more);
        None
    };
    let alarm = (alarm_rows > 0).then(|| bottom(&mut rest, alarm_rows));
    Some(Screen {
        status,
        tabs,
        body: rest,
        alarm,
        message,
        keys,
        framed: area.width >= 100 && area.height >= 30,
    })
}

/// A pane of the dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    #[default]
    Losses,
    Outputs,
    Gradients,
    Sigma,
    Samples,
    Scores,
    Settings,
}

impl Pane {
    /// All panes, in the order of the focus.
    pub const ALL: [Pane; 7] = [
        Pane::Losses,
        Pane::Outputs,
        Pane::Gradients,
        Pane::Sigma,
        Pane::Samples,
        Pane::Scores,
        Pane::Settings,
    ];

    /// Returns the pane after `pane`, or the first one.
    pub fn after(pane: Option<Pane>) -> Pane {
        let next = pane.map_or(0, |pane| pane as usize + 1);
        Pane::ALL[next % Pane::ALL.len()]
    }
}

/// Lays out the panes of the dashboard that fit into `body`. `layers` is the preferred number of rows in the σ pane, and
/// `settings_rows` returns the number of rows of the settings in a width.
pub(crate) fn dashboard(
    body: Rect,
    framed: bool,
    layers: u16,
    settings_rows: impl Fn(u16) -> u16,
) -> Vec<(Pane, Rect)> {
    let mut panes = Vec::new();
    let mut rest = body;
    if !framed && body.height >= 10 {
        let most = if body.height >= 18 { 3 } else { 2 };
        let rows = settings_rows(body.width).clamp(1, most);
        panes.push((Pane::Settings, top(&mut rest, rows)));
    }
    let mut curves = rest;
    if body.width >= 56 {
        let share = if body.width >= 180 { 42 } else { 46 };
        let gap = u16::from(!framed);
        curves.width = (u32::from(rest.width) * share / 100) as u16;
        let mut right = Rect {
            x: rest.x + curves.width + gap,
            width: rest.width - curves.width - gap,
            ..rest
        };
        if framed {
            let rows = settings_rows(right.width.saturating_sub(4)) + 2;
            let most = right.height / 2;
            panes.push((Pane::Settings, bottom(&mut right, rows.min(most))));
            if right.height >= ROOM_FOR_SCORES {
                let rows = right.height / 4;
                panes.push((Pane::Scores, bottom(&mut right, rows)));
            }
        }
        panes.push((Pane::Samples, right));
    }
    stack(&mut panes, curves, framed, layers.max(1));
    panes
}

/// The minimum height of the right column at which the scores have a pane, in rows.
const ROOM_FOR_SCORES: u16 = 36;
/// The minimum height of a plot when there are three, in rows.
const PLOT: u16 = 8;

/// Lays out the left column: losses, D's outputs, gradients and σ from top to bottom.
fn stack(panes: &mut Vec<(Pane, Rect)>, mut area: Rect, framed: bool, layers: u16) {
    let edges = if framed { 2 } else { 1 };
    let least = edges + 2;
    if area.height >= 2 * least {
        let roomy = area.height >= 36;
        let wanted = layers * if roomy { 2 } else { 1 } + edges;
        let most = (area.height * 2 / 5).max(edges + 1);
        panes.push((Pane::Sigma, bottom(&mut area, wanted.min(most))));
    }
    if area.height >= 2 * least {
        let outputs = area.height >= 3 * PLOT;
        let share = if outputs { 3 } else { 2 };
        let height = area.height / share;
        panes.push((Pane::Gradients, bottom(&mut area, height)));
        if outputs {
            panes.push((Pane::Outputs, bottom(&mut area, height)));
        }
    }
    panes.push((Pane::Losses, area));
}

/// Splits rows off the top of an area and returns them.
pub(crate) fn top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let part = Rect {
        height: rows,
        ..*area
    };
    area.y += rows;
    area.height -= rows;
    part
}

/// Splits rows off the bottom of an area and returns them.
pub(crate) fn bottom(area: &mut Rect, rows: u16) -> Rect {
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

    fn at(width: u16, height: u16, alarm: u16) -> Option<(Screen, Vec<(Pane, Rect)>)> {
        let screen = screen(Rect::new(0, 0, width, height), alarm, alarm)?;
        let rows = |w: u16| 160_u16.div_ceil(w.max(1));
        let panes = dashboard(screen.body, screen.framed, 4, rows);
        Some((screen, panes))
    }

    #[test]
    fn areas_lie_inside_do_not_overlap_and_are_not_empty() {
        for (width, height, alarm) in (1..320)
            .step_by(3)
            .flat_map(|w| (1..100).flat_map(move |h| [(w, h, 0), (w, h, 1), (w, h, 3)]))
        {
            let Some((screen, panes)) = at(width, height, alarm) else {
                assert!(width < MIN_SIZE.0 || height < MIN_SIZE.1);
                continue;
            };
            let around = [screen.tabs, screen.alarm, screen.message];
            let rects: Vec<Rect> = [screen.status, screen.keys]
                .into_iter()
                .chain(around.into_iter().flatten())
                .chain(panes.iter().map(|(_, rect)| *rect))
                .collect();
            for (i, rect) in rects.iter().enumerate() {
                assert!(!rect.is_empty(), "{width}×{height}: {screen:?} {panes:?}");
                assert!(rect.right() <= width && rect.bottom() <= height);
                let others = &rects[i + 1..];
                assert!(
                    others.iter().all(|o| !o.intersects(*rect)),
                    "{width}×{height}: {screen:?} {panes:?}"
                );
            }
        }
    }

    #[test]
    fn the_essential_panes_show_from_60_by_18_and_all_where_there_is_room() {
        for (width, height) in [(60, 18), (80, 24), (120, 40), (160, 50), (300, 90)] {
            let (_, panes) = at(width, height, 0).unwrap();
            let found = |pane: &Pane| panes.iter().any(|(p, _)| p == pane);
            let optional = match height {
                60.. => &[][..],
                30.. => &[Pane::Scores],
                _ => &[Pane::Scores, Pane::Outputs],
            };
            let mut needed = Pane::ALL.iter().filter(|pane| !optional.contains(pane));
            assert!(needed.all(found), "{width}×{height}: {panes:?}");
        }
        assert!(at(20, 5, 0).is_none());
        let (_, panes) = at(50, 16, 0).unwrap();
        assert!(panes.iter().all(|(pane, _)| *pane != Pane::Samples));
    }

    #[test]
    fn the_focus_visits_every_pane() {
        let mut pane = None;
        for expected in Pane::ALL.into_iter().chain([Pane::Losses]) {
            pane = Some(Pane::after(pane));
            assert_eq!(pane, Some(expected));
        }
    }
}
