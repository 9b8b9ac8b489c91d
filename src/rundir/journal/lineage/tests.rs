use proptest::prelude::*;

use crate::{
    model::{Entry, Event},
    rundir::journal::{lineage::*, tests::entry},
};

fn set() -> Entry {
    entry(1, "set", "gain", "", "key")
}

fn back(lines: u64, to: u64) -> Entry {
    let key = format!("journal:{lines}");
    entry(1, "rewind", &key, &to.to_string(), "key")
}

fn rewinds(lines: &[Entry]) -> Vec<Rewind> {
    let numbered = (0..).zip(lines);
    numbered
        .filter_map(|(number, line)| Rewind::of(number, line))
        .collect()
}

fn lineage(lines: &[Entry]) -> Vec<u64> {
    let all = lines.len() as u64;
    let kept = Lineage::new(&rewinds(lines), all);
    (0..all).filter(|&line| kept.contains(line)).collect()
}

#[test]
fn a_rewind_abandons_its_branch() {
    assert_eq!(lineage(&[set(), set(), set()]), [0, 1, 2]);
    // 0 1 [2 3] 4: back to after two lines.
    assert_eq!(
        lineage(&[set(), set(), set(), set(), back(2, 0)]),
        [0, 1, 4]
    );
    // Back into the abandoned branch.
    let lines = [set(), set(), back(1, 0), set(), back(2, 0), set()];
    assert_eq!(lineage(&lines), [0, 1, 4, 5]);
    assert_eq!(lineage(&[set(), back(0, 0), set()]), [1, 2]);
    // A run cannot go back to a line that comes later.
    assert_eq!(lineage(&[set(), back(7, 0), set()]), [0, 1, 2]);
    assert!(lineage(&[]).is_empty());
}

#[test]
fn states_of_an_abandoned_branch_did_not_lead_here() {
    let led = |journal: &[Entry], lines, steps| {
        let state = SavedAt {
            lines,
            pending: &[],
            steps,
        };
        led_here(&rewinds(journal), journal.len() as u64, &state)
    };
    // Saved at step 100 after one line and at step 500 after two; then back to step 100.
    let journal = [set(), set(), back(1, 100), set()];
    assert!(led(&journal, 1, 100));
    assert!(!led(&journal, 2, 500));
    assert!(led(&journal, 3, 120) && led(&journal, 4, 300));
    assert!(!led(&journal, 5, 100), "lines that are not there");
    // No line between the two.
    let journal = [back(0, 100)];
    assert!(led(&journal, 0, 100) && !led(&journal, 0, 500));
    assert!(led(&[], 0, 7));
}

fn back_without(lines: u64, to: u64, without: &[[u64; 2]]) -> Entry {
    let mut entry = back(lines, to);
    if let Event::Rewind { without: none, .. } = &mut entry.event {
        *none = without.to_vec();
    }
    entry
}

#[test]
fn a_rewind_abandons_lines_that_were_still_to_be_repeated() {
    // Lines 1 and 2 were to be repeated when the state after lines 0 and 3 was saved.
    let journal = [
        set(),
        set(),
        set(),
        set(),
        back_without(4, 10, &[[1, 2]]),
        set(),
    ];
    assert_eq!(lineage(&journal), [0, 3, 4, 5]);
    let led = |pending: &[u64]| {
        let state = SavedAt {
            lines: 4,
            pending,
            steps: 10,
        };
        led_here(&rewinds(&journal), 6, &state)
    };
    assert!(led(&[1, 2]) && !led(&[]));
    // From this branch to a state before.
    let later = [&journal[..], &[back(1, 0)]].concat();
    assert_eq!(lineage(&later), [0, 6]);
    // Ranges of a damaged line.
    let damaged = [[3, 1], [0, 1], [1, 1], [2, u64::MAX]];
    let journal = [set(), set(), set(), back_without(2, 0, &damaged), set()];
    assert_eq!(lineage(&journal), [3, 4]);
}

#[test]
fn numbers_in_a_row_are_a_range() {
    assert_eq!(ranges(&[0, 3, 4, 5, 9]), [[0, 0], [3, 5], [9, 9]]);
    assert!(ranges(&[]).is_empty());
    assert_eq!(ranges(&[u64::MAX]), [[u64::MAX; 2]]);
}

proptest! {
    #[test]
    fn lines_taken_out_are_not_contained(
        backs in prop::collection::vec(prop::option::of(0usize..14), 0..20),
        cuts in prop::collection::vec((0u64..22, 0u64..4), 0..6),
    ) {
        let of = |(number, back_to): (usize, &Option<usize>)| match back_to {
            Some(to) if *to <= number => back(*to as u64, 0),
            _ => set(),
        };
        let lines: Vec<_> = backs.iter().enumerate().map(of).collect();
        let cuts: Vec<_> = cuts.iter().map(|&(start, length)| start..start + length).collect();
        let all = lines.len() as u64;
        let whole = Lineage::new(&rewinds(&lines), all);
        let less = whole.clone().without(cuts.clone());
        for line in 0..all {
            let is_out = cuts.iter().any(|cut| cut.contains(&line));
            prop_assert_eq!(less.contains(line), whole.contains(line) && !is_out);
        }
    }

    #[test]
    fn the_lineage_is_what_the_run_went_through(backs in prop::collection::vec(prop::option::of(0usize..14), 0..20)) {
        let mut lines = Vec::new();
        // The lines that had led to each line, including itself.
        let mut seen: Vec<Vec<u64>> = Vec::new();
        let mut now: Vec<u64> = Vec::new();
        for (number, to) in backs.iter().enumerate() {
            if let Some(to) = *to && to <= number {
                now = if to == 0 { Vec::new() } else { seen[to - 1].clone() };
            }
            lines.push(to.map_or_else(set, |to| back(to as u64, 0)));
            now.push(number as u64);
            seen.push(now.clone());
            prop_assert_eq!(lineage(&lines), now.clone());
        }
    }
}
