//! The end of metrics.jsonl: its last line and the latest scores, without reading the whole file.

use std::{
    io::{self, ErrorKind, Read, Seek, SeekFrom},
    path::Path,
    sync::Arc,
};

use super::{Record, record};
use crate::{
    files::open,
    model::Scores,
    rundir::{Reading, layout},
};

/// Sizes in bytes of the end of the file that is searched. Each is tried until scores are found.
const WINDOWS: [u64; 3] = [64 << 10, 1 << 20, 4 << 20];

/// The last record and the latest scores, searched at the end of the file. Both are `None` if the file does not exist.
///
/// # Errors
/// If the file cannot be read.
pub fn tail(directory: &Path) -> io::Result<(Option<Record>, Option<Arc<Scores>>)> {
    let mut file = match open::no_follow(&directory.join(layout::METRICS)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((None, None)),
        file => file?,
    };
    let length = file.metadata()?.len();
    let mut found = (None, None);
    for window in WINDOWS {
        let from = length.saturating_sub(window);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.by_ref().take(window).read_to_end(&mut bytes)?;
        found = last_of(&bytes, from > 0);
        if found.1.is_some() || from == 0 {
            break;
        }
    }
    Ok(found)
}

/// The last record and the latest scores in the end of a file. `cut` says whether `bytes` may start within a line.
fn last_of(bytes: &[u8], cut: bool) -> (Option<Record>, Option<Arc<Scores>>) {
    // What follows the last newline is incomplete.
    let mut lines = bytes.rsplit(|&byte| byte == b'\n').skip(1).peekable();
    let mut last: Option<Record> = None;
    let mut lowest = u64::MAX;
    while let Some(line) = lines.next() {
        if cut && lines.peek().is_none() {
            break;
        }
        if last.is_some() && !may_have_scores(line) {
            // Only lines with scores are parsed in full. The steps of the others show what was abandoned.
            lowest = lowest.min(record::step(line).unwrap_or(u64::MAX));
            continue;
        }
        let Ok(record) = Record::read(line, Reading::Lenient) else {
            continue;
        };
        let abandoned = record.step() >= lowest;
        lowest = lowest.min(record.step());
        let scores = record.scores.clone().filter(|_| !abandoned);
        last.get_or_insert(record);
        if scores.is_some() {
            return (last, scores);
        }
    }
    (last, None)
}

/// Whether a line may contain scores.
fn may_have_scores(line: &[u8]) -> bool {
    let has = |name: &[u8]| line.windows(name.len()).any(|part| part == name);
    has(b"\"swd\"") || has(b"\"modes\"")
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Write};

    use super::*;

    #[test]
    fn the_end_of_a_file_has_the_last_line_and_the_last_scores() {
        let home = tempfile::tempdir().unwrap();
        let add = |text: &str| {
            let path = home.path().join("metrics.jsonl");
            let mut file = File::options()
                .create(true)
                .append(true)
                .open(path)
                .unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        let line = |step: u64| format!("{{\"step\":{step},\"loss_d\":1.0}}\n");
        let read = || {
            let (last, scores) = tail(home.path()).unwrap();
            (
                last.map(|last| last.step()),
                scores.map(|scores| scores.step),
            )
        };
        assert_eq!(read(), (None, None));
        add("{\"step\":1,\"modes\":7,\"modes_total\":8}\n");
        let text: String = (2..=5000).map(line).collect();
        add(&text);
        add("{\"step\":4000,\"to");
        assert_eq!(read(), (Some(5000), Some(1)));
        // Scores of an abandoned branch do not count.
        add("rn\n");
        add("{\"step\":5001,\"modes\":7,\"modes_total\":8}\n");
        add(&line(5001));
        assert_eq!(read(), (Some(5001), Some(1)));
    }
}
