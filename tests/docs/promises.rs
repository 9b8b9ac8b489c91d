//! Statements in the text of the documentation.

use std::path::Path;

use clap::CommandFactory;
use sn_tui::{
    command::{Cli, PAGES},
    preset::{builtin, number::grouped, parse},
    run::limits as of_runs,
    tui::limits as of_screens,
};

use crate::{everything, pages, program};

const README: &str = include_str!("../../README.md");
const PRESETS: &str = include_str!("../../docs/presets.md");
const COMMANDS: &str = include_str!("../../docs/commands.md");
const CHANGELOG: &str = include_str!("../../CHANGELOG.md");

#[test]
fn the_printed_preset_is_the_ring() {
    let (_, rest) = PRESETS.split_once("\n```ron\n").unwrap();
    let (text, _) = rest.split_once("\n```\n").unwrap();
    let shown = parse(text, "docs/presets.md").unwrap();
    assert_eq!(shown, builtin::builtin("ring").unwrap());
}

#[test]
fn the_readme_is_short() {
    assert!(README.lines().count() < 200);
}

#[test]
fn every_page_is_a_topic_of_help_and_linked_from_the_readme() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let docs = pages().into_iter().filter(|page| page.starts_with(&docs));
    let mut names: Vec<String> = docs
        .map(|page| page.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut topics: Vec<&str> = PAGES.iter().map(|(name, _)| *name).collect();
    names.sort();
    topics.sort_unstable();
    assert_eq!(names, topics);
    for name in names {
        assert!(README.contains(&format!("docs/{name}.md")), "{name}");
    }
}

#[test]
fn links_lead_to_files() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for (_, rest) in text
            .match_indices("](")
            .map(|(at, _)| text.split_at(at + 2))
        {
            let address = rest.split(')').next().unwrap();
            let path = address.split('#').next().unwrap();
            if path.is_empty() || path.starts_with("http") {
                continue;
            }
            let target = page.parent().unwrap().join(path);
            assert!(target.exists(), "{}: {address}", page.display());
        }
    }
}

#[test]
fn every_flag_is_named() {
    let all = everything();
    for command in Cli::command().get_subcommands() {
        let shown = command
            .get_arguments()
            .filter(|argument| !argument.is_hide_set());
        let flags = shown.filter_map(|argument| argument.get_long());
        for flag in flags {
            let name = command.get_name();
            assert!(all.contains(&format!("--{flag}")), "{name} --{flag}");
        }
    }
}

/// Each column of `sn-tui metrics`, and so each measure of a line, is named in the documentation.
#[test]
fn every_column_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        "run ring --headless --quiet --steps 2 --set scores.every=1 --set spectra.every=1 --out r";
    for arguments in [run, "metrics r -o r.csv"] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let ended = program::program(folder.path(), &arguments)
            .output()
            .unwrap();
        assert!(ended.status.success(), "{arguments:?}");
    }
    let csv = std::fs::read_to_string(folder.path().join("r.csv")).unwrap();
    for column in csv.lines().next().unwrap().split(',') {
        let name = column.split('.').next().unwrap();
        assert!(COMMANDS.contains(&format!("`{name}")), "{column}");
    }
}

/// Bounds in the documentation and in the changelog match the constants. If a bound changes again, its sentence in the
/// changelog becomes history and a new one is needed.
#[test]
fn the_documented_bounds_are_those_in_force() {
    let mebibytes = |bytes: usize| format!("{} MiB", bytes >> 20);
    let kilobytes = |bytes: usize| format!("{} kB", bytes >> 10);
    let word = |number: u64| match number {
        8 => "eight".to_owned(),
        10 => "ten".to_owned(),
        number => number.to_string(),
    };
    let millions = of_screens::MAX_PIXELS as f64 / 1e6;
    let documentation = [
        format!(
            "at most {} peers, {} a question and {} an answer, {} seconds for each",
            of_runs::PEERS,
            mebibytes(of_runs::QUESTION),
            mebibytes(of_runs::ANSWER),
            word(of_runs::PEERS_PATIENCE.as_secs()),
        ),
        format!(
            "as long as they leave {} descriptors for saving",
            word(of_runs::DESCRIPTORS_FOR_SAVING)
        ),
        format!(
            "wait in memory ({} each)",
            mebibytes(of_runs::WAITING_FOR_DISK)
        ),
    ];
    let changelog = [
        format!(
            "Peers leave {} descriptors for saving",
            word(of_runs::DESCRIPTORS_FOR_SAVING)
        ),
        format!(
            "repeats a message at most once in {} seconds",
            word(of_runs::LOG_REPEATS_AFTER.as_secs())
        ),
        format!(
            "takes {} at once and {} a second",
            kilobytes(of_runs::LOG_AT_ONCE),
            kilobytes(of_runs::LOG_A_SECOND)
        ),
        format!(
            "at most {} × {} cells are drawn",
            of_screens::MAX_WIDTH,
            of_screens::MAX_HEIGHT
        ),
        format!(
            "cell sizes above {} pixels are ignored",
            of_screens::MAX_CELL_PIXELS
        ),
        format!("pictures of more than {millions} million pixels"),
        format!(
            "holds at most {} keys",
            grouped(of_screens::MAX_WAITING_KEYS as u128)
        ),
    ];
    let documents = [
        ("docs", everything(), &documentation[..]),
        ("CHANGELOG.md", CHANGELOG.to_owned(), &changelog[..]),
    ];
    for (name, document, sentences) in documents {
        // Line breaks do not matter.
        let document = document.split_whitespace().collect::<Vec<_>>().join(" ");
        for sentence in sentences {
            assert!(
                document.contains(sentence),
                "missing from {name}: {sentence}"
            );
        }
    }
}
