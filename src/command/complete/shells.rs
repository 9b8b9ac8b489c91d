//! The scripts and answers for each shell.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
};

use clap::Command;
use clap_complete::env::EnvCompleter;

use super::{bash, candidates, with_completers};

/// Bash passes the whole line, because its own words end at every `=` and `:`.
pub(super) const BASH: Own = Own {
    name: "bash",
    script: BASH_SCRIPT,
    answer: answer_bash,
};

const BASH_SCRIPT: &str = r#"_sn_tui() {
    COMPREPLY=()
    local line
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(VAR=bash COMPLETER -- "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
    if [[ ${COMPREPLY-} == *[=:/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}
complete -o nosort -F _sn_tui BIN 2>/dev/null || complete -F _sn_tui BIN
"#;

/// Zsh gets a `+` before a candidate that ends its word, and a `-` before one that can continue.
pub(super) const ZSH: Own = Own {
    name: "zsh",
    script: ZSH_SCRIPT,
    answer: answer_zsh,
};

const ZSH_SCRIPT: &str = r#"#compdef BIN
_sn_tui() {
    local -a open closed
    local line
    for line in "${(@f)$(VAR=zsh COMPLETER -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        case $line in
            +*) closed+=("${line#+}") ;;
            -*) open+=("${line#-}") ;;
        esac
    done
    (( $#open )) && _describe -V values open -S ''
    (( $#closed )) && _describe -V values closed
}
if [[ "${funcstack[1]}" == _sn_tui || "${funcstack[1]}" == _sn-tui ]]; then
    _sn_tui "$@"
else
    compdef _sn_tui BIN
fi
"#;

/// A shell with a script and answers of this program.
pub(super) struct Own {
    name: &'static str,
    /// The script to print.
    script: &'static str,
    /// Writes the answer to the arguments that the script passes.
    answer: fn(Vec<OsString>, &mut dyn Write) -> io::Result<()>,
}

/// A shell with the script of `clap_complete`.
pub(super) struct Other(pub &'static dyn EnvCompleter);

/// Fills in the placeholders of a script.
fn script(text: &str, var: &str, bin: &str, completer: &str) -> String {
    text.replace("VAR", var)
        .replace("BIN", bin)
        .replace("COMPLETER", &shell_words::quote(completer))
}

/// Returns whether a word can continue after this candidate.
fn is_open(text: &str) -> bool {
    text.ends_with(['=', ':', '/'])
}

fn answer_bash(arguments: Vec<OsString>, to: &mut dyn Write) -> io::Result<()> {
    let mut arguments = arguments.iter().map(|text| text.to_string_lossy());
    let (line, breaks) = (arguments.next(), arguments.next());
    let line = bash::Line::read(&line.unwrap_or_default(), &breaks.unwrap_or_default());
    for candidate in candidates(line.words.clone())? {
        if let Some(text) = line.reply(&candidate.get_value().to_string_lossy()) {
            writeln!(to, "{text}")?;
        }
    }
    Ok(())
}

fn answer_zsh(words: Vec<OsString>, to: &mut dyn Write) -> io::Result<()> {
    for candidate in candidates(words)? {
        let text = candidate.get_value().to_string_lossy();
        let sign = if is_open(&text) { '-' } else { '+' };
        let text = text.replace('\\', "\\\\").replace(':', "\\:");
        let about = candidate.get_help().map(ToString::to_string);
        let about = about.unwrap_or_default().replace('\\', "\\\\");
        let about = about.lines().next().unwrap_or_default();
        writeln!(to, "{sign}{text}:{about}")?;
    }
    Ok(())
}

impl EnvCompleter for Own {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is(&self, name: &str) -> bool {
        name == self.name
    }

    fn write_registration(
        &self,
        var: &str,
        _: &str,
        bin: &str,
        completer: &str,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        to.write_all(script(self.script, var, bin, completer).as_bytes())
    }

    fn write_complete(
        &self,
        _: &mut Command,
        arguments: Vec<OsString>,
        _: Option<&Path>,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        (self.answer)(arguments, to)
    }
}

impl EnvCompleter for Other {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn is(&self, name: &str) -> bool {
        self.0.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        self.0.write_registration(var, name, bin, completer, to)
    }

    fn write_complete(
        &self,
        _: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let mut command = with_completers(&words[..words.len().saturating_sub(1)]);
        self.0.write_complete(&mut command, words, folder, to)
    }
}
