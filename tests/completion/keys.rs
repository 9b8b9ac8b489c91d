//! Completion with Tab in bash and zsh.

use crate::{home, is_there, typed::Typed};

/// Typed keys, with the texts that every shell must then show.
const ANSWERS: [(&str, &[&str]); 11] = [
    ("sn-tui run --se\t\t", &["--seed", "--set", "--setting"]),
    ("sn-tui run --see\t7", &["sn-tui run --seed 7"]),
    ("sn-tui res\tmi\t", &["sn-tui resume mine"]),
    ("sn-tui export mine --step \t", &["--step 120"]),
    (
        "sn-tui run cifar10-\t--headl\t",
        &["sn-tui run cifar10-resnet --headless"],
    ),
    (
        "sn-tui run --set los\twas\tx",
        &["sn-tui run --set loss=wasserstein x"],
    ),
    (
        "sn-tui run ring --set=data.cen\tx",
        &["--set=data.centres=x"],
    ),
    ("sn-tui run --at 5:n_d\tx", &["--at 5:n_dis=x"]),
    ("sn-tui run --at 5:loss=hi\tx", &["--at 5:loss=hinge x"]),
    ("sn-tui run ow\tx", &["sn-tui run own.ron x"]),
    ("sn-tui run --data my\tx", &["--data my\\ pictures/x"]),
];

fn check_all(mut shell: Typed) {
    for (keys, parts) in ANSWERS {
        shell.answers(keys, parts);
    }
}

#[test]
fn bash_completes() {
    if !is_there("bash") {
        return;
    }
    let home = home();
    let line = "PS1='> '; source <(sn-tui completions bash)";
    let shell = ["bash", "--norc", "--noprofile", "-i"];
    check_all(Typed::start(&shell, home.path(), line));
}

#[test]
fn zsh_completes() {
    if !is_there("zsh") {
        return;
    }
    let home = home();
    let line = "PS1='> '; autoload -U compinit; compinit -u -D; source <(sn-tui completions zsh)";
    check_all(Typed::start(&["zsh", "-f", "-i"], home.path(), line));
}
