//! Arguments in, exit code out.
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::{error::Error, process::ExitCode, sync::Arc};

use signal_hook::consts::SIGXFSZ;
use sn_tui::{
    audit, bench,
    cli::{self, Command, RunArgs, ShowArgs},
    export, launch,
    preset::{Diagnostic, print},
    records, sample, watch,
};

/// Wrong arguments, preset or `--set`.
const WRONG_INPUT: u8 = 2;
/// Every other failure.
const FAILURE: u8 = 1;

fn main() -> ExitCode {
    survive_limits();
    match cli::answer() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => {
            cli::say(&format!("error: {error}"));
            return ExitCode::from(FAILURE);
        }
    }
    let command = cli::parse()
        .command
        .unwrap_or_else(|| Command::Run(RunArgs::default()));
    let error = match execute(&command) {
        Ok(code) => return ExitCode::from(code),
        Err(error) => error,
    };
    match error.downcast_ref::<Diagnostic>() {
        Some(wrong) => {
            cli::say_wrong(wrong);
            ExitCode::from(WRONG_INPUT)
        }
        None => {
            cli::say(&format!("error: {error}"));
            ExitCode::from(FAILURE)
        }
    }
}

/// A file that grows beyond the limit of the person's shell is an error of its own, told where it happens: not the end of
/// the program.
fn survive_limits() {
    // Where the signal cannot be caught, the program ends at the limit as others do.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

fn execute(command: &Command) -> Result<u8, Box<dyn Error>> {
    match command {
        Command::Run(arguments) => return Ok(launch::run(arguments)?),
        Command::Attach(arguments) => return launch::attach::attach(arguments),
        Command::Resume(arguments) => return launch::resume(arguments),
        Command::Replay(arguments) => return launch::replay::replay(arguments),
        Command::Presets => cli::write_out(cli::presets()?.as_bytes())?,
        Command::Show(arguments) => show(arguments)?,
        Command::Runs(arguments) => records::runs(arguments)?,
        Command::Watch(arguments) => return watch::watch(arguments),
        Command::Metrics(arguments) => records::metrics(arguments)?,
        Command::Clean(arguments) => records::clean(arguments)?,
        Command::Audit(arguments) => audit::audit(arguments)?,
        Command::Export(arguments) => export::export(arguments)?,
        Command::Sample(arguments) => sample::sample(arguments)?,
        Command::Bench(arguments) => bench::bench(arguments)?,
        Command::Completions { shell } => cli::write_out(&cli::completions(*shell)?)?,
        Command::Man => cli::write_out(&cli::manual()?)?,
        Command::TrainClassifier(arguments) => launch::classifier::train(arguments)?,
    }
    Ok(0)
}

fn show(arguments: &ShowArgs) -> Result<(), Box<dyn Error>> {
    if arguments.about || arguments.json {
        let directory = records::find(&arguments.preset)?;
        return records::about(&directory, arguments.json);
    }
    let effective = cli::effective(
        Some(&arguments.preset),
        arguments.setting,
        &arguments.set,
        None,
        None,
        &[],
    )?;
    let text = print(&effective.preset, &effective.name);
    Ok(cli::write_out(text.as_bytes())?)
}
