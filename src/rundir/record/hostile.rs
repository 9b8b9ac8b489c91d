//! Reading damaged files: no panic, and bounded memory.

use std::{fs, path::Path};

use proptest::prelude::*;

use super::{Run, watched::WatchedRun};
use crate::{
    model::History,
    preset::{self, builtin::builtin},
    rundir::{
        Reading,
        about::About,
        journal::Listing,
        layout,
        lines::Lines,
        metrics::{self, MetricsReader, Record, Scan},
        summary,
    },
};

const METRICS: &str = concat!(
    r#"{"step":1,"seconds":0.5,"updates":"both","loss_d":1.5,"loss_g":null,"sigma":{"d.0":2.0,"d.2":1e-7},"weight_norm":{"d.0":3.0}}"#,
    "\n",
    r#"{"step":2,"seconds":1.0,"loss_d":9.0,"grad_x_mean":null,"outputs":{"step":2,"low":-1,"high":1e3,"real":{"below":0,"bins":[1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7],"above":1},"generated":{"below":0,"bins":[1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7],"above":1}},"sigma":{"d.0":2.0},"modes":7,"modes_total":8,"high_quality":0.5,"reverse_kl":null}"#,
    "\n",
    r#"{"step":2,"updates":"generator","scores_step":1,"diversity":0.5,"swd":null,"frechet":12.5}"#,
    "\n",
    r#"{"step":3"#,
);
const JOURNAL: &str = concat!(
    r#"{"step":1,"kind":"set","key":"gain","old":"1.0","new":"2.0","cause":"key"}"#,
    "\n",
    r#"{"step":2,"kind":"alarm","key":"estimate_drift.d.0","old":"","new":"text","cause":"alarm"}"#,
    "\n",
    r#"{"step":2,"kind":"rewind","key":"journal:1","old":"3","new":"2","cause":"key"}"#,
    "\n",
    r#"{"step":2,"kind":"set","key":"loss","old":"hinge","new":"wasserstein","cause":"key"}"#,
    "\n",
);
const ABOUT: &str = r#"{"schema":1,"version":"0.1.0","numerics":1,"name":"ring","seed":3,"device":"cpu","threads":2,"started":"2026-11-24T18:00:00+01:00","at":[{"step":5,"key":"gain","value":"2"}],"data":null}"#;
const SUMMARY: &str = r#"{"preset":"ring","seed":0,"steps":3,"seconds":2.5,"weights_sha256":"ab","stopped":"signal","modes":7,"modes_total":8,"high_quality":0.5,"reverse_kl":null}"#;

/// A modification of a text: changed bytes, a piece that is cut out, a piece that is repeated.
#[derive(Clone, Debug)]
struct Damage {
    bytes: Vec<(usize, u8)>,
    cut: (usize, usize),
    twice: (usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = 0usize..2000;
    // Bytes with a meaning in JSON or RON, and arbitrary ones.
    let byte = prop_oneof![
        prop::sample::select(b"{}[]\",:0123456789.eE-+\n\\\x00\x1b\xff".to_vec()),
        any::<u8>()
    ];
    let piece = || prop_oneof![Just((0, 0)), (0usize..2000, 0usize..80)];
    let bytes = prop::collection::vec((place, byte), 0..8);
    (bytes, piece(), piece()).prop_map(|(bytes, cut, twice)| Damage { bytes, cut, twice })
}

impl Damage {
    fn to(&self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for &(place, byte) in &self.bytes {
            let length = bytes.len();
            bytes[place % length] = byte;
        }
        let piece = |bytes: &[u8], (from, length): (usize, usize)| {
            let from = from % bytes.len();
            from..(from + length).min(bytes.len())
        };
        let twice = piece(&bytes, self.twice);
        let copy = bytes[twice.clone()].to_vec();
        bytes.splice(twice.start..twice.start, copy);
        let cut = piece(&bytes, self.cut);
        bytes.drain(cut);
        bytes
    }
}

fn put(home: &Path, name: &str, bytes: &[u8]) {
    fs::write(home.join(name), bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn lines_of_metrics(damage in damage()) {
        for line in damage.to(METRICS).split(|&byte| byte == b'\n') {
            let strict = Record::read(line, Reading::Strict);
            let parsed = Record::read(line, Reading::Lenient);
            prop_assert!(strict.is_err() || parsed.is_ok());
            if let Ok(record) = &parsed {
                prop_assert_eq!(metrics::step(line), Some(record.step()));
                record.draw(&mut History::default());
            }
        }
    }

    #[test]
    fn journals(damage in damage()) {
        let text = damage.to(JOURNAL);
        let mut journal = Listing::default();
        journal.read(&mut Lines::new(&*text)).unwrap();
        let live = journal.live().count();
        prop_assert!(live <= journal.entries().count());
        journal.is_paused();
    }

    #[test]
    fn whole_files(damage in damage()) {
        let _ = serde_json::from_slice::<About>(&damage.to(ABOUT));
        let _ = summary::parse(&damage.to(SUMMARY));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whole_directories(of in prop::collection::vec(damage(), 5)) {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let ring = preset::print(&builtin("ring").unwrap(), "ring");
        put(home, "preset.ron", ring.as_bytes());
        let mut watched = WatchedRun::new(home).unwrap();
        put(home, "metrics.jsonl", &of[0].to(METRICS));
        put(home, "journal.jsonl", &of[1].to(JOURNAL));
        put(home, "run.json", &of[2].to(ABOUT));
        put(home, "summary.json", &of[3].to(SUMMARY));
        watched.update(|_| {});
        // All three readers must agree on the lines.
        let mut read = MetricsReader::of(home);
        let mut history = History::default();
        let mut steps = Vec::new();
        read.read(&mut history, |record| steps.push(record.step())).unwrap();
        let file = || fs::File::open(home.join(layout::METRICS)).unwrap();
        let branches = metrics::find_branches(file(), Reading::Lenient).unwrap();
        let mut live = Vec::new();
        let mut scan = Scan::new(file(), &branches, Reading::Lenient);
        while let Some((step, status)) = scan.next(|_, record, at| (record.step(), at)).unwrap() {
            if !status.abandoned {
                live.push(step);
            }
        }
        prop_assert!(live.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(steps.ends_with(&live), "{:?} {:?}", steps, live);
        let (last, _) = metrics::tail(home).unwrap();
        prop_assert_eq!(last.map(|last| last.step()), live.last().copied());
        put(home, "preset.ron", &of[4].to(&ring));
        watched.update(|_| {});
        let run = Run::open(home);
        prop_assert!(run.problems.iter().all(|problem| problem.len() < 2000));
    }
}
