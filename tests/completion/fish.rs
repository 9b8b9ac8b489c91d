//! Completions that fish offers.

use std::process::Command;

use crate::{home, is_there, path};

#[test]
fn fish_completes() {
    if !is_there("fish") {
        return;
    }
    let home = home();
    for (line, first) in [
        ("sn-tui run --se", "--setting"),
        ("sn-tui resume mi", "mine"),
        ("sn-tui export mine --step ", "120"),
        ("sn-tui run cifar10-", "cifar10-resnet"),
        ("sn-tui run --set los", "loss="),
        ("sn-tui run --set loss=was", "loss=wasserstein"),
        ("sn-tui run --set=los", "--set=loss="),
        ("sn-tui run --at 5:n_d", "5:n_dis="),
        ("sn-tui run ow", "own.ron"),
        ("sn-tui run --data my", "my pictures/"),
    ] {
        let script = "sn-tui completions fish | source; complete -C $argv[1]";
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", script, line]);
        fish.current_dir(home.path())
            .env("PATH", path())
            .env("HOME", home.path());
        let output = fish.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let offered = text.lines().next().unwrap_or_default();
        let offered = offered.split('\t').next().unwrap();
        assert_eq!(offered.replace('\\', ""), first, "{line}: {text}");
    }
}
