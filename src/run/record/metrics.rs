//! metrics.jsonl, read as a stream: its curves in bounded memory, whatever its length.

use std::{
    collections::VecDeque,
    fs::{self, Metadata},
    io::{self, ErrorKind, Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    branches::{Branches, Standing},
    lines::Lines,
    point::{self, Point},
};
use crate::{
    metric::Scores,
    open,
    run::{History, layout},
    spectral::ExactSpectra,
};

/// Curves kept; what else a file names is none of a run's.
const MOST_CURVES: usize = 1024;
/// Lines that the rate is taken over.
const RATE_OVER: usize = 64;
/// Times that a file is read from its beginning because it went back meanwhile, before that waits for the next look.
const MOST_TURNS: usize = 3;
/// Bytes at the end of a file that are searched for the last line, then for the last scores.
const TAILS: [u64; 3] = [64 << 10, 1 << 20, 4 << 20];

/// A file of metrics that is read as it grows.
#[derive(Debug)]
pub struct Metrics {
    path: PathBuf,
    open: Option<Open>,
    /// The latest line.
    pub last: Option<Point>,
    /// The latest scores.
    pub scores: Option<Arc<Scores>>,
    /// The latest exact measures of the weights.
    pub spectra: Option<Arc<ExactSpectra>>,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Branches but the first one.
    pub branches: u64,
    /// (step, seconds spent training) of the last lines.
    paces: VecDeque<(u64, f64)>,
}

#[derive(Debug)]
struct Open {
    lines: Lines<fs::File>,
    /// Which file it is.
    identity: (u64, u64),
    branches: Branches,
}

/// What a look at the file brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    Nothing,
    /// New lines.
    Lines,
    /// The curves were made anew: the run went back, or the file is another one.
    Anew,
}

impl Metrics {
    /// The metrics of the run in this directory. Nothing is read yet.
    pub fn of(directory: &Path) -> Self {
        Self {
            path: directory.join(layout::METRICS),
            open: None,
            last: None,
            scores: None,
            spectra: None,
            unreadable: 0,
            branches: 0,
            paces: VecDeque::new(),
        }
    }

    /// Takes what is new in the file into the curves; `each` sees every line that is still part of the run, in order,
    /// after a run that went back from the beginning on.
    ///
    /// # Errors
    /// The disk's. That there is no file yet is none.
    pub fn read(
        &mut self,
        history: &mut History,
        mut each: impl FnMut(&Point),
    ) -> io::Result<Brought> {
        let there = match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let lost = self.open.is_some();
                self.forget(history);
                return Ok(if lost {
                    Brought::Anew
                } else {
                    Brought::Nothing
                });
            }
            there => there?,
        };
        let same = self.open.as_ref().is_some_and(|open| open.is(&there));
        let mut brought = Brought::Nothing;
        if !same {
            self.begin(history, Branches::default())?;
            brought = Brought::Anew;
        }
        for _ in 0..MOST_TURNS {
            let before = self.last.as_ref().map(Point::step);
            if self.take(history, &mut each)? {
                if brought == Brought::Nothing && self.last.as_ref().map(Point::step) != before {
                    brought = Brought::Lines;
                }
                return Ok(brought);
            }
            brought = Brought::Anew;
            let branches = survey(&self.path)?;
            self.begin(history, branches)?;
        }
        Ok(brought)
    }

    /// Steps a second over the last lines; 0 where they do not say.
    pub fn rate(&self) -> f32 {
        match (self.paces.front(), self.paces.back()) {
            (Some((first, from)), Some((last, to))) if to > from && last > first => {
                ((last - first) as f64 / (to - from)) as f32
            }
            _ => 0.0,
        }
    }

    /// Seconds spent training, as the last line that says it has it.
    pub fn seconds(&self) -> f64 {
        self.paces.back().map_or(0.0, |&(_, seconds)| seconds)
    }

    fn forget(&mut self, history: &mut History) {
        *history = History::default();
        *self = Self {
            path: std::mem::take(&mut self.path),
            ..Self::of(Path::new(""))
        };
    }

    /// Opens the file to read it from its beginning.
    fn begin(&mut self, history: &mut History, branches: Branches) -> io::Result<()> {
        self.forget(history);
        let file = open::own(&self.path)?;
        let identity = identity(&file.metadata()?);
        self.branches = branches.count();
        self.open = Some(Open {
            lines: Lines::new(file),
            identity,
            branches,
        });
        Ok(())
    }

    /// Reads on to the end; false where the file went back where that was not known.
    fn take(&mut self, history: &mut History, each: &mut impl FnMut(&Point)) -> io::Result<bool> {
        let Some(mut open) = self.open.take() else {
            return Ok(true);
        };
        let known = open.branches.clone();
        let mut walk = known.walk();
        while let Some(line) = open.lines.next_line()? {
            if line.text == Some(b"") {
                continue;
            }
            let Some(point) = line.text.and_then(|text| Point::parse(text).ok()) else {
                self.unreadable += 1;
                continue;
            };
            if line.start < known.surveyed() {
                if walk.next(line.start, point.step()).abandoned {
                    continue;
                }
            } else if open.branches.note(line.start, point.step()) {
                return Ok(false);
            }
            self.put(point, history);
            if let Some(point) = &self.last {
                each(point);
            }
        }
        self.open = Some(open);
        Ok(true)
    }

    fn put(&mut self, mut point: Point, history: &mut History) {
        // Scores are of this step or an earlier one, and new.
        let newest = self.scores.as_ref().map_or(0, |scores| scores.step);
        let after = newest + 1..=point.step();
        point.scores = point.scores.filter(|scores| after.contains(&scores.step));
        if let Some(scores) = &point.scores {
            self.scores = Some(Arc::clone(scores));
        }
        let newest = self.spectra.as_ref().map_or(0, |exact| exact.step);
        let after = newest + 1..=point.step();
        point.spectra = point.spectra.filter(|exact| after.contains(&exact.step));
        if let Some(exact) = &point.spectra {
            self.spectra = Some(Arc::clone(exact));
        }
        if let Some(seconds) = point.seconds {
            if self.paces.len() == RATE_OVER {
                self.paces.pop_front();
            }
            self.paces.push_back((point.step(), seconds));
        }
        if history.iter().count() < MOST_CURVES {
            point.record(history);
        }
        self.last = Some(point);
    }
}

impl Open {
    /// Whether a file is still this one, with what was read of it.
    fn is(&self, there: &Metadata) -> bool {
        self.identity == identity(there) && there.len() >= self.lines.position()
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Where the steps of a file go back.
///
/// # Errors
/// The disk's.
pub fn survey(path: &Path) -> io::Result<Branches> {
    let mut lines = Lines::new(open::own(path)?);
    let mut branches = Branches::default();
    while let Some(line) = lines.next_line()? {
        // Lines are told apart in full, as the readers do that follow.
        if let Some(point) = line.text.and_then(|text| Point::parse(text).ok()) {
            branches.note(line.start, point.step());
        }
    }
    Ok(branches)
}

/// Every line of a file with its standing, in its order; gives the number of lines that could not be read.
///
/// # Errors
/// The disk's, and those of `each`.
pub fn scan(
    path: &Path,
    branches: &Branches,
    mut each: impl FnMut(&[u8], Point, Standing) -> io::Result<()>,
) -> io::Result<u64> {
    let mut lines = Lines::new(open::own(path)?);
    let mut walk = branches.walk();
    let mut unreadable = 0;
    while let Some(line) = lines.next_line()? {
        if line.start >= branches.surveyed() {
            break;
        }
        let Some(text) = line.text else {
            unreadable += 1;
            continue;
        };
        match Point::parse(text) {
            Ok(point) => {
                let standing = walk.next(line.start, point.step());
                each(text, point, standing)?;
            }
            Err(_) if text.is_empty() => {}
            Err(_) => unreadable += 1,
        }
    }
    Ok(unreadable)
}

/// The last line of a file and the last scores, from its end alone.
///
/// # Errors
/// The disk's. That there is no file yet is none.
pub fn tail(directory: &Path) -> io::Result<(Option<Point>, Option<Arc<Scores>>)> {
    let mut file = match open::own(&directory.join(layout::METRICS)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((None, None)),
        file => file?,
    };
    let length = file.metadata()?.len();
    let mut found = (None, None);
    for window in TAILS {
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

/// The same of the bytes at the end of a file; `cut` says whether they begin within a line.
fn last_of(bytes: &[u8], cut: bool) -> (Option<Point>, Option<Arc<Scores>>) {
    // What follows the last line's end is torn.
    let mut lines = bytes.rsplit(|&byte| byte == b'\n').skip(1).peekable();
    let mut last: Option<Point> = None;
    let mut least = u64::MAX;
    while let Some(line) = lines.next() {
        if cut && lines.peek().is_none() {
            break;
        }
        if last.is_some() && !may_score(line) {
            // Only lines with scores are read in full; the steps of the others say what was abandoned.
            least = least.min(point::step(line).unwrap_or(u64::MAX));
            continue;
        }
        let Ok(point) = Point::parse(line) else {
            continue;
        };
        let abandoned = point.step() >= least;
        least = least.min(point.step());
        let scores = point.scores.clone().filter(|_| !abandoned);
        last.get_or_insert(point);
        if scores.is_some() {
            return (last, scores);
        }
    }
    (last, None)
}

/// Whether scores may stand in a line.
fn may_score(line: &[u8]) -> bool {
    let has = |name: &[u8]| line.windows(name.len()).any(|part| part == name);
    has(b"\"swd\"") || has(b"\"modes\"")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn line(step: u64, loss: f32) -> String {
        format!(
            "{{\"step\":{step},\"seconds\":{step}.5,\"loss_d\":{loss},\"sigma\":{{\"d.0\":1.0}}}}\n"
        )
    }

    struct Case {
        home: tempfile::TempDir,
        metrics: Metrics,
        history: History,
    }

    impl Case {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            let metrics = Metrics::of(home.path());
            Self {
                home,
                metrics,
                history: History::default(),
            }
        }

        fn add(&self, text: &str) {
            let path = self.home.path().join("metrics.jsonl");
            let mut file = fs::File::options()
                .create(true)
                .append(true)
                .open(path)
                .unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        /// What a look brings, and the curve after it.
        fn look(&mut self) -> (Brought, Vec<(u64, f32)>) {
            let brought = self.metrics.read(&mut self.history, |_| {}).unwrap();
            let curve = self.history.get("loss_d");
            let points = curve.map(|series| series.recent.iter().copied().collect());
            (brought, points.unwrap_or_default())
        }
    }

    #[test]
    fn a_file_is_read_as_it_grows_and_goes_back() {
        let mut case = Case::new();
        assert_eq!(case.look(), (Brought::Nothing, vec![]));
        case.add(&(line(1, 1.0) + &line(2, 1.0)));
        case.add("{\"step\":3,\"lo");
        assert_eq!(case.look(), (Brought::Anew, vec![(1, 1.0), (2, 1.0)]));
        assert_eq!(case.look().0, Brought::Nothing);
        case.add("ss_d\":1.0}\nnonsense\n");
        assert_eq!(
            case.look(),
            (Brought::Lines, vec![(1, 1.0), (2, 1.0), (3, 1.0)])
        );
        assert_eq!(case.metrics.unreadable, 1);
        // Back to step 1, and on.
        case.add(&(line(2, 2.0) + &line(3, 2.0)));
        assert_eq!(
            case.look(),
            (Brought::Anew, vec![(1, 1.0), (2, 2.0), (3, 2.0)])
        );
        case.add(&line(4, 2.0));
        assert_eq!(case.look().0, Brought::Lines);
        assert_eq!((case.metrics.branches, case.metrics.seconds()), (1, 4.5));
        assert_eq!(case.metrics.rate(), 1.0);
        // Another file in its place; none.
        fs::remove_file(case.home.path().join("metrics.jsonl")).unwrap();
        case.add(&line(7, 3.0));
        assert_eq!(case.look(), (Brought::Anew, vec![(7, 3.0)]));
        fs::remove_file(case.home.path().join("metrics.jsonl")).unwrap();
        assert_eq!(case.look(), (Brought::Anew, vec![]));
        assert_eq!(case.look().0, Brought::Nothing);
    }

    #[test]
    fn a_long_run_with_a_branch_is_read_in_bounded_memory_and_to_the_bit() {
        let mut case = Case::new();
        let text: String = (1..=30_000).map(|step| line(step, 1.0)).collect();
        case.add(&text);
        let text: String = (20_001..=40_000).map(|step| line(step, 2.0)).collect();
        case.add(&text);
        case.look();
        let series = case.history.get("loss_d").unwrap();
        assert!(series.buckets.len() <= crate::run::history::BUCKETS);
        let values: u64 = series.buckets.iter().map(|bucket| bucket.finite).sum();
        let sum: f64 = series.buckets.iter().map(|bucket| bucket.sum).sum();
        assert_eq!((values, sum), (40_000, 60_000.0));
        assert!(
            series
                .buckets
                .windows(2)
                .all(|pair| pair[0].last < pair[1].first)
        );
    }

    #[test]
    fn nobody_fills_the_memory_with_names() {
        let mut case = Case::new();
        for step in 1..60u64 {
            let layers: Vec<String> = (0..100).map(|i| format!("\"d.{step}.{i}\":1")).collect();
            case.add(&format!(
                "{{\"step\":{step},\"sigma\":{{{}}}}}\n",
                layers.join(",")
            ));
        }
        case.look();
        assert!(case.history.iter().count() < MOST_CURVES + 200);
        assert_eq!(case.metrics.last.as_ref().map(Point::step), Some(59));
    }

    #[test]
    fn the_end_of_a_file_has_the_last_line_and_the_last_scores() {
        let case = Case::new();
        let read = || {
            let (last, scores) = tail(case.home.path()).unwrap();
            (
                last.map(|last| last.step()),
                scores.map(|scores| scores.step),
            )
        };
        assert_eq!(read(), (None, None));
        case.add("{\"step\":1,\"modes\":7,\"modes_total\":8}\n");
        let text: String = (2..=5000).map(|step| line(step, 1.0)).collect();
        case.add(&text);
        case.add("{\"step\":4000,\"to");
        assert_eq!(read(), (Some(5000), Some(1)));
        // Scores of a branch that was left are none of the run's.
        case.add("rn\n");
        case.add("{\"step\":5001,\"modes\":7,\"modes_total\":8}\n");
        case.add(&line(5001, 1.0));
        assert_eq!(read(), (Some(5001), Some(1)));
    }
}
