//! The query of the terminal's graphics protocols and colours, and the parser of its replies.

mod background;

use background::is_light;

/// The query of kitty's protocol: one pixel that is not displayed.
const KITTY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
/// The queries of the name and version, the size of a cell, and the device attributes. Every terminal answers the last one.
const OTHERS: &str = "\x1b[>q\x1b[16t\x1b[c";
/// The query of the colour of the background.
const BACKGROUND: &str = "\x1b]11;?\x1b\\";
/// The character that may end the reply to it.
const BELL: u8 = 0x07;

/// XTGETTCAP of the capabilities `RGB` and `Tc`, either of which says that the terminal has true colour.
const TRUE_COLOUR: &str = "\x1bP+q524742\x1b\\\x1bP+q5463\x1b\\";

/// Returns the bytes of the query, with that of true colour if it is not known and the terminal is not tmux, which does not
/// answer it.
pub(crate) fn query(tmux: bool, colour: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if colour && !tmux {
        bytes.extend(TRUE_COLOUR.as_bytes());
    }
    if tmux {
        // tmux forwards this to the outer terminal if its options allow it.
        bytes.extend(super::kitty::through_tmux(KITTY.as_bytes()));
    } else {
        bytes.extend(KITTY.as_bytes());
    }
    bytes.extend(BACKGROUND.as_bytes());
    bytes.extend(OTHERS.as_bytes());
    bytes
}

/// The replies of a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replies {
    pub kitty: bool,
    /// The name and version.
    pub version: String,
    pub sixel: bool,
    pub true_colour: bool,
    /// Whether the background is light, if the terminal tells its colour.
    pub light: Option<bool>,
    /// The width and height of a cell, in pixels.
    pub cell: Option<(u16, u16)>,
}

/// A parser that separates the terminal's replies from keyboard input.
#[derive(Debug, Default)]
pub(crate) struct ReplyParser {
    replies: Replies,
    /// The unfinished sequence.
    partial: Vec<u8>,
}

/// The maximum length of a reply, in bytes. A longer sequence is keyboard input.
const MAX_SEQUENCE: usize = 4096;

/// The result of parsing bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// The keyboard input.
    pub typed: Vec<u8>,
    /// All replies, once the terminal has answered the last query.
    pub replies: Option<Replies>,
}

impl ReplyParser {
    /// Parses bytes. Sequences may be split.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Parsed {
        let mut parsed = Parsed::default();
        for &byte in bytes {
            // A sequence holds no control characters: this one is a key that came in between.
            let ends = byte == BELL && self.partial.starts_with(b"\x1b]");
            let key =
                byte < 0x20 && byte != 0x1b && !ends || self.partial == [0x1b] && byte == 0x1b;
            if key {
                parsed.typed.append(&mut self.partial);
            }
            if self.partial.is_empty() && byte != 0x1b {
                parsed.typed.push(byte);
                continue;
            }
            self.partial.push(byte);
            match state(&self.partial) {
                State::Open if self.partial.len() < MAX_SEQUENCE => {}
                State::Open | State::Typed => parsed.typed.append(&mut self.partial),
                State::Whole => {
                    let sequence = std::mem::take(&mut self.partial);
                    match self.reply(&sequence) {
                        Reply::Last => parsed.replies = Some(self.replies.clone()),
                        Reply::Another => {}
                        Reply::None => parsed.typed.extend(sequence),
                    }
                }
            }
        }
        parsed
    }

    /// Returns the pending Escape if `bytes` does not continue it as a sequence. A terminal sends a key with Alt in one
    /// piece, so that an Escape before other bytes is a key.
    pub(crate) fn lone_escape(&mut self, bytes: &[u8]) -> Vec<u8> {
        let goes_on = matches!(bytes, [b'[' | b'_' | b'P' | b'O' | b']', ..]);
        match self.partial[..] {
            [0x1b] if !goes_on => self.flush(),
            _ => Vec::new(),
        }
    }

    /// Returns the unfinished sequence as keyboard input. It is most likely Escape.
    pub(crate) fn flush(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.partial)
    }

    /// Returns whether a sequence is unfinished.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Records a sequence if it is a reply.
    fn reply(&mut self, sequence: &[u8]) -> Reply {
        let text = String::from_utf8_lossy(sequence);
        let inside = |start: &str, end: &str| {
            let text = text.strip_prefix(start)?;
            text.strip_suffix(end).map(str::to_owned)
        };
        if let Some(body) = inside("\x1b_G", "\x1b\\") {
            self.replies.kitty |= body.starts_with("i=31") && body.ends_with(";OK");
            return Reply::Another;
        }
        if let Some(version) = inside("\x1bP>|", "\x1b\\") {
            self.replies.version = version;
            return Reply::Another;
        }
        if let Some(capability) = inside("\x1bP1+r", "\x1b\\") {
            let name = capability.split('=').next().unwrap_or_default();
            self.replies.true_colour |= ["524742", "5463"].contains(&name);
            return Reply::Another;
        }
        if let Some(colour) = text.strip_prefix("\x1b]11;") {
            let end = ['\x1b', '\\', BELL as char];
            self.replies.light = is_light(colour.trim_end_matches(end)).or(self.replies.light);
            return Reply::Another;
        }
        if text.starts_with("\x1b]") || text.starts_with("\x1bP") || text.starts_with("\x1b_") {
            return Reply::Another;
        }
        if let Some(size) = inside("\x1b[6;", "t") {
            let mut numbers = size.split(';').filter_map(|n| n.parse::<u16>().ok());
            if let (Some(height), Some(width)) = (numbers.next(), numbers.next())
                && width > 0
                && height > 0
            {
                self.replies.cell = Some((width, height));
            }
            return Reply::Another;
        }
        if let Some(attributes) = inside("\x1b[?", "c") {
            self.replies.sixel |= attributes.split(';').any(|attribute| attribute == "4");
            return Reply::Last;
        }
        Reply::None
    }
}

/// The kind of a complete sequence.
enum Reply {
    /// Not a reply.
    None,
    /// A reply that others follow.
    Another,
    /// The reply to the last query.
    Last,
}

/// The state of a sequence.
enum State {
    Open,
    /// Complete, and possibly a reply.
    Whole,
    /// Not the beginning of a reply.
    Typed,
}

fn state(sequence: &[u8]) -> State {
    match sequence {
        [_] => State::Open,
        [_, b'[' | b'_' | b'P' | b'O' | b']'] => State::Open,
        // Function keys of the Linux console.
        [_, b'[', b'['] => State::Open,
        [_, b'[', .., 0x40..=0x7e] => State::Whole,
        [_, b'_' | b'P' | b']', .., 0x1b, b'\\'] | [_, b']', .., BELL] => State::Whole,
        [_, b'[' | b'_' | b'P' | b']', ..] => State::Open,
        _ => State::Typed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KITTY_SAYS: &[u8] =
        b"\x1b_Gi=31;OK\x1b\\\x1b]11;rgb:ffff/fafa/f0f0\x1b\\\x1bP>|kitty(0.36.4)\x1b\\\x1b[6;20;10t\x1b[?62;52;c";

    #[test]
    fn split_replies_are_separated_from_keys() {
        for size in 1..KITTY_SAYS.len() {
            let mut parser = ReplyParser::default();
            let mut typed = Vec::new();
            let mut replies = None;
            let mut bytes = b"s".to_vec();
            bytes.extend(KITTY_SAYS);
            bytes.extend(b"q");
            for piece in bytes.chunks(size) {
                let parsed = parser.take(piece);
                typed.extend(parsed.typed);
                replies = replies.or(parsed.replies);
            }
            assert_eq!(typed, b"sq", "pieces of {size}");
            let expected = Replies {
                kitty: true,
                version: "kitty(0.36.4)".into(),
                sixel: false,
                true_colour: false,
                light: Some(true),
                cell: Some((10, 20)),
            };
            assert_eq!(replies, Some(expected));
        }
    }

    #[test]
    fn either_capability_is_true_colour() {
        let says = |reply: &str| {
            let bytes = format!("\x1bP{reply}\x1b\\\x1b[?62c");
            let parsed = ReplyParser::default().take(bytes.as_bytes());
            parsed.replies.unwrap().true_colour
        };
        assert!(says("1+r524742=382f382f38") && says("1+r5463"));
        assert!(!says("0+r524742") && !says("1+r544e=78"));
        let asked = |tmux, colour| {
            query(tmux, colour)
                .windows(4)
                .any(|part| part == b"\x1bP+q")
        };
        assert!(asked(false, true) && !asked(true, true) && !asked(false, false));
    }

    #[test]
    fn keys_that_begin_like_replies_stay_keys() {
        let mut parser = ReplyParser::default();
        assert_eq!(parser.take(b"\x1b[A\x1b[5~").typed, b"\x1b[A\x1b[5~");
        assert_eq!(parser.take(b"\x1bx").typed, b"\x1bx");
        assert_eq!(parser.take(b"\x1b"), Parsed::default());
        assert!(parser.is_waiting());
        assert_eq!(parser.flush(), b"\x1b");
        let sixel = parser.take(b"\x1b[?63;1;2;4;6;9c").replies.unwrap();
        assert!(sixel.sixel && !sixel.kitty);
        // Split sequences are returned whole.
        for key in [&b"\x1bOA"[..], b"\x1b[[A", b"\x1b[1;5A"] {
            let mut parser = ReplyParser::default();
            let mut pieces: Vec<Vec<u8>> =
                key.chunks(1).map(|byte| parser.take(byte).typed).collect();
            assert_eq!(pieces.pop().unwrap(), key);
            assert!(pieces.iter().all(Vec::is_empty));
        }
        let mut parser = ReplyParser::default();
        assert_eq!(parser.take(b"\x1b\x1b[A").typed, b"\x1b\x1b[A");
        parser.take(b"\x1b");
        assert_eq!(parser.lone_escape(b"[A"), b"");
        assert_eq!(parser.lone_escape(b"q"), b"\x1b");
        assert_eq!(parser.take(b"\x1bPabc\x03").typed, b"\x1bPabc\x03");
        // Esc and the key that raises the gain, typed at once.
        assert_eq!(parser.take(b"\x1b]").typed, b"");
        assert_eq!(parser.flush(), b"\x1b]");
        assert_eq!(parser.take(b"\x1b]\x03").typed, b"\x1b]\x03");
    }
}
