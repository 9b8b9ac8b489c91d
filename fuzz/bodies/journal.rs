//! The lines of a journal, as a resumed run and other readers parse them.

use std::fs;

use sn_tui::{
    files::folder::Folder,
    rundir::{
        journal::{JournalIndex, Listing},
        lines::Lines,
    },
};

/// Checks that any bytes can be read, and that each line that parses can be read again.
pub fn read(bytes: &[u8]) {
    let ends = bytes.iter().filter(|&&byte| byte == b'\n').count();
    let mut journal = Listing::default();
    let lines = journal.read(&mut Lines::new(bytes)).unwrap();
    assert_eq!(lines, ends);
    assert!(journal.entries().count() + journal.unreadable as usize <= lines);
    assert!(journal.live().count() <= journal.entries().count());
    let _ = (journal.total(), journal.is_paused());

    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("journal.jsonl"), bytes).unwrap();
    let place = Folder::open(home.path()).unwrap().place("journal.jsonl");
    let index = JournalIndex::read(&place).unwrap();
    assert!(index.lines() <= ends as u64 + 1);
    assert_eq!(
        index.unreadable() + index.readable().len() as u64,
        index.lines()
    );
    let kept = index.lineage(index.lines());
    let beyond = index.lines()..index.lines() + 9;
    assert!(beyond.into_iter().all(|line| !kept.contains(line)));
    assert!(
        index
            .readable()
            .iter()
            .all(|line| index.entry(line).is_ok())
    );
}
