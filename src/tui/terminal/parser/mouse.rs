//! Reports of the mouse.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// The beginning of a report with decimal numbers.
const DECIMAL: &str = "\x1b[<";
/// The beginning of a report with a byte for each number, from a terminal that knows no other ones.
const BYTES: &str = "\x1b[M";
/// The number of bytes of such a report after its beginning.
const NUMBERS: usize = 3;

/// Parses a report of the mouse at the beginning of a text. Returns the report, or `None` if it is of no use, and the
/// remaining text; `None` if the text does not begin with a report.
pub(super) fn next_report(text: &str) -> Option<(Option<MouseEvent>, &str)> {
    if let Some(report) = text.strip_prefix(DECIMAL) {
        let end = report.find(['M', 'm'])?;
        let (numbers, rest) = report.split_at(end);
        return Some((decimal(numbers, rest.starts_with('M')), &rest[1..]));
    }
    // Its numbers would pass for keys.
    let numbers = text.strip_prefix(BYTES)?;
    let end = numbers.char_indices().nth(NUMBERS);
    Some((None, &numbers[end.map_or(numbers.len(), |(at, _)| at)..]))
}

/// Returns the report of `code;column;row`, in which columns and rows count from 1.
fn decimal(numbers: &str, pressed: bool) -> Option<MouseEvent> {
    let mut numbers = numbers.split(';').map(str::parse::<u16>);
    let mut next = || numbers.next()?.ok();
    let (code, column, row) = (next()?, next()?, next()?);
    let kind = match code & !MODIFIERS {
        0 if pressed => MouseEventKind::Down(MouseButton::Left),
        0 => MouseEventKind::Up(MouseButton::Left),
        DRAG => MouseEventKind::Drag(MouseButton::Left),
        WHEEL_UP => MouseEventKind::ScrollUp,
        WHEEL_DOWN => MouseEventKind::ScrollDown,
        _ => return None,
    };
    Some(MouseEvent {
        kind,
        column: column.checked_sub(1)?,
        row: row.checked_sub(1)?,
        modifiers: KeyModifiers::NONE,
    })
}

/// The bits of a code that tell which of Shift, Alt and Ctrl are held.
const MODIFIERS: u16 = 4 | 8 | 16;
const DRAG: u16 = 32;
const WHEEL_UP: u16 = 64;
const WHEEL_DOWN: u16 = 65;

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: MouseEventKind, column: u16, row: u16) -> Option<MouseEvent> {
        Some(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    }

    #[test]
    fn presses_drags_and_the_wheel_are_read_and_the_rest_is_dropped() {
        let left = MouseButton::Left;
        for (text, expected) in [
            ("\x1b[<0;1;1Mq", event(MouseEventKind::Down(left), 0, 0)),
            ("\x1b[<0;300;9mq", event(MouseEventKind::Up(left), 299, 8)),
            ("\x1b[<32;7;5Mq", event(MouseEventKind::Drag(left), 6, 4)),
            ("\x1b[<64;7;5Mq", event(MouseEventKind::ScrollUp, 6, 4)),
            ("\x1b[<65;7;5Mq", event(MouseEventKind::ScrollDown, 6, 4)),
            ("\x1b[<4;7;5Mq", event(MouseEventKind::Down(left), 6, 4)),
            ("\x1b[<2;7;5Mq", None),
            ("\x1b[<0;0;5Mq", None),
            ("\x1b[<0;99999;5Mq", None),
            ("\x1b[<;Mq", None),
            ("\x1b[M !!q", None),
        ] {
            assert_eq!(next_report(text), Some((expected, "q")), "{text:?}");
        }
        for key in ["q", "\x1b", "\x1b[A", "\x1b[<1", "[<0;1;1M"] {
            assert_eq!(next_report(key), None, "{key:?}");
        }
    }
}
