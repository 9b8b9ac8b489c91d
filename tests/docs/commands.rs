//! Commands in the documentation: each one parses, and those that end by themselves run as printed.
//!
//! A block of `sh` is executed unless a word after `sh` says why it is not.

use std::{env, fs, path::Path, process::Command};

use clap::Parser;
use sn_tui::command::Cli;

use crate::{folders::names, pages, program::program};

/// Reasons not to execute a block: it needs a terminal, minutes, or something a test does not have (data, cargo, a
/// GPU, a network).
const NOT_RUN: [&str; 3] = ["live", "long", "elsewhere"];

/// A block of commands: its page, the word after `sh`, and its text.
struct Block {
    page: String,
    word: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for path in pages() {
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        for rest in text.split("\n```sh").skip(1) {
            let (head, rest) = rest.split_once('\n').unwrap();
            let (text, _) = rest.split_once("\n```").unwrap();
            blocks.push(Block {
                page: page.clone(),
                word: head.trim().to_owned(),
                text: text.to_owned(),
            });
        }
    }
    blocks
}

#[test]
fn every_command_parses() {
    for Block { page, word, text } in blocks() {
        assert!(
            word.is_empty() || NOT_RUN.contains(&word.as_str()),
            "{page}: {word}"
        );
        for line in text.lines() {
            // Comments, redirections, pipes and lists of commands end the part that can be parsed.
            let line = line.split(" #").next().unwrap();
            let Some((before, call)) = line.split_once("sn-tui ") else {
                continue;
            };
            if before.contains('/') || call.contains('$') {
                continue;
            }
            let call = call.split([';', '>', '<', '|', '&', ')']).next().unwrap();
            let call = if line.contains('\'') {
                &line[before.len() + 7..]
            } else {
                call
            };
            let words =
                shell_words::split(call).unwrap_or_else(|error| panic!("{page}: {line}: {error}"));
            let words = ["sn-tui".to_owned()].into_iter().chain(words);
            if let Err(error) = Cli::try_parse_from(words) {
                assert!(!error.use_stderr(), "{page}: {line}: {error}");
            }
        }
    }
}

/// Blocks of a page run one after the other in a folder that holds two small runs.
#[test]
fn commands_that_end_by_themselves_run_as_printed() {
    let made = tempfile::tempdir().unwrap();
    for name in ["mine", "other"] {
        let out = format!("runs/{name}");
        let arguments = [
            "run",
            "digits",
            "--headless",
            "--quiet",
            "--steps",
            "2",
            "--set",
            "scores.count=2",
            "--out",
        ];
        let arguments: Vec<&str> = arguments.into_iter().chain([out.as_str()]).collect();
        assert!(program(made.path(), &arguments).status().unwrap().success());
    }
    let mut run = 0;
    for page in pages() {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let folder = tempfile::tempdir().unwrap();
        copy(&made.path().join("runs"), &folder.path().join("runs"));
        for block in blocks()
            .iter()
            .filter(|block| block.page == name && block.word.is_empty())
        {
            execute(folder.path(), block);
            run += 1;
        }
    }
    assert!(run > 8, "{run}");
}

fn execute(folder: &Path, block: &Block) {
    let binary = assert_cmd::cargo::cargo_bin!("sn-tui");
    let path = env::var("PATH").unwrap();
    let path = format!("{}:{path}", binary.parent().unwrap().display());
    let ended = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &block.text])
        .current_dir(folder)
        .env("PATH", path)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success(),
        "{}:\n{}\n{told}",
        block.page,
        block.text
    );
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}
