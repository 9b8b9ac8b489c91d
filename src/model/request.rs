//! A request for a new run: a preset and its options, as given to `sn-tui run` or to `:preset` on the screen.

mod error;

use std::path::{Path, PathBuf};

use clap::{Args, Command, FromArgMatches};

use crate::preset::{Data, OptimizerSetting, Preset, Source, builtin, load, set_all};
use error::NotWhole;

pub use error::RequestError;

/// A request for a new run: a preset with options.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct RunRequest {
    /// A built-in preset, a path (ends in .ron or holds a /): a file, or a run's folder; or a run's name or id [default: digits]
    #[arg(value_name = "PRESET|FILE.ron|RUN")]
    pub preset: Option<String>,
    /// Optimizer setting of the paper's table 1 for both networks: learning rate, betas, D updates
    #[arg(long, value_name = "A..F")]
    pub setting: Option<OptimizerSetting>,
    /// Change a setting of the preset: a path and a RON value (spectral.iterations=3, loss=hinge); repeatable
    #[arg(long, value_name = "K=V")]
    pub set: Vec<String>,
    /// Change a setting while training, before this step (STEP@b: of lane b, STEP@*: of all); repeatable
    #[arg(long, value_name = "STEP:K=V")]
    pub at: Vec<String>,
    /// Split off a lane before this step, with these changes: 500:gain=2;n_dis=1, or 500: for none; repeatable, at most 3
    #[arg(long, value_name = "STEP:K=V")]
    pub fork: Vec<String>,
    /// Images of your own: a folder or zip archive of pictures, an IDX file, CIFAR-10, a NumPy array (.npy)
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    pub data: Option<PathBuf>,
    /// Step at which to stop; the decay of learning rates keeps the preset's length
    #[arg(long, value_name = "N", value_parser = parse_whole)]
    pub steps: Option<u64>,
    /// Seed of all random streams [default: 0]
    #[arg(long, value_name = "N", value_parser = parse_whole)]
    pub seed: Option<u64>,
}

/// Parses a whole number. Commas between digits are ignored.
fn parse_whole(text: &str) -> Result<u64, NotWhole> {
    text.replace(',', "").parse().map_err(|_| NotWhole)
}

impl RunRequest {
    /// A request for a preset without options.
    pub fn of(preset: &str) -> Self {
        Self {
            preset: Some(preset.to_owned()),
            ..Self::default()
        }
    }

    /// Name or path of the preset; the default preset if none was given.
    pub fn preset(&self) -> &str {
        self.preset.as_deref().unwrap_or(builtin::DEFAULT)
    }

    /// Seed of the run's random streams, 0 by default.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    fn command() -> Command {
        let command = Command::new("preset")
            .no_binary_name(true)
            .disable_help_flag(true);
        Self::augment_args(command)
    }

    /// All options, each with a description of its value.
    pub fn options() -> Vec<(String, String)> {
        let described = |argument: &clap::Arg| {
            let value = argument.get_value_names()?.first()?;
            let help = argument.get_help()?.to_string();
            let help = help.split(" [").next()?;
            Some((
                format!("--{}", argument.get_long()?),
                format!("{value}: {help}"),
            ))
        };
        Self::command()
            .get_arguments()
            .filter_map(described)
            .collect()
    }

    /// Parses the name of a preset and its options. Quotes and backslashes work as in a shell. `--set` may be omitted before
    /// KEY=VALUE.
    ///
    /// # Errors
    /// A quote is not closed, or an option is unknown or has a missing or wrong value.
    pub fn read(text: &str) -> Result<Self, RequestError> {
        let words = shell_words::split(text).map_err(|_| RequestError::OpenQuote)?;
        let command = Self::command().mut_arg("preset", |preset| preset.required(true));
        let matches = command.try_get_matches_from(with_set(words))?;
        let mut request = Self::from_arg_matches(&matches)?;
        request.data = request.data.map(|path| home(&path));
        Ok(request)
    }

    /// The options without the preset, in the syntax of [`RunRequest::read`].
    pub fn written(&self) -> String {
        let mut words = Vec::new();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if let Some(setting) = self.setting {
            option("--setting", format!("{setting:?}"));
        }
        if let Some(steps) = self.steps {
            option("--steps", steps.to_string());
        }
        if let Some(data) = &self.data {
            option("--data", data.to_string_lossy().into_owned());
        }
        self.set.iter().for_each(|set| option("--set", set.clone()));
        self.at.iter().for_each(|at| option("--at", at.clone()));
        let forks = self.fork.iter();
        forks.for_each(|fork| option("--fork", fork.clone()));
        if let Some(seed) = self.seed {
            option("--seed", seed.to_string());
        }
        shell_words::join(words)
    }

    /// Checks the preset, its settings and the presence of its data, without starting a run.
    ///
    /// # Errors
    /// The preset cannot be loaded, a setting is refused, or the data are missing.
    pub fn check(&self) -> Result<(), RequestError> {
        let named = load(self.preset()).map_err(Box::new)?;
        let preset = set_all(&named.preset, &self.set).map_err(Box::new)?;
        match (&self.data, missing(&preset)) {
            (Some(path), _) if !path.exists() => Err(RequestError::NoFile(path.clone())),
            (None, Some(path)) => Err(RequestError::NoData {
                preset: self.preset().to_owned(),
                path: path.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// Inserts `--set` before each KEY=VALUE that has no option.
fn with_set(words: Vec<String>) -> Vec<String> {
    // The preset's name may hold an equal sign.
    let mut is_value = true;
    let words = words.into_iter().map(|word| {
        let is_option = word.starts_with('-');
        let alone = !is_option && !is_value && word.contains('=');
        is_value = is_option && !word.contains('=');
        if alone { format!("--set={word}") } else { word }
    });
    words.collect()
}

/// Path of the preset's data if it does not exist; otherwise `None`.
pub(crate) fn missing(preset: &Preset) -> Option<&Path> {
    match &preset.data {
        Data::Images {
            source: Source::Path(path),
            ..
        } => Some(Path::new(path)).filter(|path| !path.exists()),
        _ => None,
    }
}

/// Replaces a leading `~` by the home directory, as a shell does.
pub(crate) fn home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_in_a_shell_and_written_again() {
        let text = "ring --setting C --steps 500 --data 'a b' --set gain=2 --set 'loss = hinge' \
                    --at 5:n_dis=2 --seed 7";
        let request = RunRequest::read(text).unwrap();
        assert_eq!(request.preset(), "ring");
        assert_eq!(request.steps, Some(500));
        assert_eq!(request.data.as_deref(), Some(Path::new("a b")));
        assert_eq!(request.set, ["gain=2", "loss = hinge"]);
        assert_eq!(request.seed, Some(7));
        let again = RunRequest::read(&format!("ring {}", request.written())).unwrap();
        assert_eq!(again, request);
        let short = RunRequest::read("ring gain=2 --steps=1,000").unwrap();
        assert_eq!(
            (short.set, short.steps),
            (vec!["gain=2".into()], Some(1000))
        );
        assert_eq!(RunRequest::of("ring").written(), "");
    }

    #[test]
    fn errors_are_found_before_the_start() {
        for (line, part) in [
            ("ring --step 5", "--steps"),
            ("ring --steps", "value is required"),
            ("ring --steps x", "whole number"),
            ("ring --setting Q", "A, B, C"),
            ("ring 5", "neither an option"),
            ("ring 'x", "quote"),
        ] {
            let said = RunRequest::read(line).unwrap_err().to_string();
            assert!(said.contains(part), "{line}: {said}");
        }
        for (line, part) in [
            ("rign", "ring"),
            ("ring gian=2", "gain"),
            ("cifar10", "add --data PATH"),
            ("digits --data /nowhere/at/all", "nothing at /nowhere"),
        ] {
            let said = RunRequest::read(line).unwrap().check().unwrap_err();
            let said = said.to_string();
            assert!(said.contains(part), "{line}: {said}");
        }
        for fine in [
            "digits",
            "ring --steps 5",
            "cifar10 data.source=Dolls",
            "cifar10 --data .",
        ] {
            RunRequest::read(fine).unwrap().check().unwrap();
        }
    }
}
