//! What goes into the log of a run: everything that is worth a line, and no flood.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::Mutex,
    time::{Duration, Instant},
};

use tracing::Dispatch;

use super::{Error, directory::RunDirectory};
use crate::text::Escaping;

/// Bytes that may come at once, and how many more each second.
pub const BURST: usize = 256 << 10;
pub const RATE: usize = 8 << 10;
/// What is left for errors when everything else has used up its share.
const FOR_ERRORS: usize = BURST / 4;
/// How long the same message is only counted.
pub const AGAIN: Duration = Duration::from_secs(10);
/// Messages that are remembered.
const REMEMBERED: usize = 64;

/// Lines on their way to a file. A message that comes again within seconds is counted and not written, and what is more
/// than a disk should bear is left out; both are told.
#[derive(Debug)]
pub(crate) struct Limited<W: Write> {
    to: W,
    said: VecDeque<Said>,
    budget: usize,
    since: Instant,
    left_out: u64,
}

/// A message that was written.
#[derive(Debug)]
struct Said {
    text: String,
    at: Instant,
    /// How often it came since then.
    more: u64,
}

impl<W: Write> Limited<W> {
    pub(crate) fn new(to: W) -> Self {
        Self {
            to,
            said: VecDeque::new(),
            budget: BURST,
            since: Instant::now(),
            left_out: 0,
        }
    }

    /// Writes a line that came at this moment: a time, a blank, a message.
    fn line(&mut self, line: &str, now: Instant) -> io::Result<()> {
        let (time, text) = line.split_once(' ').unwrap_or(("", line));
        let known = self.said.iter_mut().find(|said| said.text == text);
        if let Some(said) = known.filter(|said| now - said.at < AGAIN) {
            said.more += 1;
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
            count => self.put(&format!(
                "{time} {count} lines were too many and are left out\n"
            ))?,
        }
        self.remember(time, text, now)?;
        self.put(line)
    }

    /// Remembers a message; tells how often it came since it was written last, and the same of the one that is forgotten
    /// for it.
    fn remember(&mut self, time: &str, text: &str, now: Instant) -> io::Result<()> {
        let known = self.said.iter().position(|said| said.text == text);
        let oldest = (self.said.len() == REMEMBERED).then_some(0);
        if let Some(said) = known.or(oldest).and_then(|at| self.said.remove(at)) {
            self.tell(time, &said)?;
        }
        self.said.push_back(Said {
            text: text.to_owned(),
            at: now,
            more: 0,
        });
        Ok(())
    }

    fn tell(&mut self, time: &str, said: &Said) -> io::Result<()> {
        match said.more {
            0 => Ok(()),
            1 => self.put(&format!("{time} once more: {}\n", said.text.trim())),
            more => self.put(&format!("{time} {more} times more: {}\n", said.text.trim())),
        }
    }

    fn refill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.since).as_secs_f64();
        let more = (seconds * RATE as f64) as usize;
        if more > 0 {
            self.budget = (self.budget + more).min(BURST);
            self.since = now;
        }
    }

    fn put(&mut self, line: &str) -> io::Result<()> {
        self.budget = self.budget.saturating_sub(line.len());
        self.to.write_all(line.as_bytes())
    }
}

impl<W: Write> Write for Limited<W> {
    /// Takes a whole line at a time, as the log's formatter hands it over.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.line(&String::from_utf8_lossy(line), Instant::now())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl<W: Write> Drop for Limited<W> {
    fn drop(&mut self) {
        let time = jiff::Timestamp::now().to_string();
        for said in std::mem::take(&mut self.said) {
            // Whoever could be told that it failed is gone.
            let _ = self.tell(&time, &said);
        }
    }
}

/// Opens the log of a run.
///
/// # Errors
/// The disk's.
pub(crate) fn open(directory: &RunDirectory) -> Result<Dispatch, Error> {
    let place = directory.log();
    let file = place.append().map_err(|source| Error::Write {
        path: place.path(),
        source,
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Mutex::new(Limited::new(Escaping(file))))
        .with_ansi(false)
        .with_target(false)
        // A full disk must not put its complaints across the screen.
        .log_internal_errors(false)
        .finish();
    Ok(Dispatch::new(subscriber))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that are written of those that come so many milliseconds after the beginning.
    fn written(lines: impl IntoIterator<Item = (u64, String)>) -> String {
        let mut bytes = Vec::new();
        let mut log = Limited::new(&mut bytes);
        let start = Instant::now();
        for (after, line) in lines {
            let now = start + Duration::from_millis(after);
            log.line(&line, now).unwrap();
        }
        drop(log);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_thing_is_said_once_and_then_counted() {
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
    fn what_was_counted_is_told_at_the_end() {
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
