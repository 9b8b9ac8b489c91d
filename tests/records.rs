//! Commands that read runs, on directories as other processes leave them.

#[path = "common/program.rs"]
mod program;

use std::{fs, path::Path};

use assert_cmd::prelude::*;
use serde_json::Value;
use sn_tui::preset::{self, builtin::builtin};

use program::program;

fn printed(home: &Path, arguments: &[&str]) -> String {
    let output = program(home, arguments).assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

fn refused(home: &Path, arguments: &[&str], code: i32) -> String {
    let output = program(home, arguments).assert().code(code);
    String::from_utf8(output.get_output().stderr.clone()).unwrap()
}

/// Makes three runs: one finished, one killed after a rewind, and one of an older version with few records.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let file = |run: &str, name: &str, text: &str| {
        let path = home.path().join("runs").join(run).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let preset = |name: &str| preset::print(&builtin(name).unwrap(), name);
    let done = "2026-11-24-ring-a1b2c3";
    file(done, "preset.ron", &preset("ring"));
    file(
        done,
        "run.json",
        r#"{"schema":1,"version":"0.1.0","numerics":1,"name":"ring","seed":7,"device":"cpu","threads":2,"started":"2026-11-24T18:00:00+01:00","at":[],"data":null}"#,
    );
    file(
        done,
        "metrics.jsonl",
        "{\"step\":1,\"seconds\":0.5,\"loss_d\":1.5,\"loss_g\":0.5,\"sigma\":{\"d.0\":1.25}}\n",
    );
    file(
        done,
        "summary.json",
        r#"{"preset":"ring","seed":7,"steps":8000,"seconds":80.0,"stopped":"done","modes":8,"modes_total":8,"high_quality":0.97,"reverse_kl":0.01}"#,
    );
    file(done, "lock", "");
    file(
        done,
        "journal.jsonl",
        "{\"step\":5,\"kind\":\"set\",\"key\":\"gain\",\"old\":\"16.0\",\"new\":\"4.0\",\"cause\":\"key\"}\n",
    );
    for step in [100, 200] {
        file(
            done,
            &format!("checkpoints/step-{step:06}.safetensors"),
            "12345",
        );
    }
    file(done, "checkpoints/mark-000100.safetensors", "12345");
    let killed = "2026-11-25-digits-0c0c0c";
    file(killed, "preset.ron", &preset("digits"));
    file(
        killed,
        "run.json",
        r#"{"name":"digits","seed":0,"started":"2026-11-25T18:00:00+01:00"}"#,
    );
    file(
        killed,
        "metrics.jsonl",
        "{\"step\":1,\"loss_d\":1}\n{\"step\":2,\"loss_d\":2}\n{\"step\":2,\"loss_d\":3}\n{\"step\":3,\"lo",
    );
    file(killed, "lock", "");
    file("old", "preset.ron", &preset("grid"));
    file("old", "weights.safetensors", "12345");
    home
}

#[test]
fn runs_are_listed_with_their_state_the_newest_first() {
    let home = home();
    let home = home.path();
    let table = printed(home, &["runs"]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    let of = |name: &str| *lines.iter().find(|line| line.starts_with(name)).unwrap();
    for (name, words) in [
        (
            "2026-11-24-ring-a1b2c3",
            &["finished", "ring", "8,000/8,000", "8/8 modes"][..],
        ),
        (
            "2026-11-25-digits-0c0c0c",
            &["interrupted", "digits", "2/1,500"],
        ),
        ("old", &["over", "grid"]),
    ] {
        assert!(words.iter().all(|word| of(name).contains(word)), "{table}");
    }
    let place = |name: &str| lines.iter().position(|line| line.starts_with(name));
    assert!(place("2026-11-25") < place("2026-11-24"), "{table}");

    let json: Value = serde_json::from_str(&printed(home, &["runs", "--json"])).unwrap();
    let ring = json
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["id"] == "a1b2c3")
        .unwrap();
    assert_eq!(
        (&ring["state"], &ring["step"], &ring["seed"]),
        (&"finished".into(), &8000.into(), &7.into())
    );
    assert_eq!(ring["scores"]["modes"], 8);
    assert_eq!(ring["started"], "2026-11-24T17:00:00Z");

    let said = printed(home, &["runs", "runs/2026-11-24-ring-a1b2c3"]);
    assert!(said.contains("it is a run itself"), "{said}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(printed(empty.path(), &["runs"]), "no runs in runs\n");
    assert!(refused(empty.path(), &["runs", "nowhere"], 2).contains("nowhere"));
}

#[test]
fn a_run_is_found_by_every_name_and_shown_as_its_preset() {
    let home = home();
    let home = home.path();
    let text = printed(home, &["show", "a1b2c3"]);
    assert!(text.starts_with("// ring: "), "{text}");
    for name in [
        "a1b",
        "2026-11-24",
        "runs/2026-11-24-ring-a1b2c3",
        "runs/2026-11-24-ring-a1b2c3/",
    ] {
        assert_eq!(printed(home, &["show", name]), text, "{name}");
    }
    // The name of a preset takes precedence over that of a run.
    fs::rename(home.join("runs/old"), home.join("runs/digits")).unwrap();
    assert!(printed(home, &["show", "digits"]).starts_with("// digits"));
    assert!(
        refused(home, &["show", "2026"], 2)
            .contains("2026-11-24-ring-a1b2c3 or 2026-11-25-digits-0c0c0c")
    );
    assert!(refused(home, &["show", "a1b2c4"], 2).contains("2026-11-24-ring-a1b2c3"));
    assert!(
        refused(home, &["metrics", "a1b2c4"], 2).contains("did you mean 2026-11-24-ring-a1b2c3")
    );
    assert!(refused(home, &["metrics", "./runs"], 2).contains("not the folder of a run"));
}

#[test]
fn show_about_tells_the_history_of_a_run() {
    let home = home();
    let home = home.path();
    let story = printed(home, &["show", "a1b2c3", "--about"]);
    for words in [
        "finished",
        "ring, seed 7, cpu, 2 threads, sn-tui 0.1.0, numerics 1",
        "8,000 of 8,000 in 80.0 s of training, 100.0 steps/s",
        "8/8 modes",
        "gain: 16.0 → 4.0",
        "marked",
        "step       200",
    ] {
        assert!(story.contains(words), "{words} is missing from\n{story}");
    }
    let json: Value = serde_json::from_str(&printed(home, &["show", "a1b2c3", "--json"])).unwrap();
    assert_eq!(json["journal"][0]["key"], "gain");
    assert_eq!(json["checkpoints"].as_array().unwrap().len(), 3);
    assert!(printed(home, &["show", "0c0c0c", "--about"]).contains("interrupted"));
    assert!(printed(home, &["show", "old", "--about"]).contains("no changes"));
}

#[test]
fn metrics_are_a_table_without_abandoned_branches() {
    let home = home();
    let home = home.path();
    let csv = printed(home, &["metrics", "0c0c0c"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("step,branch,updates,seconds,loss_d,"),
        "{csv}"
    );
    assert!(
        lines[1].starts_with("1,0,both,,1.0,") && lines[2].starts_with("2,1,both,,3.0,"),
        "{csv}"
    );
    assert_eq!(lines.len(), 3);
    let all = printed(home, &["metrics", "0c0c0c", "--abandoned"]);
    assert!(all.contains("\n2,0,true,both,,2.0,"), "{all}");
    let json = printed(home, &["metrics", "a1b2c3", "--json"]);
    let line: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&line["branch"], &line["sigma"]["d.0"]),
        (&0.into(), &1.25.into())
    );
    program(home, &["metrics", "a1b2c3", "-o", "out.csv"])
        .assert()
        .success()
        .stdout("");
    assert!(
        fs::read_to_string(home.join("out.csv"))
            .unwrap()
            .contains("sigma.d.0")
    );
    assert!(refused(home, &["metrics", "old"], 1).contains("no metrics"));
}

#[test]
fn clean_lists_what_it_would_remove_and_removes_it_with_yes() {
    let home = home();
    let home = home.path();
    let (killed, first) = (
        home.join("runs/2026-11-25-digits-0c0c0c"),
        home.join("runs/2026-11-24-ring-a1b2c3/checkpoints/step-000100.safetensors"),
    );
    let said = printed(home, &["clean"]);
    assert!(
        said.contains("would go") && said.contains("--yes"),
        "{said}"
    );
    assert!(killed.exists() && first.exists());
    assert_eq!(
        printed(home, &["clean", "--older-than", "1"]),
        "nothing to remove\n"
    );
    let said = printed(home, &["clean", "--yes"]);
    assert!(said.contains("removed"), "{said}");
    assert!(!killed.exists() && !first.exists());
    assert!(first.with_file_name("step-000200.safetensors").exists());
    assert_eq!(printed(home, &["clean"]), "nothing to remove\n");
    // A run with a mark is never removed as a whole.
    assert!(printed(home, &["clean", "a1b2c3", "--yes"]).contains("marked"));
    printed(home, &["clean", "old", "--yes"]);
    assert!(!home.join("runs/old").exists());
}

#[test]
fn without_a_terminal_watch_prints_the_state_of_runs() {
    let home = home();
    let home = home.path();
    let text = printed(home, &["watch", "a1b2c3", "0c0c0c"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("a1b2c3: step      1  loss D 1.5000"),
        "{text}"
    );
    assert!(
        lines.contains(&"a1b2c3: finished at step 8000 of 8000"),
        "{text}"
    );
    assert!(
        lines.contains(&"0c0c0c: interrupted at step 2 of 1500"),
        "{text}"
    );
    assert!(printed(home, &["watch"]).contains(" at step "));
    assert!(refused(home, &["watch", "nobody"], 2).contains("no run in runs is named"));
}
