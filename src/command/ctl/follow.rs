//! `ctl RUN follow`: a line for every step and event of a run, from now on.

use std::{
    io::{self, ErrorKind, Write},
    thread,
    time::Duration,
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    answer::printed,
    place::{Failed, Place},
};
use crate::{
    command::Error,
    model::{Entry, Event, LaneId, Line, Target},
    rundir::{
        lock::is_locked,
        metrics::Record,
        record::{is_run, watched::WatchedRun},
    },
    text::streams,
};

/// Time between two reads of a run's files.
const INTERVAL: Duration = Duration::from_millis(100);
/// Number of reads after which new lanes are looked for.
const LOOK_FOR_LANES: u32 = 10;

/// A lane that is followed, and what was printed of it.
struct Followed {
    lane: LaneId,
    watched: WatchedRun,
    /// The last printed step.
    step: u64,
    /// Number of printed lines of the journal.
    entries: u64,
    /// Whether its end was printed.
    ended: bool,
}

/// Prints the steps and events of these lanes until they end. With [`Target::All`] lanes that are split off later are
/// followed as well.
///
/// # Errors
/// The files of the run cannot be read, or standard output fails.
pub(super) fn follow(place: &Place, target: Target) -> Result<(), Failed> {
    let mut out = streams::stdout();
    let mut followed = Vec::new();
    let mut names = false;
    for round in 0u32.. {
        if round.is_multiple_of(LOOK_FOR_LANES) {
            let lanes = going(place);
            names |= lanes.len() > 1;
            for &lane in lanes.iter().filter(|&&lane| target.includes(lane)) {
                begin(place, lane, round == 0, &mut followed)?;
            }
        }
        for one in followed.iter_mut().filter(|one| !one.ended) {
            match one.print_news(names, &mut out) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                printed => printed?,
            }
        }
        if followed.iter().all(|one| one.ended) {
            return Ok(());
        }
        thread::sleep(INTERVAL);
    }
    Ok(())
}

/// The lanes that are going.
fn going(place: &Place) -> Vec<LaneId> {
    let is_going = |lane: &LaneId| {
        let directory = place.directory(*lane);
        is_run(&directory) && is_locked(&directory)
    };
    LaneId::all().filter(is_going).collect()
}

/// Begins to follow a lane, unless it is followed already. At the start of all, what there is of it is left out.
fn begin(
    place: &Place,
    lane: LaneId,
    at_start: bool,
    followed: &mut Vec<Followed>,
) -> Result<(), Failed> {
    if followed.iter().any(|one| one.lane == lane && !one.ended) {
        return Ok(());
    }
    let watched = match WatchedRun::new(&place.directory(lane)) {
        Ok(watched) => watched,
        Err(error) if at_start => return Err(Error::from(error).into()),
        // Its preset is not written yet.
        Err(_) => return Ok(()),
    };
    let mut new = Followed {
        lane,
        watched,
        step: 0,
        entries: 0,
        ended: false,
    };
    if at_start {
        new.skip();
    }
    // A lane that was brought back goes on where it ended.
    if let Some(at) = followed.iter().position(|one| one.lane == lane) {
        let before = followed.remove(at);
        (new.step, new.entries) = (before.step, before.entries);
    }
    followed.push(new);
    followed.sort_by_key(|one| one.lane);
    Ok(())
}

impl Followed {
    /// Leaves out what there is already.
    fn skip(&mut self) {
        let mut last = 0;
        self.watched.update(|record| last = record.step());
        self.step = last;
        self.entries = self.watched.journal().count();
    }

    /// Prints what is new, and the end if no process trains the lane any more.
    fn print_news(&mut self, names: bool, out: &mut impl Write) -> io::Result<()> {
        // The lock is free only when everything has been written.
        let is_over = !is_locked(self.watched.snapshot().directory.as_path());
        let mut records: Vec<Record> = Vec::new();
        self.watched.update(|record| records.push(record.clone()));
        let entries: Vec<Entry> = self
            .watched
            .journal()
            .after(self.entries)
            .cloned()
            .collect();
        self.entries = self.watched.journal().count();
        let lane = names.then_some(self.lane);
        let first = records.first().map(Record::step);
        let reads_again = first.is_some_and(|first| first <= self.step);
        if reads_again {
            self.go_back(&entries);
        }
        let mut entries = entries.iter().peekable();
        for record in records.iter().filter(|record| record.step() > self.step) {
            while let Some(entry) = entries.next_if(|entry| comes_before(entry, record)) {
                print_entry(entry, lane, out)?;
            }
            let line = Line::from(&*record.measures)
                .of(lane)
                .with_applied(record.applied)
                .with(record.spectra.as_deref());
            print_line(&line, out)?;
        }
        self.step = records.last().map_or(self.step, Record::step);
        let rest: Vec<Entry> = entries.cloned().collect();
        for entry in &rest {
            print_entry(entry, lane, out)?;
        }
        if !reads_again {
            self.go_back(&rest);
        }
        // The state is not updated with every read.
        if is_over && !self.watched.state.is_alive() {
            self.ended = true;
            print_line(&self.end(lane)?, out)?;
        }
        out.flush()
    }

    /// Prints the steps after a rewind again.
    fn go_back(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Event::Rewind { to, .. } = entry.event {
                self.step = self.step.min(to);
            }
        }
    }

    fn end(&self, lane: Option<LaneId>) -> serde_json::Result<Value> {
        let snapshot = self.watched.snapshot();
        let mut line = serde_json::Map::new();
        if let Some(lane) = lane {
            line.insert("lane".to_owned(), json!(lane));
        }
        let mut end = json!({
            "state": self.watched.state.name(),
            "step": snapshot.step,
            "steps": snapshot.steps,
        });
        if let Some(summary) = self.watched.summary() {
            end["summary"] = printed(summary)?;
        }
        line.insert("end".to_owned(), end);
        Ok(line.into())
    }
}

/// Whether an entry is printed before the line of a step: it acted on that step or an earlier one. An alarm goes on or off
/// after its step.
fn comes_before(entry: &Entry, record: &Record) -> bool {
    match entry.event {
        Event::Alarm { .. } | Event::AlarmEnd { .. } => entry.step < record.step(),
        _ => entry.step <= record.step(),
    }
}

fn print_entry(entry: &Entry, lane: Option<LaneId>, out: &mut impl Write) -> io::Result<()> {
    /// An entry of the journal in a line.
    #[derive(Serialize)]
    struct Event<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        lane: Option<LaneId>,
        journal: &'a Entry,
    }
    print_line(
        &Event {
            lane,
            journal: entry,
        },
        out,
    )
}

fn print_line(line: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let text = serde_json::to_string(line)?;
    out.write_all(format!("{text}\n").as_bytes())
}
