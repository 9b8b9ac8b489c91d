//! Shell completion. The name of a value in the definition of the arguments (`RUN`, `K=V`) decides which candidates it
//! gets.

mod bash;
mod shells;
mod value;

use std::{env, ffi::OsString, io, path::Path};

use clap::{Arg, ArgMatches, Command, CommandFactory};
use clap_complete::{
    CompleteEnv, CompletionCandidate, Shell,
    engine::{ArgValueCompleter, complete},
    env::Shells,
};

use super::Cli;
use crate::{
    model::RunRequest,
    preset::{Preset, builtin},
    rundir::record,
    text::is_unsafe,
};
use shells::{BASH, Other, ZSH};
use value::Kind;

/// The environment variable with the name of the shell that asks for completions.
const SHELL_VARIABLE: &str = "_SN_TUI_COMPLETE";
/// The name of the program in shells.
const PROGRAM: &str = "sn-tui";
/// The commands whose settings are those of a run.
const OF_A_RUN: [&str; 2] = ["fork", "ctl"];

const SHELLS: Shells<'static> = Shells(&[
    &BASH,
    &ZSH,
    &Other(&clap_complete::env::Fish),
    &Other(&clap_complete::env::Elvish),
    &Other(&clap_complete::env::Powershell),
]);

/// Prints completions if a shell asks for them, and returns whether one did.
///
/// # Errors
/// The shell is unknown, or standard output fails.
pub fn answer() -> Result<bool, clap::Error> {
    let folder = env::current_dir().ok();
    CompleteEnv::with_factory(Cli::command)
        .var(SHELL_VARIABLE)
        .shells(SHELLS)
        .try_complete(env::args_os(), folder.as_deref())
}

/// Returns the script that makes a shell ask this program for completions.
///
/// # Errors
/// The path of this program is not UTF-8.
pub fn completions(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    let completer = SHELLS.completer(&shell.to_string());
    let completer =
        completer.ok_or_else(|| io::Error::other(format!("{shell} is not supported")))?;
    completer.write_registration(SHELL_VARIABLE, PROGRAM, PROGRAM, &program()?, &mut script)?;
    Ok(script)
}

/// Returns how this program was called. A path is made absolute, so that it works in every folder.
fn program() -> io::Result<String> {
    let called = env::args_os().next().unwrap_or_else(|| PROGRAM.into());
    let path = Path::new(&called);
    let path = match path.components().count() {
        1 => path.to_owned(),
        _ => std::path::absolute(path)?,
    };
    let text = path.into_os_string().into_string();
    text.map_err(|path| io::Error::other(format!("{} is not UTF-8", path.display())))
}

/// Returns the candidates for the last of these words.
fn candidates(words: Vec<OsString>) -> io::Result<Vec<CompletionCandidate>> {
    let index = words.len().saturating_sub(1);
    let flag = words[index].to_string_lossy().starts_with('-');
    let mut command = with_completers(&words[..index]);
    let mut all = complete(&mut command, words, index, None)?;
    let is_flag = |one: &CompletionCandidate| one.get_value().to_string_lossy().starts_with('-');
    // There are many flags: offer them only after a `-`, or if there is nothing else.
    if !flag && all.iter().any(|one| !is_flag(one)) {
        all.retain(|one| !is_flag(one));
    }
    all.retain(|one| {
        let text = one.get_value().to_str();
        text.is_some_and(|text| !text.contains(is_unsafe))
    });
    Ok(all)
}

/// Returns the definition of the command line in which every argument has a completer. `words` are the words before.
fn with_completers(words: &[OsString]) -> Command {
    let context = Context::of(words);
    let complete = |command: Command| {
        let context = context.clone();
        command.mut_args(move |argument| with_completer(argument, &context))
    };
    Cli::command().mut_subcommands(|command| {
        // The verbs of `ctl`.
        complete(command).mut_subcommands(complete)
    })
}

fn with_completer(argument: Arg, context: &Context) -> Arg {
    let takes_value = argument.get_action().takes_values();
    if !takes_value || argument.get_value_parser().possible_values().is_some() {
        return argument;
    }
    let kinds = kinds(&argument);
    let context = context.clone();
    let complete = move |word: &std::ffi::OsStr| {
        let all = kinds.iter();
        all.flat_map(|kind| kind.candidates(word, &context))
            .collect()
    };
    argument.add(ArgValueCompleter::new(complete))
}

/// Returns the kinds of values that an argument takes, by the names of its value.
fn kinds(argument: &Arg) -> Vec<Kind> {
    let names = argument.get_value_names().unwrap_or_default();
    let names = names.iter().flat_map(|name| name.split('|'));
    names.filter_map(Kind::of).collect()
}

/// What the words before the cursor name.
#[derive(Clone, Debug, Default)]
struct Context {
    /// The preset with its overrides, or that of the run that is forked.
    preset: Option<Preset>,
    /// Whether only settings that can change during a run are taken.
    live: bool,
    /// The name of a run.
    run: Option<String>,
}

impl Context {
    fn of(words: &[OsString]) -> Self {
        let lenient = Cli::command().ignore_errors(true);
        let Ok(matches) = lenient.try_get_matches_from(words) else {
            return Self::default();
        };
        let Some((command, matches)) = matches.subcommand() else {
            return Self::default();
        };
        let run = text(matches, "run");
        let live = OF_A_RUN.contains(&command);
        let forked = run.as_deref().filter(|_| live).and_then(preset_of);
        Self {
            preset: forked.or_else(|| preset(matches)),
            live,
            run,
        }
    }
}

/// Returns the preset of a run.
fn preset_of(run: &str) -> Option<Preset> {
    let named = record::preset_of(&record::find(run).ok()?).ok()?;
    Some(named.preset)
}

/// Returns the preset that the words name, with their overrides if these are valid.
fn preset(matches: &ArgMatches) -> Option<Preset> {
    let name = text(matches, "preset");
    let setting = matches.try_get_one("setting").ok().flatten().copied();
    let set = matches.try_get_many::<String>("set").ok().flatten();
    let set: Vec<String> = set.into_iter().flatten().cloned().collect();
    let with = |set| {
        super::effective(&RunRequest {
            preset: name.clone(),
            setting,
            set,
            ..RunRequest::default()
        })
    };
    let effective = with(set).or_else(|_| with(Vec::new()));
    effective.ok().map(|effective| effective.preset)
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.try_get_one::<String>(name).ok().flatten().cloned()
}

impl Context {
    /// Returns the named preset, or the default one.
    fn preset(&self) -> Option<Preset> {
        let default = || builtin::builtin(builtin::DEFAULT).ok();
        self.preset.clone().or_else(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let words = ["sn-tui"].into_iter().chain(line.split(' '));
        let all = candidates(words.map(OsString::from).collect()).unwrap();
        let texts = all.iter().map(|one| one.get_value().to_string_lossy());
        texts.map(|text| text.into_owned()).collect()
    }

    #[test]
    fn flags_presets_and_settings_are_offered_where_they_belong() {
        assert_eq!(texts("run --se"), ["--setting", "--set", "--seed"]);
        assert_eq!(texts("run ri"), ["ring"]);
        assert!(texts("run ").contains(&"cifar10-resnet".to_owned()));
        assert!(!texts("run ").iter().any(|text| text.starts_with('-')));
        assert_eq!(texts("run --setting "), ["A", "B", "C", "D", "E", "F"]);
        assert_eq!(texts("run --set los"), ["loss="]);
        assert_eq!(texts("run --set=los"), ["--set=loss="]);
        assert_eq!(texts("run --set loss=was"), ["loss=wasserstein"]);
        assert_eq!(texts("run --log j"), ["json"]);
        assert_eq!(texts("completions z"), ["zsh"]);
        assert!(texts("run --seed ").is_empty());
    }

    #[test]
    fn settings_are_those_of_the_named_preset_with_its_overrides() {
        assert_eq!(texts("run ring --set data.cen"), ["data.centres="]);
        assert!(texts("run digits --set data.cen").is_empty());
        assert_eq!(texts("show ring --set n_dis=")[0], "n_dis=2");
        assert_eq!(texts("run ring --set n_dis=7 --set n_dis=")[0], "n_dis=7");
        assert_eq!(texts("run ring --setting B --set n_dis=")[0], "n_dis=1");
        // Invalid and unfinished words are ignored.
        assert_eq!(texts("run ring --set nonsense --set los"), ["loss="]);
        assert_eq!(texts("run --nonsense ring --set los"), ["loss="]);
    }

    #[test]
    fn only_live_settings_are_offered_for_planned_changes() {
        assert_eq!(texts("run --at 500:los"), ["500:loss="]);
        assert_eq!(texts("run --at 500:loss=hi"), ["500:loss=hinge"]);
        assert!(texts("run --at 500:laten").is_empty());
        assert!(texts("run --at 5").is_empty());
        // A fork changes a run.
        assert_eq!(texts("fork mine --set los"), ["loss="]);
        assert!(texts("fork mine --set laten").is_empty());
        // So does a verb.
        assert_eq!(texts("ctl mine set los"), ["loss="]);
        assert_eq!(texts("ctl mine set gain=2 loss=hi"), ["loss=hinge"]);
        assert!(texts("ctl mine fork laten").is_empty());
        assert_eq!(texts("ctl mine jo"), ["join"]);
        assert_eq!(texts("ctl mine get sp"), ["spectra"]);
        assert_eq!(texts("ctl mine pause --lane b"), ["b"]);
        // Parts of a setting are offered after its full name.
        assert_eq!(texts("run --set generator.be"), ["generator.betas="]);
        assert_eq!(
            texts("run --set generator.betas."),
            ["generator.betas.0=", "generator.betas.1="]
        );
    }

    /// A new argument needs a kind of value, or an entry in this list of free values.
    #[test]
    fn every_value_is_known() {
        const FREE: [&str; 12] = [
            "A:B", "CMD", "DAYS", "HxW", "LAYER", "LAYER=N", "MxN", "N", "N,…", "S", "T", "TEXT",
        ];
        let program = Cli::command();
        let commands = program.get_subcommands();
        for command in commands.flat_map(|one| one.get_subcommands().chain([one])) {
            for argument in command.get_arguments() {
                let takes_value = argument.get_action().takes_values();
                if !takes_value || argument.get_value_parser().possible_values().is_some() {
                    continue;
                }
                for name in argument.get_value_names().unwrap_or_default() {
                    for name in name.split('|') {
                        let known = Kind::of(name).is_some() || FREE.contains(&name);
                        assert!(known, "{} {argument}: {name}", command.get_name());
                    }
                }
            }
        }
    }
}
