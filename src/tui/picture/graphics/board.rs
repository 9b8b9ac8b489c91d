//! The pictures on the terminal. Only new pictures are sent, and those no longer wanted are deleted.

use std::{fmt::Write, rc::Rc};

use ratatui::layout::Rect;

use super::{Graphics, Protocol, iterm, kitty, raster::Raster, sixel};

/// A picture and its area.
#[derive(Clone, Debug)]
pub struct Placement {
    pub area: Rect,
    /// The number of the picture, unique for each.
    pub stamp: u64,
    pub raster: Rc<Raster>,
}

/// The bytes to send before and after the characters of a frame.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Update {
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

/// The pictures that the terminal shows.
#[derive(Debug, Default)]
pub(crate) struct Board {
    shown: Vec<Shown>,
    /// The id of the last picture in kitty's protocol.
    last: u32,
}

#[derive(Debug)]
struct Shown {
    area: Rect,
    stamp: u64,
    id: u32,
}

impl Board {
    /// Returns the bytes that make the terminal show exactly the wanted pictures.
    pub(crate) fn update(&mut self, wanted: &[Placement], graphics: Option<Graphics>) -> Update {
        let mut update = Update::default();
        let wanted = if graphics.is_some() { wanted } else { &[] };
        let is_wanted = |shown: &Shown| {
            let same = |w: &Placement| (w.area, w.stamp) == (shown.area, shown.stamp);
            wanted.iter().any(same)
        };
        let (stay, gone): (Vec<Shown>, Vec<Shown>) = std::mem::take(&mut self.shown)
            .into_iter()
            .partition(is_wanted);
        self.shown = stay;
        let Some(graphics) = graphics else {
            return update;
        };
        for placement in wanted {
            let same = |s: &Shown| (s.area, s.stamp) == (placement.area, placement.stamp);
            if self.shown.iter().any(same) {
                continue;
            }
            // A picture that replaces another one in the same area needs no blank cells.
            if !gone.iter().any(|old| old.area == placement.area) {
                update.before.extend(blank(placement.area));
            }
            self.last = self.last % 200 + 1;
            let id = self.last;
            if let Some(bytes) = encode(placement, graphics, id) {
                update.after.extend(bytes);
            }
            self.shown.push(Shown {
                area: placement.area,
                stamp: placement.stamp,
                id,
            });
        }
        for old in gone {
            match graphics.protocol {
                Protocol::Kitty => update.after.extend(kitty::delete(old.id)),
                Protocol::KittyInTmux => {
                    let delete = kitty::through_tmux(&kitty::delete(old.id));
                    update.after.extend(delete);
                }
                Protocol::ITerm | Protocol::Sixel => {}
            }
        }
        update
    }

    /// Returns the bytes that delete the pictures which clearing the characters does not delete.
    pub(crate) fn clear(&mut self, graphics: Option<Graphics>) -> Vec<u8> {
        let shown = std::mem::take(&mut self.shown);
        let ids = shown.into_iter().map(|shown| shown.id);
        match graphics.map(|graphics| graphics.protocol) {
            Some(Protocol::Kitty) => ids.flat_map(kitty::delete).collect(),
            Some(Protocol::KittyInTmux) => ids
                .flat_map(|id| kitty::through_tmux(&kitty::delete(id)))
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// Encodes a picture at its area. Returns `None` if it cannot be encoded.
fn encode(placement: &Placement, graphics: Graphics, id: u32) -> Option<Vec<u8>> {
    let Rect { width, height, .. } = placement.area;
    let mut bytes = move_to(placement.area.x, placement.area.y).into_bytes();
    let raster = &placement.raster;
    match graphics.protocol {
        Protocol::Sixel => bytes.extend(sixel::encode(raster)),
        Protocol::ITerm => bytes.extend(iterm::encode(&raster.png().ok()?, width, height)),
        Protocol::Kitty => {
            let sequences = kitty::encode(&raster.png().ok()?, id, width, height, false);
            bytes.extend(sequences.into_iter().flatten());
        }
        Protocol::KittyInTmux => {
            let sequences = kitty::encode(&raster.png().ok()?, id, width, height, true);
            for sequence in sequences {
                bytes.extend(kitty::through_tmux(&sequence));
            }
            // The colour of the placeholders is the id of their picture.
            let mut text = format!("\x1b[38;5;{id}m");
            for row in 0..height {
                text.push_str(&move_to(placement.area.x, placement.area.y + row));
                text.push_str(&kitty::placeholders(row.into(), width)?);
            }
            text.push_str("\x1b[39m");
            bytes.extend(text.into_bytes());
        }
    }
    Some(bytes)
}

/// Returns the sequence that moves the cursor to a cell.
fn move_to(x: u16, y: u16) -> String {
    format!("\x1b[{};{}H", y + 1, x + 1)
}

/// Returns the bytes that fill an area with blanks in the terminal's default colours.
fn blank(area: Rect) -> Vec<u8> {
    let mut text = String::from("\x1b[0m");
    let blank = " ".repeat(area.width.into());
    for y in area.top()..area.bottom() {
        let _ = write!(text, "{}{blank}", move_to(area.x, y));
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placement(stamp: u64, x: u16) -> Placement {
        Placement {
            area: Rect::new(x, 2, 4, 2),
            stamp,
            raster: Rc::new(Raster::filled(8, 8, [stamp as u8, 0, 0, 255])),
        }
    }

    fn graphics(protocol: Protocol) -> Option<Graphics> {
        Some(Graphics {
            protocol,
            cell: (2, 4),
        })
    }

    #[test]
    fn a_picture_is_sent_once_and_replaced_without_blanks() {
        for protocol in [
            Protocol::Kitty,
            Protocol::KittyInTmux,
            Protocol::ITerm,
            Protocol::Sixel,
        ] {
            let mut board = Board::default();
            let first = board.update(&[placement(1, 3)], graphics(protocol));
            assert!(
                !first.before.is_empty() && first.after.len() > 40,
                "{protocol:?}"
            );
            let same = board.update(&[placement(1, 3)], graphics(protocol));
            assert_eq!(same, Update::default(), "{protocol:?}");
            let next = board.update(&[placement(2, 3)], graphics(protocol));
            assert!(
                next.before.is_empty() && !next.after.is_empty(),
                "{protocol:?}"
            );
            let moved = board.update(&[placement(2, 9)], graphics(protocol));
            assert!(!moved.before.is_empty(), "{protocol:?}");
        }
    }

    #[test]
    fn pictures_of_kitty_are_deleted() {
        let mut board = Board::default();
        let kitty = graphics(Protocol::Kitty);
        board.update(&[placement(1, 3), placement(2, 9)], kitty);
        let gone = board.update(&[placement(2, 9)], kitty);
        assert_eq!(gone.after, kitty::delete(1));
        assert_eq!(board.clear(kitty), kitty::delete(2));
        assert_eq!(board.clear(kitty), b"");
    }
}
