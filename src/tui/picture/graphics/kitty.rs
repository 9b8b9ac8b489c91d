//! Kitty's graphics protocol.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The maximum number of base64 bytes in one sequence.
const CHUNK: usize = 4096;

/// The placeholder of one cell of a picture. Diacritics give its row and column.
pub(super) const PLACEHOLDER: char = '\u{10eeee}';

/// The diacritics of the rows 0, 1, 2, …: the first ones of kitty's list.
const ROWS: [u16; 96] = [
    0x0305, 0x030d, 0x030e, 0x0310, 0x0312, 0x033d, 0x033e, 0x033f, 0x0346, 0x034a, 0x034b, 0x034c,
    0x0350, 0x0351, 0x0352, 0x0357, 0x035b, 0x0363, 0x0364, 0x0365, 0x0366, 0x0367, 0x0368, 0x0369,
    0x036a, 0x036b, 0x036c, 0x036d, 0x036e, 0x036f, 0x0483, 0x0484, 0x0485, 0x0486, 0x0487, 0x0592,
    0x0593, 0x0594, 0x0595, 0x0597, 0x0598, 0x0599, 0x059c, 0x059d, 0x059e, 0x059f, 0x05a0, 0x05a1,
    0x05a8, 0x05a9, 0x05ab, 0x05ac, 0x05af, 0x05c4, 0x0610, 0x0611, 0x0612, 0x0613, 0x0614, 0x0615,
    0x0616, 0x0617, 0x0657, 0x0658, 0x0659, 0x065a, 0x065b, 0x065d, 0x065e, 0x06d6, 0x06d7, 0x06d8,
    0x06d9, 0x06da, 0x06db, 0x06dc, 0x06df, 0x06e0, 0x06e1, 0x06e2, 0x06e4, 0x06e7, 0x06e8, 0x06eb,
    0x06ec, 0x0730, 0x0732, 0x0733, 0x0735, 0x0736, 0x073a, 0x073d, 0x073f, 0x0740, 0x0741, 0x0743,
];

/// Returns the sequences that draw a PNG over `columns` × `rows` cells at the cursor, which does not move. With `virtual_`
/// the picture is drawn at its placeholders instead.
pub(super) fn encode(png: &[u8], id: u32, columns: u16, rows: u16, virtual_: bool) -> Vec<Vec<u8>> {
    let text = STANDARD.encode(png);
    let chunks: Vec<&str> = (0..text.len())
        .step_by(CHUNK)
        .map(|at| &text[at..(at + CHUNK).min(text.len())])
        .collect();
    let place = if virtual_ { "U=1" } else { "C=1" };
    let last = chunks.len().saturating_sub(1);
    let sequence = |(i, chunk): (usize, &&str)| {
        let more = u8::from(i < last);
        let head = match i {
            0 => format!("a=T,f=100,t=d,i={id},q=2,c={columns},r={rows},{place},m={more}"),
            _ => format!("m={more},q=2"),
        };
        format!("\x1b_G{head};{chunk}\x1b\\").into_bytes()
    };
    chunks.iter().enumerate().map(sequence).collect()
}

/// Returns the sequence that deletes a picture.
pub(super) fn delete(id: u32) -> Vec<u8> {
    format!("\x1b_Ga=d,d=I,i={id},q=2\x1b\\").into_bytes()
}

/// Returns the placeholders of one row, or `None` if [`ROWS`] has no diacritic for it.
pub(super) fn placeholders(row: usize, columns: u16) -> Option<String> {
    let diacritic = char::from_u32((*ROWS.get(row)?).into())?;
    let mut text = String::new();
    for column in 0..columns {
        text.push(PLACEHOLDER);
        // The following placeholders continue the columns of the first.
        if column == 0 {
            text.push(diacritic);
            text.push(char::from_u32(ROWS[0].into())?);
        }
    }
    Some(text)
}

/// Wraps a sequence so that tmux forwards it to the outer terminal.
pub(super) fn through_tmux(sequence: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x1bPtmux;".to_vec();
    for &byte in sequence {
        if byte == 0x1b {
            bytes.push(0x1b);
        }
        bytes.push(byte);
    }
    bytes.extend(b"\x1b\\");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_is_sent_in_chunks() {
        let png: Vec<u8> = (0..10_000u32).map(|i| i as u8).collect();
        let sequences = encode(&png, 7, 20, 10, false);
        let texts: Vec<String> = sequences
            .iter()
            .map(|s| String::from_utf8(s.clone()).unwrap())
            .collect();
        assert_eq!(texts.len(), 4);
        assert!(texts[0].starts_with("\x1b_Ga=T,f=100,t=d,i=7,q=2,c=20,r=10,C=1,m=1;"));
        assert!(texts[3].starts_with("\x1b_Gm=0,q=2;"));
        let body = |text: &String| {
            let text = text.strip_suffix("\x1b\\").unwrap();
            text.split_once(';').unwrap().1.to_owned()
        };
        let all: String = texts.iter().map(body).collect();
        assert_eq!(STANDARD.decode(all).unwrap(), png);
    }

    #[test]
    fn escapes_are_doubled_for_tmux_and_rows_are_numbered() {
        assert_eq!(
            through_tmux(b"\x1b_Gx\x1b\\"),
            b"\x1bPtmux;\x1b\x1b_Gx\x1b\x1b\\\x1b\\"
        );
        assert_eq!(
            placeholders(1, 2).unwrap(),
            "\u{10eeee}\u{30d}\u{305}\u{10eeee}"
        );
        assert_eq!(placeholders(96, 2), None);
    }
}
