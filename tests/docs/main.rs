//! The documentation is correct: its tables come from the program, its commands run, and its statements hold.

mod commands;
#[path = "../common/folders.rs"]
mod folders;
#[path = "../common/program.rs"]
mod program;
mod promises;
mod tables;

use std::{fs, path::PathBuf};

/// The paths of all pages in the repository.
fn pages() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> = fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    pages.sort();
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|name| root.join(name)));
    pages
}

/// README and all pages as one text.
fn everything() -> String {
    let texts = pages()
        .into_iter()
        .map(|page| fs::read_to_string(page).unwrap());
    texts.collect::<Vec<_>>().join("\n")
}
