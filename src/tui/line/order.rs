//! Another run that a person asks for: a preset, and options as `run` takes them.

use std::path::{Path, PathBuf};

use crate::preset::{Data, OptimizerSetting, Preset, Source, load, nearest::nearest, set_all};

/// A preset with options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// A built-in preset, or the path of a file or of a run.
    pub preset: String,
    pub setting: Option<OptimizerSetting>,
    pub set: Vec<String>,
    pub steps: Option<u64>,
    pub data: Option<PathBuf>,
    pub at: Vec<String>,
    /// None: the seed that the program was started with.
    pub seed: Option<u64>,
}

/// The options, and what each takes.
pub const OPTIONS: [(&str, &str); 6] = [
    ("--data", "PATH: images of your own"),
    ("--steps", "N: the step at which to stop"),
    ("--set", "KEY=VALUE: a setting; `--set` may be left out"),
    ("--at", "STEP:KEY=VALUE: a setting changed before this step"),
    ("--seed", "N: seed of all random streams"),
    ("--setting", "A..F: a setting of the paper's table 1"),
];

impl Order {
    /// A preset as it ships.
    pub fn of(preset: &str) -> Self {
        Self {
            preset: preset.to_owned(),
            ..Self::default()
        }
    }

    /// Reads a preset's name and options; quotes and backslashes are as in a shell.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let words = shell_words::split(text).map_err(|_| "a quote is not closed".to_owned())?;
        let mut words = words.into_iter();
        let mut order = Self::of(&words.next().unwrap_or_default());
        while let Some(word) = words.next() {
            let (option, joined) = match word.strip_prefix("--").and_then(|w| w.split_once('=')) {
                Some((name, value)) => (format!("--{name}"), Some(value.to_owned())),
                None => (word, None),
            };
            if !option.starts_with('-') {
                if !option.contains('=') {
                    return Err(format!(
                        "`{option}` is neither an option nor KEY=VALUE; a value with spaces stands in quotes"
                    ));
                }
                order.set.push(option);
                continue;
            }
            let known = OPTIONS.map(|(name, _)| name);
            if !known.contains(&option.as_str()) {
                let near = nearest(&option, known);
                let near = near.unwrap_or("--data, --steps, --set, --at, --seed or --setting");
                return Err(format!(
                    "there is no option `{option}`: did you mean {near}?"
                ));
            }
            let Some(value) = joined.or_else(|| words.next()) else {
                return Err(format!("`{option}` needs a value"));
            };
            order.take(&option, value)?;
        }
        Ok(order)
    }

    fn take(&mut self, option: &str, value: String) -> Result<(), String> {
        let number = || {
            let digits = value.replace(',', "");
            let wrong = |_| format!("`{option} {value}` is not a whole number");
            digits.parse::<u64>().map_err(wrong)
        };
        match option {
            "--data" => self.data = Some(home(&value)),
            "--steps" => self.steps = Some(number()?),
            "--seed" => self.seed = Some(number()?),
            "--at" => self.at.push(value),
            "--setting" => {
                let wrong = |_| format!("`--setting {value}` is none of A to F");
                self.setting = Some(value.parse().map_err(wrong)?);
            }
            _ => self.set.push(value),
        }
        Ok(())
    }

    /// The options as [`Order::read`] takes them, without the preset; empty where there is none.
    pub fn options(&self) -> String {
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
        if let Some(seed) = self.seed {
            option("--seed", seed.to_string());
        }
        shell_words::join(words)
    }

    /// Checks what can be told without starting: the preset, its settings, and that the data are there.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        let named = load(&self.preset).map_err(|wrong| wrong.to_string())?;
        let preset = set_all(&named.preset, &self.set).map_err(|wrong| wrong.to_string())?;
        let asked = self.data.as_deref();
        match asked.filter(|path| !path.exists()).or(match asked {
            None => missing(&preset),
            Some(_) => None,
        }) {
            None => Ok(()),
            Some(path) if asked.is_some() => Err(format!("there is nothing at {}", path.display())),
            Some(path) => Err(format!(
                "{} learns from {}, which is not here: add --data PATH",
                self.preset,
                path.display()
            )),
        }
    }
}

/// Where a preset's data would be, if they are not there.
pub fn missing(preset: &Preset) -> Option<&Path> {
    match &preset.data {
        Data::Images {
            source: Source::Path(path),
            ..
        } => Some(Path::new(path)).filter(|path| !path.exists()),
        _ => None,
    }
}

/// A path whose `~/` is the person's home, as in a shell.
pub fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
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
        let order = Order::read(text).unwrap();
        assert_eq!(order.preset, "ring");
        assert_eq!(order.steps, Some(500));
        assert_eq!(order.data.as_deref(), Some(Path::new("a b")));
        assert_eq!(order.set, ["gain=2", "loss = hinge"]);
        assert_eq!(order.seed, Some(7));
        let again = Order::read(&format!("ring {}", order.options())).unwrap();
        assert_eq!(again, order);
        let short = Order::read("ring gain=2 --steps=1,000").unwrap();
        assert_eq!(
            (short.set, short.steps),
            (vec!["gain=2".into()], Some(1000))
        );
        assert_eq!(Order::of("ring").options(), "");
    }

    #[test]
    fn what_is_wrong_is_said_before_anything_starts() {
        for (line, part) in [
            ("ring --step 5", "--steps"),
            ("ring --steps", "needs a value"),
            ("ring --steps x", "whole number"),
            ("ring --setting Q", "A to F"),
            ("ring 5", "neither an option"),
            ("ring 'x", "quote"),
        ] {
            let said = Order::read(line).unwrap_err();
            assert!(said.contains(part), "{line}: {said}");
        }
        for (line, part) in [
            ("rign", "ring"),
            ("ring gian=2", "gain"),
            ("cifar10", "add --data PATH"),
            ("digits --data /nowhere/at/all", "nothing at /nowhere"),
        ] {
            let said = Order::read(line).unwrap().check().unwrap_err();
            assert!(said.contains(part), "{line}: {said}");
        }
        for fine in [
            "digits",
            "ring --steps 5",
            "cifar10 data.source=Dolls",
            "cifar10 --data .",
        ] {
            assert_eq!(Order::read(fine).unwrap().check(), Ok(()), "{fine}");
        }
    }
}
