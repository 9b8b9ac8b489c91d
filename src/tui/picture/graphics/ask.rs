//! Asking the terminal what it can, and telling its replies from keys.

/// A question in kitty's protocol: one pixel that is not to be shown.
const KITTY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
/// Name and version; the size of a cell; device attributes, which every terminal answers and which come last.
const OTHERS: &str = "\x1b[>q\x1b[16t\x1b[c";

/// What is sent to ask.
pub fn question(tmux: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if tmux {
        // Tmux hands this on to the terminal around it where that is allowed.
        bytes.extend(super::kitty::through_tmux(KITTY.as_bytes()));
    } else {
        bytes.extend(KITTY.as_bytes());
    }
    bytes.extend(OTHERS.as_bytes());
    bytes
}

/// What a terminal has said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replies {
    pub kitty: bool,
    /// Name and version.
    pub version: String,
    pub sixel: bool,
    /// Width and height of a cell in pixels.
    pub cell: Option<(u16, u16)>,
}

/// Takes replies out of what the terminal sends.
#[derive(Debug, Default)]
pub struct Listener {
    replies: Replies,
    /// A sequence that has begun and not ended.
    begun: Vec<u8>,
}

/// More than any reply has; what goes on for longer is none.
const LONGEST: usize = 4096;

/// What has been heard.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What a person typed meanwhile.
    pub typed: Vec<u8>,
    /// Everything the terminal said, once it has answered the last question.
    pub replies: Option<Replies>,
}

impl Listener {
    /// Takes bytes in any pieces.
    pub fn take(&mut self, bytes: &[u8]) -> Heard {
        let mut heard = Heard::default();
        for &byte in bytes {
            // Nothing that a terminal sends in one piece has control characters within: a key came in between.
            let key = byte < 0x20 && byte != 0x1b || self.begun == [0x1b] && byte == 0x1b;
            if key {
                heard.typed.append(&mut self.begun);
            }
            if self.begun.is_empty() && byte != 0x1b {
                heard.typed.push(byte);
                continue;
            }
            self.begun.push(byte);
            match state(&self.begun) {
                State::Open if self.begun.len() < LONGEST => {}
                State::Open | State::Typed => heard.typed.append(&mut self.begun),
                State::Whole => {
                    let sequence = std::mem::take(&mut self.begun);
                    match self.reply(&sequence) {
                        Reply::Last => heard.replies = Some(self.replies.clone()),
                        Reply::Another => {}
                        Reply::None => heard.typed.extend(sequence),
                    }
                }
            }
        }
        heard
    }

    /// Escape, where it came alone before these bytes and they do not go on with it. What a terminal sends for a key held
    /// with Alt comes in one piece.
    pub fn alone(&mut self, bytes: &[u8]) -> Vec<u8> {
        let goes_on = matches!(bytes, [b'[' | b'_' | b'P' | b'O', ..]);
        match self.begun[..] {
            [0x1b] if !goes_on => self.give_up(),
            _ => Vec::new(),
        }
    }

    /// What has begun and did not go on, as a key: Escape, most likely.
    pub fn give_up(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.begun)
    }

    /// Whether a sequence has begun and not ended.
    pub fn is_waiting(&self) -> bool {
        !self.begun.is_empty()
    }

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
        if text.starts_with("\x1bP") || text.starts_with("\x1b_") {
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

enum Reply {
    None,
    Another,
    Last,
}

enum State {
    Open,
    /// A sequence that may be a reply.
    Whole,
    /// Nothing that a terminal says.
    Typed,
}

fn state(begun: &[u8]) -> State {
    match begun {
        [_] => State::Open,
        [_, b'[' | b'_' | b'P' | b'O'] => State::Open,
        // Function keys of the console of Linux.
        [_, b'[', b'['] => State::Open,
        [_, b'[', .., 0x40..=0x7e] => State::Whole,
        [_, b'_' | b'P', .., 0x1b, b'\\'] => State::Whole,
        [_, b'[' | b'_' | b'P', ..] => State::Open,
        _ => State::Typed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KITTY_SAYS: &[u8] =
        b"\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.36.4)\x1b\\\x1b[6;20;10t\x1b[?62;52;c";

    #[test]
    fn replies_are_taken_in_any_pieces_and_keys_left_over() {
        for size in 1..KITTY_SAYS.len() {
            let mut listener = Listener::default();
            let mut typed = Vec::new();
            let mut replies = None;
            let mut bytes = b"s".to_vec();
            bytes.extend(KITTY_SAYS);
            bytes.extend(b"q");
            for piece in bytes.chunks(size) {
                let heard = listener.take(piece);
                typed.extend(heard.typed);
                replies = replies.or(heard.replies);
            }
            assert_eq!(typed, b"sq", "pieces of {size}");
            let expected = Replies {
                kitty: true,
                version: "kitty(0.36.4)".into(),
                sixel: false,
                cell: Some((10, 20)),
            };
            assert_eq!(replies, Some(expected));
        }
    }

    #[test]
    fn keys_that_begin_like_replies_stay_keys() {
        let mut listener = Listener::default();
        assert_eq!(listener.take(b"\x1b[A\x1b[5~").typed, b"\x1b[A\x1b[5~");
        assert_eq!(listener.take(b"\x1bx").typed, b"\x1bx");
        assert_eq!(listener.take(b"\x1b"), Heard::default());
        assert!(listener.is_waiting());
        assert_eq!(listener.give_up(), b"\x1b");
        let sixel = listener.take(b"\x1b[?63;1;2;4;6;9c").replies.unwrap();
        assert!(sixel.sixel && !sixel.kitty);
        // Whole sequences in one piece, whatever the pieces they came in.
        for key in [&b"\x1bOA"[..], b"\x1b[[A", b"\x1b[1;5A"] {
            let mut listener = Listener::default();
            let mut pieces: Vec<Vec<u8>> = key
                .chunks(1)
                .map(|byte| listener.take(byte).typed)
                .collect();
            assert_eq!(pieces.pop().unwrap(), key);
            assert!(pieces.iter().all(Vec::is_empty));
        }
        let mut listener = Listener::default();
        assert_eq!(listener.take(b"\x1b\x1b[A").typed, b"\x1b\x1b[A");
        listener.take(b"\x1b");
        assert_eq!(listener.alone(b"[A"), b"");
        assert_eq!(listener.alone(b"q"), b"\x1b");
        assert_eq!(listener.take(b"\x1bPabc\x03").typed, b"\x1bPabc\x03");
    }
}
