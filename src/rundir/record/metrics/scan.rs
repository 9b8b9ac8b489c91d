//! Every line of metrics.jsonl, once through, with its standing among the branches.

use std::{io, path::Path};

use crate::{
    files::open,
    rundir::record::{
        branches::{Branches, Standing},
        lines::Lines,
        point::Point,
    },
};

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
