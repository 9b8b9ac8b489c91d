//! `sn-tui help`: the help of a command, a page of the documentation, or both.

mod page;

use clap::{Args, CommandFactory};

use super::{Cli, Error};
use crate::{
    preset::{Diagnostic, nearest::nearest},
    text::streams,
};

/// The pages of `docs/` in the order of the list: (name, Markdown).
pub const PAGES: &[(&str, &str)] = &[
    ("experiments", include_str!("../../docs/experiments.md")),
    ("keys", include_str!("../../docs/keys.md")),
    ("presets", include_str!("../../docs/presets.md")),
    ("settings", include_str!("../../docs/settings.md")),
    ("data", include_str!("../../docs/data.md")),
    ("commands", include_str!("../../docs/commands.md")),
    ("run-directory", include_str!("../../docs/run-directory.md")),
    (
        "resume-and-replay",
        include_str!("../../docs/resume-and-replay.md"),
    ),
    ("lanes", include_str!("../../docs/lanes.md")),
    ("ctl", include_str!("../../docs/ctl.md")),
    ("pytorch", include_str!("../../docs/pytorch.md")),
    ("scores", include_str!("../../docs/scores.md")),
    ("alarms", include_str!("../../docs/alarms.md")),
    ("method", include_str!("../../docs/method.md")),
    ("gpu", include_str!("../../docs/gpu.md")),
    ("speed", include_str!("../../docs/speed.md")),
    (
        "troubleshooting",
        include_str!("../../docs/troubleshooting.md"),
    ),
];

/// Arguments of `help`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui help                         all commands and pages
  sn-tui help run                     the flags of a command
  sn-tui help experiments | less      a page of the documentation")]
pub struct HelpArgs {
    /// A command, or a page of the documentation
    #[arg(value_name = "TOPIC")]
    pub topic: Option<String>,
}

/// Prints the help about a topic, by default about the program.
///
/// # Errors
/// There is no such topic (a [`Diagnostic`]), or standard output fails.
pub fn help(arguments: &HelpArgs) -> Result<(), Error> {
    let text = text(arguments.topic.as_deref(), streams::colors_output())?;
    Ok(streams::write_styled(&text)?)
}

/// Returns the help about a topic, with colour sequences if `colored`.
fn text(topic: Option<&str>, colored: bool) -> Result<String, Diagnostic> {
    let mut program = Cli::command();
    // This gives each command its full name, `sn-tui run`.
    program.build();
    let help_of = |command: &mut clap::Command| {
        let help = command.render_long_help();
        if colored {
            help.ansi().to_string()
        } else {
            help.to_string()
        }
    };
    let Some(topic) = topic else {
        let pages = page::wrapped(&page_names().collect::<Vec<_>>().join(", "), "  ");
        return Ok(format!(
            "{}\nPages of the documentation (sn-tui help PAGE):\n{pages}",
            help_of(&mut program)
        ));
    };
    let command = program.find_subcommand_mut(topic).map(help_of);
    let page = PAGES.iter().find(|(name, _)| *name == topic);
    let page = page.map(|(_, text)| page::render(text, colored));
    let parts: Vec<String> = command.into_iter().chain(page).collect();
    if parts.is_empty() {
        Err(unknown(topic))
    } else {
        Ok(parts.join("\n"))
    }
}

fn page_names() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(name, _)| *name)
}

/// Returns the error of an unknown topic, with the nearest topics and all topics.
fn unknown(topic: &str) -> Diagnostic {
    let program = Cli::command();
    let commands: Vec<&str> = command_names(&program).collect();
    let near = [
        nearest(topic, commands.iter().copied()),
        nearest(topic, page_names()),
    ];
    let mut near: Vec<String> = near
        .iter()
        .flatten()
        .map(|name| format!("`{name}`"))
        .collect();
    near.dedup();
    let mut message = format!("there is no help about `{topic}`");
    if !near.is_empty() {
        message += &format!(": did you mean {}?", near.join(" or "));
    }
    let commands = commands.join(", ");
    let pages = page_names().collect::<Vec<_>>().join(", ");
    Diagnostic::plain(message).with_help(format!("commands: {commands}; pages: {pages}"))
}

/// Returns the names of the shown commands.
fn command_names(program: &clap::Command) -> impl Iterator<Item = &str> {
    let shown = program.get_subcommands().filter(|one| !one.is_hide_set());
    shown.map(clap::Command::get_name)
}

/// Returns the names of all topics, sorted.
pub(super) fn names() -> Vec<String> {
    let program = Cli::command();
    let mut names: Vec<String> = command_names(&program).map(str::to_owned).collect();
    names.extend(page_names().map(str::to_owned));
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_its_help_and_a_page_its_text() {
        let run = text(Some("run"), false).unwrap();
        assert!(run.contains("Usage: sn-tui run"), "{run}");
        let scores = text(Some("scores"), false).unwrap();
        assert!(
            !scores.contains("Usage:") && scores.contains("swd"),
            "{scores}"
        );
    }

    #[test]
    fn a_command_that_is_a_page_as_well_shows_both() {
        let presets = text(Some("presets"), false).unwrap();
        let usage = presets.find("Usage: sn-tui presets").unwrap();
        assert!(presets.find("cifar10-resnet").unwrap() > usage);
    }

    #[test]
    fn without_a_topic_pages_are_listed_after_the_commands() {
        let all = text(None, false).unwrap();
        let pages = all.find("Pages of the documentation").unwrap();
        assert!(all.find("Usage: sn-tui").unwrap() < pages);
        assert!(page_names().all(|name| all[pages..].contains(name)));
    }

    #[test]
    fn an_unknown_topic_names_the_nearest_and_all() {
        let wrong = text(Some("reume"), false).unwrap_err();
        assert!(wrong.message.contains("`resume`"), "{}", wrong.message);
        let all = wrong.help.unwrap();
        assert!(
            names().iter().all(|name| all.contains(name.as_str())),
            "{all}"
        );
        let wrong = text(Some("qqqq"), false).unwrap_err();
        assert_eq!(wrong.message, "there is no help about `qqqq`");
    }

    #[test]
    fn every_example_fits_80_columns() {
        let program = Cli::command();
        for command in program.get_subcommands().chain([&program]) {
            let Some(text) = command.get_after_help() else {
                continue;
            };
            // Paragraphs are wrapped by clap, indented examples are not.
            for line in text
                .to_string()
                .lines()
                .filter(|line| line.starts_with(' '))
            {
                let name = command.get_name();
                assert!(page::width(line) <= 80, "{name}: {line}");
            }
        }
    }

    #[test]
    fn a_page_is_laid_out() {
        let markdown = "# A\n<!-- x -->\n- **one** `c d`\n  [two](b.md) [b](b.md)\n- three\n\n| a | b |\n| --- | --- |\n| `x\\|y` | [z](https://z.org) |\n\n```sh\ncode  #\n```\n";
        let laid_out = "A\n\n- one c d two sn-tui help b\n- three\n\na    b\n───  ─────────────────\nx|y  z (https://z.org)\n\n    code  #\n";
        assert_eq!(page::render(markdown, false), laid_out);
    }

    #[test]
    fn every_page_fits_80_columns() {
        for (name, page) in PAGES {
            for line in page::render(page, false).lines() {
                assert!(page::width(line) <= 80, "{name}: {line}");
                assert!(!line.contains('\u{1b}'), "{name}: {line}");
            }
        }
    }

    #[test]
    fn every_colour_sequence_ends_on_its_line() {
        for (name, page) in PAGES {
            for line in page::render(page, true).lines() {
                let sequences = line.matches("\u{1b}[").count();
                let ended = line.matches("\u{1b}[0m").count();
                assert_eq!(sequences, 2 * ended, "{name}: {line}");
            }
        }
    }
}
