//! A canvas of dots: braille, or else one character per cell.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

/// The appearance of the dots of one curve or set of points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    pub style: Style,
    /// The character of a dot without braille.
    pub marker: char,
}

/// How cells with dots of several inks are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Several {
    /// In the last ink.
    Last,
    /// In an ink of their own.
    Alike(Ink),
    /// In each of the inks from `front` on in turn, and in every [`BEHIND_EVERY`]th column in one of those from `behind` on,
    /// with a further modifier.
    InTurn {
        front: u32,
        behind: u32,
        more: Modifier,
    },
}

/// A grid of cells in which dots are set.
#[derive(Debug)]
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    braille: bool,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    bits: u8,
    /// The inks that set a dot in the cell, as a bit set.
    inks: u32,
    /// The last ink that set a dot.
    last: u8,
}

/// The bits of a braille pattern by row and column of the dot.
pub(crate) const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    pub(crate) fn new(width: u16, height: u16, braille: bool) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self {
            width,
            height,
            braille,
            cells: vec![Cell::default(); width * height],
        }
    }

    /// Returns the width of the canvas, in cells.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Returns the width and height of the canvas, in dots.
    pub(crate) fn dots(&self) -> (usize, usize) {
        if self.braille {
            (self.width * 2, self.height * 4)
        } else {
            (self.width, self.height)
        }
    }

    /// Sets the dot at (x, y), with y downwards, in one of at most 32 inks. Dots outside the canvas are dropped.
    pub(crate) fn set(&mut self, x: i64, y: i64, ink: u8) {
        let (dots_x, dots_y) = self.dots();
        if x < 0 || y < 0 || x >= dots_x as i64 || y >= dots_y as i64 {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        let (column, row, bit) = if self.braille {
            (x / 2, y / 4, BITS[y % 4][x % 2])
        } else {
            (x, y, 1)
        };
        let cell = &mut self.cells[row * self.width + column];
        cell.bits |= bit;
        cell.inks |= 1u32.checked_shl(ink.into()).unwrap_or(0);
        cell.last = ink;
    }

    /// Returns the columns and rows of the cells that hold a dot.
    pub(crate) fn drawn(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        let drawn = self.cells.iter().enumerate().filter(|(_, c)| c.bits != 0);
        drawn.map(|(i, _)| ((i % self.width) as u16, (i / self.width) as u16))
    }

    /// Draws a straight line of dots.
    pub(crate) fn line(&mut self, from: (i64, i64), to: (i64, i64), ink: u8) {
        self.line_where(from, to, ink, |_| true);
    }

    /// Draws the dots of a straight line in those columns of dots for which `drawn` returns true.
    pub(crate) fn line_where(
        &mut self,
        (x0, y0): (i64, i64),
        (x1, y1): (i64, i64),
        ink: u8,
        drawn: impl Fn(i64) -> bool,
    ) {
        let length = (x1 - x0).abs().max((y1 - y0).abs()).max(1);
        for i in 0..=length {
            let along = i as f64 / length as f64;
            let x = x0 as f64 + (x1 - x0) as f64 * along;
            let y = y0 as f64 + (y1 - y0) as f64 * along;
            let x = x.round() as i64;
            if drawn(x) {
                self.set(x, y.round() as i64, ink);
            }
        }
    }

    /// Draws the cells that hold a dot. `several` tells how a cell with dots of several inks is drawn.
    pub(crate) fn render(&self, buf: &mut Buffer, area: Rect, inks: &[Ink], several: Several) {
        for (i, cell) in self.cells.iter().enumerate().filter(|(_, c)| c.bits != 0) {
            let (x, y) = (
                area.x + (i % self.width) as u16,
                area.y + (i / self.width) as u16,
            );
            let last = inks.get(cell.last as usize).copied();
            let ink = match several {
                Several::Alike(ink) if cell.inks.count_ones() > 1 => Some(ink),
                Several::InTurn {
                    front,
                    behind,
                    more,
                } => {
                    let set = |&ink: &u32| cell.inks & (1 << ink) != 0;
                    let own: Vec<u32> = (front..32).rev().filter(set).collect();
                    let others: Vec<u32> = (behind..front).rev().filter(set).collect();
                    let turn = in_turn(i % self.width, &own, &others);
                    match turn.and_then(|ink| inks.get(ink as usize)) {
                        Some(ink) => Some(Ink {
                            style: ink.style.add_modifier(more),
                            ..*ink
                        }),
                        None => last,
                    }
                }
                _ => last,
            };
            if let (Some(ink), Some(target)) = (ink, buf.cell_mut((x, y))) {
                let symbol = if self.braille {
                    char::from_u32(0x2800 + u32::from(cell.bits)).unwrap_or(ink.marker)
                } else {
                    ink.marker
                };
                target.set_char(symbol).set_style(ink.style);
            }
        }
    }
}

/// In cells that curves in front and behind share, every how many columns one has the ink of a curve behind.
const BEHIND_EVERY: usize = 3;

/// Returns whose turn it is in a column of a cell with dots in several inks of curves, `None` if it has those of one at most.
/// The column decides, so the colours of a line that curves share take turns along it.
fn in_turn(column: usize, own: &[u32], others: &[u32]) -> Option<u32> {
    let of = |inks: &[u32], turn: usize| inks.get(turn % inks.len().max(1)).copied();
    match (own.len(), others.len()) {
        (0, 0 | 1) | (1, 0) => None,
        (0, _) => of(others, column),
        (_, 0) => of(own, column),
        _ if column % BEHIND_EVERY == BEHIND_EVERY - 1 => of(others, column / BEHIND_EVERY),
        _ => of(own, column - column / BEHIND_EVERY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(braille: bool, draw: impl Fn(&mut Canvas)) -> String {
        let area = Rect::new(0, 0, 3, 2);
        let mut canvas = Canvas::new(3, 2, braille);
        draw(&mut canvas);
        let mut buf = Buffer::empty(area);
        let ink = |marker| Ink {
            style: Style::new(),
            marker,
        };
        canvas.render(
            &mut buf,
            area,
            &[ink('a'), ink('b')],
            Several::Alike(ink('@')),
        );
        buf.content.iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn dots_land_in_their_cells_and_outside_ones_are_dropped() {
        let corners = |c: &mut Canvas| {
            let (w, h) = c.dots();
            c.set(0, 0, 0);
            c.set(w as i64 - 1, h as i64 - 1, 1);
            c.set(-1, 0, 0);
            c.set(0, h as i64, 0);
        };
        assert_eq!(drawn(true, corners), "⠁    ⢀");
        assert_eq!(drawn(false, corners), "a    b");
    }

    #[test]
    fn a_line_has_no_holes_and_crossings_show() {
        assert_eq!(drawn(false, |c| c.line((0, 0), (2, 0), 0)), "aaa   ");
        assert_eq!(
            drawn(false, |c| {
                c.set(1, 0, 0);
                c.set(1, 0, 1);
            }),
            " @    "
        );
    }

    #[test]
    fn curves_in_front_and_behind_take_turns_where_they_share_cells() {
        let turns = |own: &[u32], others: &[u32]| -> Vec<Option<u32>> {
            (0..6).map(|column| in_turn(column, own, others)).collect()
        };
        assert_eq!(turns(&[5], &[]), [None; 6]);
        assert_eq!(turns(&[], &[2]), [None; 6]);
        let some = |inks: [u32; 6]| inks.map(Some);
        assert_eq!(turns(&[5], &[2]), some([5, 5, 2, 5, 5, 2]));
        assert_eq!(turns(&[5, 6], &[2, 3]), some([5, 6, 2, 5, 6, 3]));
        assert_eq!(turns(&[5, 6], &[]), some([5, 6, 5, 6, 5, 6]));
        assert_eq!(turns(&[], &[2, 3]), some([2, 3, 2, 3, 2, 3]));
    }

    #[test]
    fn two_inks_of_a_line_take_turns() {
        let area = Rect::new(0, 0, 4, 1);
        let mut canvas = Canvas::new(4, 1, false);
        canvas.line((0, 0), (3, 0), 0);
        canvas.line((0, 0), (2, 0), 1);
        canvas.line((0, 0), (1, 0), 2);
        let mut buf = Buffer::empty(area);
        let inks = ['.', 'b', 'c'].map(|marker| Ink {
            style: Style::new(),
            marker,
        });
        let several = Several::InTurn {
            front: 1,
            behind: 1,
            more: Modifier::UNDERLINED,
        };
        canvas.render(&mut buf, area, &inks, several);
        let row: String = buf.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(row, "cbb.");
        let marked = |x: usize| buf.content[x].modifier == Modifier::UNDERLINED;
        assert!(marked(0) && marked(1) && !marked(2) && !marked(3));
    }
}
