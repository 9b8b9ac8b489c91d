//! Reading the lines of a file that may still grow.

use std::{
    fs::{File, Metadata},
    io::{self, BufRead, BufReader, ErrorKind, Read},
    os::unix::fs::MetadataExt,
};

use super::Reading;

/// Maximum length of a line in bytes. This program writes no longer ones.
pub const MAX_LINE: usize = 1 << 20;

/// A reader of complete lines. The start of an incomplete line stays buffered until its end arrives.
#[derive(Debug)]
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// Offset of `line` in the file, in bytes.
    start: u64,
    /// Offset of the next unread byte.
    position: u64,
    /// Whether the last call returned `line`.
    returned: bool,
    /// Whether the current line is longer than [`MAX_LINE`].
    too_long: bool,
}

/// A line without its newline.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Offset of the line in the file, in bytes.
    pub start: u64,
    /// The bytes. `None` if there are more than [`MAX_LINE`].
    pub text: Option<&'a [u8]>,
}

impl<R: Read> Lines<R> {
    /// A reader at the start of `from`.
    pub fn new(from: R) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, from),
            line: Vec::new(),
            start: 0,
            position: 0,
            returned: false,
            too_long: false,
        }
    }

    /// The next complete line. `None` at the end of the file; a later call sees what was appended since. With strict
    /// reading the last line may lack its newline.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next_line(&mut self, reading: Reading) -> io::Result<Option<Line<'_>>> {
        if std::mem::take(&mut self.returned) {
            self.line.clear();
            self.too_long = false;
            self.start = self.position;
        }
        while !self.returned {
            let chunk = match self.input.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                chunk => chunk?,
            };
            if chunk.is_empty() {
                self.returned = reading == Reading::Strict && self.is_torn();
                break;
            }
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            if self.line.len() + part.len() > MAX_LINE {
                self.too_long = true;
                self.line.clear();
            }
            if !self.too_long {
                self.line.extend_from_slice(part);
            }
            let taken = end.map_or(chunk.len(), |end| end + 1);
            self.input.consume(taken);
            self.position += taken as u64;
            self.returned = end.is_some();
        }
        Ok(self.returned.then(|| self.line()))
    }

    fn line(&self) -> Line<'_> {
        Line {
            start: self.start,
            text: (!self.too_long).then_some(&*self.line),
        }
    }

    /// Bytes read so far, including the start of an incomplete line.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether the last line read so far is incomplete.
    pub fn is_torn(&self) -> bool {
        !self.returned && self.position > self.start
    }
}

impl Lines<File> {
    /// Whether `there` describes the file being read, and the file was not truncated.
    pub fn still_reads(&self, there: &Metadata) -> bool {
        let identity = |it: &Metadata| (it.dev(), it.ino());
        let own = self.input.get_ref().metadata();
        own.is_ok_and(|own| identity(&own) == identity(there)) && there.len() >= self.position
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::VecDeque, rc::Rc};

    use proptest::prelude::*;

    use super::*;

    /// Returns the bytes that were put in, then reports the end of the file.
    #[derive(Clone, Default)]
    struct GrowingFile(Rc<RefCell<VecDeque<u8>>>);

    impl Read for GrowingFile {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.0.borrow_mut().read(buf)
        }
    }

    #[test]
    fn a_torn_line_waits_for_its_end() {
        let file = GrowingFile::default();
        let mut lines = Lines::new(file.clone());
        file.0.borrow_mut().extend(b"one\ntw");
        let text = |lines: &mut Lines<GrowingFile>| {
            let line = lines.next_line(Reading::Lenient).unwrap();
            line.map(|line| (line.start, line.text.unwrap().to_vec()))
        };
        assert_eq!(text(&mut lines), Some((0, b"one".to_vec())));
        assert_eq!(text(&mut lines), None);
        assert!(lines.is_torn());
        file.0.borrow_mut().extend(b"o\n\n");
        assert_eq!(text(&mut lines), Some((4, b"two".to_vec())));
        assert_eq!(text(&mut lines), Some((8, Vec::new())));
        assert_eq!(text(&mut lines), None);
        assert!(!lines.is_torn() && lines.position() == 9);
    }

    #[test]
    fn with_strict_reading_the_last_line_may_lack_its_end() {
        let mut lines = Lines::new(&b"one\ntwo"[..]);
        let mut text = || {
            let line = lines.next_line(Reading::Strict).unwrap()?;
            Some((line.start, line.text.unwrap().to_vec()))
        };
        assert_eq!(text(), Some((0, b"one".to_vec())));
        assert_eq!(text(), Some((4, b"two".to_vec())));
        assert_eq!(text(), None);
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let long = io::repeat(b'x').take(64 << 20);
        let mut lines = Lines::new(long.chain(&b"\nshort\n"[..]));
        let first = lines.next_line(Reading::Lenient).unwrap().unwrap();
        assert_eq!((first.start, first.text), (0, None));
        assert_eq!(
            lines.next_line(Reading::Lenient).unwrap().unwrap().text,
            Some(&b"short"[..])
        );
        assert!(lines.line.capacity() <= 2 * MAX_LINE);
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_text_however_it_comes(text in "[ab\n]{0,60}", cut in 0usize..60) {
            let file = GrowingFile::default();
            let mut lines = Lines::new(file.clone());
            let mut found = Vec::new();
            let cut = cut.min(text.len());
            for part in [&text[..cut], &text[cut..]] {
                file.0.borrow_mut().extend(part.as_bytes());
                while let Some(line) = lines.next_line(Reading::Lenient).unwrap() {
                    found.push(String::from_utf8(line.text.unwrap().to_vec()).unwrap());
                }
            }
            let mut expected: Vec<&str> = text.split('\n').collect();
            expected.pop();
            prop_assert_eq!(found, expected);
        }
    }
}
