//! Arguments in, exit code out.
#![deny(clippy::unwrap_used, clippy::expect_used)]
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::{error::Error, process::ExitCode, sync::Arc};

use signal_hook::consts::SIGXFSZ;
use sn_tui::{
    command::{
        self, Command, ShowArgs, audit, bench,
        exit::{FAILURE, WRONG_INPUT},
        export, records, sample, train, watch,
    },
    model::RunRequest,
    preset::{Diagnostic, print},
    text::streams,
};

fn main() -> ExitCode {
    survive_limits();
    match command::answer() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => {
            streams::say(&format!("error: {error}"));
            return ExitCode::from(FAILURE);
        }
    }
    let error = match execute(&command::parse()) {
        Ok(code) => return ExitCode::from(code),
        Err(error) => error,
    };
    match error.downcast_ref::<Diagnostic>() {
        Some(wrong) => {
            command::say_wrong(wrong);
            ExitCode::from(WRONG_INPUT)
        }
        None => {
            streams::say(&format!("error: {error}"));
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
        Command::Run(arguments) => return Ok(train::run(arguments)?),
        Command::Attach(arguments) => return train::attach::attach(arguments),
        Command::Resume(arguments) => return train::resume(arguments),
        Command::Replay(arguments) => return train::replay::replay(arguments),
        Command::Presets => streams::write_out(command::presets()?.as_bytes())?,
        Command::Show(arguments) => show(arguments)?,
        Command::Runs(arguments) => records::runs(arguments)?,
        Command::Watch(arguments) => return watch::watch(arguments),
        Command::Metrics(arguments) => records::metrics(arguments)?,
        Command::Clean(arguments) => records::clean(arguments)?,
        Command::Audit(arguments) => audit::audit(arguments)?,
        Command::Export(arguments) => export::export(arguments)?,
        Command::Sample(arguments) => sample::sample(arguments)?,
        Command::Bench(arguments) => bench::bench(arguments)?,
        Command::Completions { shell } => streams::write_out(&command::completions(*shell)?)?,
        Command::Help(arguments) => command::help(arguments)?,
        Command::Man => streams::write_out(&command::manual()?)?,
        Command::TrainClassifier(arguments) => train::classifier::train(arguments)?,
    }
    Ok(0)
}

fn show(arguments: &ShowArgs) -> Result<(), Box<dyn Error>> {
    if arguments.about || arguments.json {
        let directory = records::find(&arguments.preset)?;
        return records::about(&directory, arguments.json);
    }
    let effective = command::effective(&RunRequest {
        preset: Some(arguments.preset.clone()),
        setting: arguments.setting,
        set: arguments.set.clone(),
        ..RunRequest::default()
    })?;
    let text = print(&effective.preset, &effective.name);
    Ok(streams::write_out(text.as_bytes())?)
}
