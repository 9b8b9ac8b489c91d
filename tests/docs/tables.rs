//! Tables between `<!-- table: NAME -->` and `<!-- end -->` are written by the program. `SN_TUI_WRITE_DOCS=1 cargo test
//! --test docs` writes them.

use std::{env, fs};

use clap::{Arg, Command, CommandFactory};
use sn_tui::{
    command::{Cli, exit},
    headless::{keys as of_lines, signals},
    model::{Figures, ImageScores, MixtureScores, measures::table as of_steps},
    preset::{builtin, setting},
    run::alarm,
    rundir::layout,
    tui::{
        app::keys,
        line::command,
        words::{alarm as alarms, measures},
    },
};

use crate::pages;

const BEGIN: &str = "\n<!-- table: ";
const END: &str = "<!-- end -->";

#[test]
fn the_tables_are_those_of_the_program() {
    let write = env::var_os("SN_TUI_WRITE_DOCS").is_some_and(|value| value == "1");
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let right = with_tables(&text);
        if write && text != right {
            fs::write(&page, &right).unwrap();
        }
        let says = "SN_TUI_WRITE_DOCS=1 cargo test --test docs writes its tables";
        assert!(
            write || text == right,
            "{} is out of date: {says}",
            page.display()
        );
    }
}

/// Every table of the program stands in some page.
#[test]
fn no_table_is_left_out() {
    let all = crate::everything();
    for name in [
        "keys",
        "words",
        "settings",
        "layers",
        "alarms",
        "alarm-help",
        "measures",
        "columns",
        "scores",
        "presets",
        "commands",
        "exit-codes",
        "signals",
        "json-line",
        "json-summary",
        "files",
        "flags run",
    ] {
        assert!(all.contains(&format!("{BEGIN}{name} -->")), "{name}");
    }
}

fn with_tables(text: &str) -> String {
    let mut right = String::new();
    let mut rest = text;
    while let Some((before, marked)) = rest.split_once(BEGIN) {
        let (name, after) = marked
            .split_once(" -->\n")
            .expect("a marker has a line of its own");
        let (_, after) = after.split_once(END).expect("a table has an end");
        right += &format!("{before}{BEGIN}{name} -->\n{}{END}", table(name));
        rest = after;
    }
    right + rest
}

fn table(name: &str) -> String {
    match name {
        "keys" => keys::markdown(),
        "words" => words(),
        "settings" => setting::markdown(),
        "layers" => layers(),
        "alarms" => alarm::markdown(),
        "alarm-help" => alarm_help(),
        "measures" => measures::markdown(),
        "columns" => of_steps::markdown(),
        "scores" => scores(),
        "presets" => presets(),
        "commands" => commands(),
        "exit-codes" => exit::markdown(),
        "signals" => signals::markdown(),
        "json-line" => of_lines::markdown(&of_lines::LINE),
        "json-summary" => of_lines::markdown(&of_lines::SUMMARY),
        "files" => layout::markdown(),
        _ => match name.strip_prefix("flags ") {
            Some(command) => flags(command),
            None => panic!("there is no table `{name}`"),
        },
    }
}

/// Rows under their heads; bars in cells are escaped.
fn rows<const N: usize>(heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.join(" | "));
    let mut table = line(heads.map(str::to_owned)) + &line(heads.map(|_| "---".to_owned()));
    for row in rows {
        table += &line(row.map(|cell| cell.replace('|', "\\|")));
    }
    table
}

fn words() -> String {
    let words = command::WORDS.iter();
    rows(
        ["word", "does"],
        words.map(|word| {
            let name = format!("{} {}", word.name, word.takes);
            [format!("`{}`", name.trim_end()), word.about.to_owned()]
        }),
    )
}

fn layers() -> String {
    rows(
        ["layer", "is written"],
        setting::layer_names().map(|name| {
            let form = setting::form(name).unwrap().to_owned();
            [format!("`{name}`"), form]
        }),
    )
}

fn alarm_help() -> String {
    rows(
        ["alarm", "on the screen", "what it means, and what to try"],
        alarms::ALL.map(|kind| {
            let journal = format!("`{}`", kind.name());
            [
                journal,
                alarms::name(kind).to_owned(),
                alarms::explanation(kind).to_owned(),
            ]
        }),
    )
}

fn scores() -> String {
    let mixture = Figures::Mixture(MixtureScores {
        modes: 0,
        modes_total: 0,
        high_quality: 0.0,
        reverse_kl: 0.0,
    });
    let images = Figures::Images(ImageScores {
        diversity: 0.0,
        swd: 0.0,
        classifier_score: Some(0.0),
        frechet: Some(0.0),
        class_entropy: Some(0.0),
    });
    let both = [("mixtures", mixture), ("images", images)];
    rows(
        ["score", "of"],
        both.into_iter().flat_map(|(data, figures)| {
            let names = figures.named().into_iter();
            names.map(move |(name, _)| [format!("`{name}`"), data.to_owned()])
        }),
    )
}

fn presets() -> String {
    rows(
        ["preset", "shows"],
        builtin::names().map(|name| {
            let preset = builtin::builtin(name).unwrap();
            [format!("`{name}`"), preset.about]
        }),
    )
}

fn commands() -> String {
    let cli = Cli::command();
    let commands = cli.get_subcommands();
    let row = |command: &Command| {
        let arguments = command.get_positionals().map(positional);
        let words = [format!("sn-tui {}", command.get_name())]
            .into_iter()
            .chain(arguments);
        let call = words.collect::<Vec<_>>().join(" ");
        [
            format!("`{call}`"),
            command.get_about().unwrap().to_string(),
        ]
    };
    rows(["command", "does"], commands.map(row))
}

fn positional(argument: &Arg) -> String {
    let name = value(argument);
    let more = argument
        .get_num_args()
        .is_some_and(|count| count.max_values() > 1);
    let name = if more { format!("{name}…") } else { name };
    match argument.is_required_set() {
        true => name,
        false => format!("[{name}]"),
    }
}

fn value(argument: &Arg) -> String {
    match argument.get_value_names() {
        Some(names) => names.join(" "),
        None => argument.get_id().as_str().to_uppercase(),
    }
}

fn flags(command: &str) -> String {
    let cli = Cli::command();
    let command = cli.find_subcommand(command).unwrap();
    let arguments = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set());
    rows(
        ["argument", "meaning"],
        arguments.map(|argument| {
            let short = argument.get_short().map(|short| format!("-{short}"));
            let long = argument.get_long().map(|long| format!("--{long}"));
            let names: Vec<String> = short.into_iter().chain(long).collect();
            let takes = argument.get_action().takes_values();
            let call = match (names.is_empty(), takes) {
                (true, _) => positional(argument),
                (false, true) => format!("{} {}", names.join(", "), value(argument)),
                (false, false) => names.join(", "),
            };
            let help = argument.get_help().unwrap().to_string();
            [format!("`{call}`"), help + &default(argument)]
        }),
    )
}

/// A default that the sentence does not tell.
fn default(argument: &Arg) -> String {
    let values = argument.get_default_values();
    if values.is_empty() || !argument.get_action().takes_values() {
        return String::new();
    }
    let values: Vec<_> = values.iter().map(|value| value.to_string_lossy()).collect();
    format!(" [default: {}]", values.join(","))
}
