use std::io::Write;

use crate::rundir::metrics::reader::*;

fn line(step: u64, loss: f32) -> String {
    format!(
        "{{\"step\":{step},\"seconds\":{step}.5,\"loss_d\":{loss},\"sigma\":{{\"d.0\":1.0}}}}\n"
    )
}

struct Case {
    home: tempfile::TempDir,
    metrics: MetricsReader,
    history: History,
}

impl Case {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let metrics = MetricsReader::of(home.path());
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

    /// What a call reads, and the curve after it.
    fn look(&mut self) -> (ReadOutcome, Vec<(u64, f32)>) {
        let outcome = self.metrics.read(&mut self.history, |_| {}).unwrap();
        let curve = self.history.get("loss_d");
        let points = curve.map(|series| series.recent.iter().copied().collect());
        (outcome, points.unwrap_or_default())
    }
}

#[test]
fn a_file_is_read_as_it_grows_and_goes_back() {
    let mut case = Case::new();
    assert_eq!(case.look(), (ReadOutcome::Nothing, vec![]));
    case.add(&(line(1, 1.0) + &line(2, 1.0)));
    case.add("{\"step\":3,\"lo");
    assert_eq!(
        case.look(),
        (ReadOutcome::Rebuilt, vec![(1, 1.0), (2, 1.0)])
    );
    assert_eq!(case.look().0, ReadOutcome::Nothing);
    case.add("ss_d\":1.0}\nnonsense\n");
    assert_eq!(
        case.look(),
        (ReadOutcome::NewLines, vec![(1, 1.0), (2, 1.0), (3, 1.0)])
    );
    assert_eq!(case.metrics.unreadable, 1);
    // Back to step 1, and on.
    case.add(&(line(2, 2.0) + &line(3, 2.0)));
    assert_eq!(
        case.look(),
        (ReadOutcome::Rebuilt, vec![(1, 1.0), (2, 2.0), (3, 2.0)])
    );
    case.add(&line(4, 2.0));
    assert_eq!(case.look().0, ReadOutcome::NewLines);
    assert_eq!((case.metrics.branches, case.metrics.seconds()), (1, 4.5));
    assert_eq!(case.metrics.rate(), 1.0);
    // Replaced by another file, then removed.
    fs::remove_file(case.home.path().join("metrics.jsonl")).unwrap();
    case.add(&line(7, 3.0));
    assert_eq!(case.look(), (ReadOutcome::Rebuilt, vec![(7, 3.0)]));
    fs::remove_file(case.home.path().join("metrics.jsonl")).unwrap();
    assert_eq!(case.look(), (ReadOutcome::Rebuilt, vec![]));
    assert_eq!(case.look().0, ReadOutcome::Nothing);
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
    assert!(series.buckets.len() <= crate::model::history::BUCKETS);
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
fn the_number_of_curves_is_bounded() {
    let mut case = Case::new();
    for step in 1..60u64 {
        let layers: Vec<String> = (0..100).map(|i| format!("\"d.{step}.{i}\":1")).collect();
        case.add(&format!(
            "{{\"step\":{step},\"sigma\":{{{}}}}}\n",
            layers.join(",")
        ));
    }
    case.look();
    assert!(case.history.iter().count() < MAX_CURVES + 200);
    assert_eq!(case.metrics.last.as_ref().map(Record::step), Some(59));
}
