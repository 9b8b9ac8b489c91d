//! The README tells the truth about keys, settings, presets and commands.

use clap::CommandFactory;
use sn_tui::{
    cli::Cli,
    preset::{builtin, parse, setting},
    run::alarm,
    tui::keys,
};

const README: &str = include_str!("../README.md");

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
