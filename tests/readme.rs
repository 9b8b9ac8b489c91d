//! The README tells the truth about keys, settings, presets and commands.

use clap::CommandFactory;
use sn_tui::{
    command::Cli,
    preset::{builtin, number::grouped, parse, setting},
    run::{alarm, limits as of_runs},
    tui::{app::keys, limits as of_screens},
};

const README: &str = include_str!("../README.md");
const CHANGELOG: &str = include_str!("../CHANGELOG.md");

#[test]
fn the_tables_of_keys_settings_and_alarms_are_those_of_the_program() {
    for table in [keys::markdown(), setting::markdown(), alarm::markdown()] {
        let table = table.trim();
        assert!(README.contains(table), "missing from README.md:\n{table}");
    }
}

#[test]
fn the_preset_it_shows_is_the_ring() {
    let (_, rest) = README.split_once("\n```ron\n").unwrap();
    let (text, _) = rest.split_once("\n```\n").unwrap();
    let shown = parse(text, "README.md").unwrap();
    assert_eq!(shown, builtin::builtin("ring").unwrap());
}

#[test]
fn every_preset_and_command_is_named() {
    for preset in builtin::names() {
        assert!(README.contains(&format!("`{preset}`")), "{preset}");
    }
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(README.contains(&format!("`sn-tui {name}")), "{name}");
    }
}

#[test]
fn every_flag_of_run_is_named() {
    let command = Cli::command();
    let run = command.find_subcommand("run").unwrap();
    for flag in run
        .get_arguments()
        .filter_map(|argument| argument.get_long())
    {
        assert!(README.contains(&format!("--{flag}")), "--{flag}");
    }
}

/// The README tells what is, the changelog what was: a bound that changes again is told there in another sentence.
#[test]
fn the_bounds_that_are_told_are_those_in_force() {
    let mebibytes = |bytes: usize| format!("{} MiB", bytes >> 20);
    let kilobytes = |bytes: usize| format!("{} kB", bytes >> 10);
    let word = |number: u64| match number {
        8 => "eight".to_owned(),
        10 => "ten".to_owned(),
        number => number.to_string(),
    };
    let millions = of_screens::PIXELS as f64 / 1e6;
    let readme = [
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
            "says the same thing once in {} seconds",
            word(of_runs::LOG_REPEATS_AFTER.as_secs())
        ),
        format!(
            "takes {} at once and {} a second",
            kilobytes(of_runs::LOG_AT_ONCE),
            kilobytes(of_runs::LOG_A_SECOND)
        ),
        format!(
            "{} × {} cells are drawn at most",
            of_screens::WIDEST,
            of_screens::TALLEST
        ),
        format!(
            "Cells of more than {} pixels are not believed",
            of_screens::LARGEST_CELL
        ),
        format!("pictures of more than {millions} million pixels"),
        format!(
            "of keys, {} may wait",
            grouped(of_screens::KEYS_WAITING as u128)
        ),
    ];
    let documents = [
        ("README.md", README, &readme[..]),
        ("CHANGELOG.md", CHANGELOG, &changelog[..]),
    ];
    for (name, document, sentences) in documents {
        // Lines end where they are full.
        let document = document.split_whitespace().collect::<Vec<_>>().join(" ");
        for sentence in sentences {
            assert!(
                document.contains(sentence),
                "missing from {name}: {sentence}"
            );
        }
    }
}
