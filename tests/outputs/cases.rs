//! The arguments that name output files, from clap's description of the command line, and how to use each.

use std::path::PathBuf;

use clap::{Arg, Command, CommandFactory, builder::ValueParser, value_parser};
use sn_tui::{command::Cli, files::Output};

/// A command with an argument that names an output file.
pub struct Case {
    pub command: &'static str,
    /// The id of the argument in clap's description.
    argument: &'static str,
    /// The words before the name of the file.
    pub words: &'static [&'static str],
    /// The extension of the file.
    pub end: &'static str,
    /// The first bytes of the file, after the length of the header for safetensors.
    pub begins: &'static [u8],
}

/// The offset of the header in a safetensors file.
const HEADER: usize = 8;

pub const CASES: [Case; 5] = [
    Case {
        command: "export",
        argument: "output",
        words: &["export", "out", "--what", "g", "-o"],
        end: ".safetensors",
        begins: b"{\"",
    },
    Case {
        command: "sample",
        argument: "output",
        words: &["sample", "out", "-n", "3", "-o"],
        end: ".npy",
        begins: b"\x93NUMPY",
    },
    Case {
        command: "sample",
        argument: "save_latents",
        words: &[
            "sample",
            "out",
            "-n",
            "3",
            "-o",
            "samples.npy",
            "--save-latents",
        ],
        end: ".safetensors",
        begins: b"{\"",
    },
    Case {
        command: "metrics",
        argument: "output",
        words: &["metrics", "out", "-o"],
        end: ".csv",
        begins: b"step,branch",
    },
    Case {
        command: "train-classifier",
        argument: "out",
        words: &["train-classifier", "fashion", "--epochs", "1", "--out"],
        end: ".safetensors",
        begins: b"{\"",
    },
];

/// Arguments whose value is an input path or the folder of a run.
const OTHER_PATHS: [&str; 13] = [
    "attach --keys",
    "audit FILE.safetensors|RUN",
    "demo --keys",
    "demo --out",
    "fork --keys",
    "fork --out",
    "resume --keys",
    "run --data",
    "run --keys",
    "run --out",
    "runs DIR",
    "sample --latents",
    "watch --keys",
];

impl Case {
    /// Whether these bytes are a complete output of the command.
    pub fn is_whole(&self, bytes: &[u8]) -> bool {
        match self.end {
            ".safetensors" => {
                let file = safetensors::SafeTensors::deserialize(bytes);
                file.is_ok() && bytes[HEADER..].starts_with(self.begins)
            }
            ".csv" => bytes.starts_with(self.begins) && bytes.ends_with(b"\n"),
            _ => bytes.starts_with(self.begins) && bytes.len() == 128 + 3 * 2 * 4,
        }
    }
}

fn collect(command: &Command, found: &mut Vec<(String, Arg)>) {
    let own = command.get_arguments();
    found.extend(own.map(|argument| (command.get_name().to_owned(), argument.clone())));
    command
        .get_subcommands()
        .for_each(|command| collect(command, found));
}

fn arguments() -> Vec<(String, Arg)> {
    let mut command = Cli::command();
    command.build();
    let mut found = Vec::new();
    collect(&command, &mut found);
    found
}

#[test]
fn every_output_argument_is_tested() {
    let output = ValueParser::new(value_parser!(Output));
    let is_output = |argument: &Arg| argument.get_value_parser().type_id() == output.type_id();
    let mut written: Vec<(String, String)> = arguments()
        .into_iter()
        .filter(|(_, argument)| is_output(argument))
        .map(|(command, argument)| (command, argument.get_id().to_string()))
        .collect();
    written.sort();
    let mut tried: Vec<(String, String)> = CASES
        .iter()
        .map(|case| (case.command.to_owned(), case.argument.to_owned()))
        .collect();
    tried.sort();
    assert_eq!(written, tried, "an argument needs a case here");
}

/// An output with another type in clap would not be found by its parser; this list catches it.
#[test]
fn every_other_path_argument_is_an_input() {
    let mut paths: Vec<String> = arguments()
        .into_iter()
        .filter(|(_, argument)| {
            argument.get_value_parser().type_id() == value_parser!(PathBuf).type_id()
        })
        .map(|(command, argument)| match argument.get_long() {
            Some(long) => format!("{command} --{long}"),
            None => {
                let names = argument.get_value_names().unwrap_or_default();
                format!("{command} {}", names[0])
            }
        })
        .collect();
    paths.sort();
    assert_eq!(
        paths, OTHER_PATHS,
        "a path that is read belongs into this list, one that is written is an Output"
    );
}
