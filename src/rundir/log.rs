//! The log of a run, limited in size per time.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::Mutex,
    time::{Duration, Instant},
};

use tracing::Dispatch;

use super::{Error, directory::RunDirectory};
use crate::text::Escaping;

/// Bytes that may be written at once.
pub const BURST: usize = 256 << 10;
/// Bytes that may be written per second after a burst.
pub const RATE: usize = 8 << 10;
/// Bytes of the budget that are reserved for errors.
const FOR_ERRORS: usize = BURST / 4;
/// How long repetitions of a message are counted instead of written.
pub const REPEAT_WINDOW: Duration = Duration::from_secs(10);
/// Maximum number of messages whose repetitions are counted.
const REMEMBERED: usize = 64;

/// A writer of log lines that counts repeated messages instead of writing them, and drops lines beyond its budget. The
/// counts are written later.
#[derive(Debug)]
pub(crate) struct RateLimited<W: Write> {
    to: W,
    messages: VecDeque<Message>,
    /// Bytes that may be written now.
    budget: usize,
    /// When the budget was last increased.
    since: Instant,
    /// Lines dropped since the last written one.
    left_out: u64,
}

/// A message that was written.
#[derive(Debug)]
struct Message {
    text: String,
    at: Instant,
    /// Repetitions since then.
    more: u64,
}

impl<W: Write> RateLimited<W> {
    pub(crate) fn new(to: W) -> Self {
        Self {
            to,
            messages: VecDeque::new(),
            budget: BURST,
            since: Instant::now(),
            left_out: 0,
        }
    }

    /// Writes a line that arrived at `now`. It consists of a time, a space and a message.
    fn line(&mut self, line: &str, now: Instant) -> io::Result<()> {
        let (time, text) = line.split_once(' ').unwrap_or(("", line));
        let known = self
            .messages
            .iter_mut()
            .find(|message| message.text == text);
        if let Some(message) = known.filter(|message| now - message.at < REPEAT_WINDOW) {
            message.more += 1;
            return Ok(());
        }
        self.refill(now);
        let error = text.trim_start().starts_with("ERROR");
        let share = if error { 0 } else { FOR_ERRORS };
        if self.budget < share + line.len() {
            self.left_out += 1;
            return Ok(());
        }
        match std::mem::take(&mut self.left_out) {
            0 => {}
            count => self.write_line(&format!(
                "{time} {count} lines were too many and are left out\n"
            ))?,
        }
        self.remember(time, text, now)?;
        self.write_line(line)
    }

    /// Remembers a message. Writes how often it was repeated since it was last written, and the same for the message
    /// that is forgotten in exchange.
    fn remember(&mut self, time: &str, text: &str, now: Instant) -> io::Result<()> {
        let known = self
            .messages
            .iter()
            .position(|message| message.text == text);
        let oldest = (self.messages.len() == REMEMBERED).then_some(0);
        if let Some(message) = known.or(oldest).and_then(|at| self.messages.remove(at)) {
            self.write_count(time, &message)?;
        }
        self.messages.push_back(Message {
            text: text.to_owned(),
            at: now,
            more: 0,
        });
        Ok(())
    }

    /// Writes how often a message was repeated.
    fn write_count(&mut self, time: &str, message: &Message) -> io::Result<()> {
        match message.more {
            0 => Ok(()),
            1 => self.write_line(&format!("{time} once more: {}\n", message.text.trim())),
            more => self.write_line(&format!(
                "{time} {more} times more: {}\n",
                message.text.trim()
            )),
        }
    }

    /// Adds to the budget what the time since the last refill allows.
    fn refill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.since).as_secs_f64();
        let more = (seconds * RATE as f64) as usize;
        if more > 0 {
            self.budget = (self.budget + more).min(BURST);
            self.since = now;
        }
    }

    /// Writes a line and takes it from the budget.
    fn write_line(&mut self, line: &str) -> io::Result<()> {
        self.budget = self.budget.saturating_sub(line.len());
        self.to.write_all(line.as_bytes())
    }
}

impl<W: Write> Write for RateLimited<W> {
    /// Takes a whole line, as the log's formatter writes it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.line(&String::from_utf8_lossy(line), Instant::now())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl<W: Write> Drop for RateLimited<W> {
    fn drop(&mut self) {
        let time = jiff::Timestamp::now().to_string();
        for message in std::mem::take(&mut self.messages) {
            // Nobody is left to report an error to.
            let _ = self.write_count(&time, &message);
        }
    }
}

/// Opens the log of a run.
///
/// # Errors
/// If the file cannot be opened.
pub(crate) fn open(directory: &RunDirectory) -> Result<Dispatch, Error> {
    let place = directory.log();
    let file = place.append().map_err(|source| Error::Write {
        path: place.path(),
        source,
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Mutex::new(RateLimited::new(Escaping(file))))
        .with_ansi(false)
        .with_target(false)
        // With a full disk, messages about the log itself would overwrite the screen.
        .log_internal_errors(false)
        .finish();
    Ok(Dispatch::new(subscriber))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text written for lines that arrive so many milliseconds after the start.
    fn written(lines: impl IntoIterator<Item = (u64, String)>) -> String {
        let mut bytes = Vec::new();
        let mut log = RateLimited::new(&mut bytes);
        let start = Instant::now();
        for (after, line) in lines {
            let now = start + Duration::from_millis(after);
            log.line(&line, now).unwrap();
        }
        drop(log);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn repeated_messages_are_counted() {
        let again = (0..20_000).map(|i| (i, format!("12:00:{i} WARN attach: no room\n")));
        let other = [(5_000, "12:00:05 INFO saved\n".to_owned())];
        let text = written(again.take(5_000).chain(other).chain([
            (9_000, "12:00:09 WARN attach: no room\n".into()),
            (12_000, "12:00:12 WARN attach: no room\n".into()),
        ]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "12:00:0 WARN attach: no room",
                "12:00:05 INFO saved",
                "12:00:12 5000 times more: WARN attach: no room",
                "12:00:12 WARN attach: no room",
            ]
        );
    }

    #[test]
    fn counts_are_written_at_the_end() {
        let text = written((0..3).map(|_| (0, "t INFO left\n".to_owned())));
        assert!(text.ends_with(" 2 times more: INFO left\n"), "{text}");
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn a_minute_of_a_flood_is_less_than_a_megabyte_and_errors_come_through() {
        let flood = (0..600_000u64).map(|i| (i / 10, format!("t INFO attach: process {i} left\n")));
        let error = [(60_000, "t ERROR the device is gone\n".to_owned())];
        let text = written(flood.chain(error));
        assert!(text.len() < 1 << 20, "{}", text.len());
        assert!(text.contains("lines were too many and are left out\n"));
        assert!(text.contains("the device is gone"));
    }
}
