//! Command lines for every command that clap describes, through which hostile text reaches the program.

use clap::{Arg, ArgAction, Command, CommandFactory};
use sn_tui::command::Cli;

use crate::HOSTILE;

/// A command with the arguments that it needs, except for its operand.
#[derive(Clone)]
pub struct Call {
    pub command: String,
    pub words: Vec<String>,
    /// Whether the command takes a run or files as operands.
    pub takes_operand: bool,
}

impl Call {
    /// The words of the command line with this operand.
    pub fn with_operand(&self, operand: &str) -> Vec<String> {
        let mut words = vec![self.command.clone()];
        words.extend(self.takes_operand.then(|| operand.to_owned()));
        words.extend(self.words.clone());
        words
    }

    pub fn with(&self, more: &[&str]) -> Self {
        let mut call = self.clone();
        call.words.extend(more.iter().map(|&word| word.to_owned()));
        call
    }
}

pub fn all() -> Vec<Command> {
    let mut cli = Cli::command();
    cli.build();
    let commands = cli.get_subcommands();
    commands
        .filter(|command| command.get_name() != "help")
        .cloned()
        .collect()
}

/// The call of a command with the fewest arguments and little work.
pub fn call(command: &Command) -> Call {
    let mut words = Vec::new();
    for argument in command.get_arguments() {
        let long = argument.get_long().unwrap_or_default();
        match long {
            // Without `--sn-cost`, `bench` also multiplies large matrices.
            "sn-cost" => words.extend(["--sn-cost", "--json", "--steps", "1"].map(String::from)),
            "steps" if command.get_name() == "bench" => {}
            "threads" => words.extend(["--threads".into(), "1".into()]),
            "steps" => words.extend(["--steps".into(), "6".into()]),
            _ if argument.is_required_set() && !argument.is_positional() => {
                words.extend([format!("--{long}"), value(argument)]);
            }
            _ => {}
        }
    }
    Call {
        command: command.get_name().to_owned(),
        words,
        takes_operand: command.get_positionals().next().is_some(),
    }
}

/// A value for an argument: the first that it lists, else the name of a file to write.
fn value(argument: &Arg) -> String {
    match argument.get_possible_values().first() {
        Some(value) => value.get_name().to_owned(),
        None => format!("{HOSTILE}.npy"),
    }
}

/// The switches of a command.
pub fn flags(command: &Command) -> Vec<String> {
    let arguments = command.get_arguments();
    let flags = arguments.filter(|argument| matches!(argument.get_action(), ArgAction::SetTrue));
    flags
        .map(|flag| format!("--{}", flag.get_long().unwrap()))
        .collect()
}

/// Hostile values for every argument that takes one.
pub fn values(command: &Command) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for argument in command.get_arguments() {
        if !argument.get_action().takes_values() {
            continue;
        }
        let forms = match argument.get_value_names() {
            Some([name]) if name.contains('=') => vec![
                HOSTILE.to_owned(),
                format!("gain={HOSTILE}"),
                format!("{HOSTILE}=1"),
                format!("3:gain={HOSTILE}"),
                format!("3:{HOSTILE}=1"),
                format!("about=\"{HOSTILE}\""),
            ],
            _ => vec![HOSTILE.to_owned(), format!("{HOSTILE}/x.ron")],
        };
        for form in forms {
            match argument.get_long() {
                Some(long) => all.push(vec![format!("--{long}={form}")]),
                None => all.push(vec![form]),
            }
        }
    }
    all.push(vec![format!("--{HOSTILE}")]);
    all
}
