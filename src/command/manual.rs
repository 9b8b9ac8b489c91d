//! The manual page, generated from the definition of the arguments.

use std::io;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::Cli;

/// Returns the manual page in roff: the program, then every command with its flags and examples.
///
/// # Errors
/// None is known: it writes to memory.
pub fn manual() -> io::Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let man = Man::new(command.clone());
    let mut head = Vec::new();
    man.render_title(&mut head)?;
    man.render_name_section(&mut head)?;
    let mut page = String::from_utf8_lossy(&head).into_owned() + &sections(&command)?;
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_name().to_uppercase();
        page += &format!(".SH \"SN-TUI {name}\"\n");
        page += &sections(subcommand)?.replace("\n.SH ", "\n.SS ");
    }
    Ok(page.replace(" EXTRA\n", " EXAMPLES\n").into_bytes())
}

/// Returns the synopsis, description, options and examples of a command.
fn sections(command: &Command) -> io::Result<String> {
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    text.extend(verbs(command).into_bytes());
    man.render_extra_section(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Returns the section about the verbs of `ctl`; empty for other commands.
fn verbs(command: &Command) -> String {
    let is_ctl = command.get_subcommand_value_name().is_some();
    let verbs = command.get_subcommands().filter(|_| is_ctl);
    let rows = verbs.map(|verb| {
        let about = verb
            .get_about()
            .map_or_else(String::new, ToString::to_string);
        format!(".TP\n\\fB{}\\fR\n{about}\n", verb.get_name())
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        rows
    } else {
        format!(".SH VERBS\n{rows}")
    }
}
