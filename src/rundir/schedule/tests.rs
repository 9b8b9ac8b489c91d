use crate::{
    files::folder::Folder,
    model::Entry,
    run::fake::at,
    rundir::{
        journal::{JournalIndex, tests::entry as line},
        schedule::*,
    },
};

fn scheduled(key: &str, value: &str) -> Planned {
    let (key, value) = (key.to_owned(), value.to_owned());
    Planned::Scheduled(Assignment { key, value })
}

fn replayed(changes: &[(&str, &str)]) -> Planned {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Planned::Replayed(changes.iter().map(owned).collect())
}

fn due(schedule: &mut Schedule, step: u64) -> Vec<Planned> {
    std::iter::from_fn(|| schedule.due(step).unwrap()).collect()
}

/// The lines of a journal, to be replayed.
fn replay_lines(lines: &[Entry]) -> ReplayLines {
    let text = |line: &Entry| serde_json::to_string(line).unwrap() + "\n";
    let text: String = lines.iter().map(text).collect();
    let home = tempfile::tempdir().unwrap();
    let place = Folder::open(home.path()).unwrap().place("journal.jsonl");
    place.write(text.as_bytes()).unwrap();
    JournalIndex::read(&place).unwrap().replay_lines(|_| true)
}

#[test]
fn scheduled_changes_come_due_by_step_in_the_order_given() {
    let planned = [
        at(9, "gain", "1.0"),
        at(2, "gain", "2.0"),
        at(2, "gain", "3.0"),
    ];
    let mut schedule = Schedule::new(&planned, 0);
    assert!(due(&mut schedule, 1).is_empty());
    let two = [scheduled("gain", "2.0"), scheduled("gain", "3.0")];
    assert_eq!(due(&mut schedule, 2), two);
    assert_eq!(schedule.done(), 2);
    assert!(due(&mut schedule, 8).is_empty());
    assert_eq!(due(&mut schedule, 9), [scheduled("gain", "1.0")]);
}

#[test]
fn journal_lines_are_replayed_once_and_in_order() {
    let lines = [
        line(5, "set", "gain", "2.0", "at"),
        line(5, "not_applied", "", "", ""),
        line(5, "set", "gain", "1.0", "key"),
        line(5, "resume", "", "", "key"),
        line(7, "pause", "", "", "key"),
        line(8, "refused", "batch", "64", "at"),
    ];
    let planned = [
        at(3, "n_dis", "2"),
        at(5, "gain", "2.0"),
        at(5, "batch", "8"),
        at(8, "batch", "64"),
        at(9, "gain", "4.0"),
    ];
    let mut schedule = Schedule::replay(&planned, 1, replay_lines(&lines)).unwrap();
    assert!(schedule.starts_before(5) && !schedule.starts_before(4));
    assert_eq!(schedule.pending(), [0, 1, 2, 3, 5]);
    let go = Planned::Start {
        updates: Updates::Both,
        count: None,
    };
    let five = [
        replayed(&[("gain", "2.0")]),
        Planned::FailedStep,
        replayed(&[("gain", "1.0")]),
        go,
        scheduled("batch", "8"),
    ];
    assert_eq!(due(&mut schedule, 5), five);
    assert_eq!((schedule.done(), schedule.pending().len()), (3, 1));
    assert_eq!(
        due(&mut schedule, 8),
        [],
        "it was refused, and is not tried"
    );
    assert_eq!((schedule.done(), schedule.pending().len()), (4, 0));
    assert_eq!(due(&mut schedule, 9), [scheduled("gain", "4.0")]);
}

#[test]
fn consecutive_changes_are_replayed_as_their_outcome() {
    let set = |key, new| line(5, "set", key, new, "key");
    let lines = [
        set("gain", "2.0"),
        set("data.noise", "0.1"),
        set("spectral.iterations", "2"),
        line(5, "set", "gain", "4.0", "at"),
        set("data", "Mixture(…)"),
        set("data.sigma", "0.2"),
        set("spectral.enabled", "false"),
        set("spectral.enabled", "true"),
        set("gain", "1.0"),
        line(6, "set", "gain", "3.0", "key"),
    ];
    let mut schedule = Schedule::replay(&[], 0, replay_lines(&lines)).unwrap();
    let five = [
        replayed(&[
            ("spectral.iterations", "2"),
            ("gain", "4.0"),
            ("data", "Mixture(…)"),
            ("data.sigma", "0.2"),
        ]),
        replayed(&[("spectral.enabled", "false")]),
        replayed(&[("spectral.enabled", "true")]),
        replayed(&[("gain", "1.0")]),
    ];
    assert_eq!(schedule.due_replayed(5).unwrap().as_ref(), Some(&five[0]));
    assert_eq!(schedule.pending(), [6, 7, 8, 9]);
    assert_eq!(due(&mut schedule, 5), five[1..]);
    assert_eq!(schedule.done(), 1);
    assert_eq!(due(&mut schedule, 6), [replayed(&[("gain", "3.0")])]);
}
