//! The manual page, from the one definition of the arguments.

use std::io;

use clap::CommandFactory;
use clap_mangen::Man;

use super::Cli;

/// The manual page in roff: the program, then every command with its flags and examples.
///
/// # Errors
/// None that writing to memory does not have.
pub fn manual() -> io::Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_extra_section(&mut page)?;
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_name().to_owned();
        let man = Man::new(subcommand.clone());
        let mut section = Vec::new();
        man.render_synopsis_section(&mut section)?;
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        man.render_extra_section(&mut section)?;
        let heading = format!(".SH \"SN-TUI {}\"\n", name.to_uppercase());
        page.extend(heading.into_bytes());
        page.extend(
            String::from_utf8_lossy(&section)
                .replace("\n.SH ", "\n.SS ")
                .into_bytes(),
        );
    }
    Ok(String::from_utf8_lossy(&page)
        .replace(" EXTRA\n", " EXAMPLES\n")
        .into_bytes())
}
