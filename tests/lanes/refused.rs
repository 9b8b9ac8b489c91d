//! Plans of lanes that do not fit.

use super::Home;

#[test]
fn plans_that_do_not_fit_are_refused_before_the_start() {
    let home = Home::new();
    for (words, parts) in [
        (&["--fork", "5"][..], &["--fork", "STEP:KEY=VALUE"][..]),
        (&["--fork", "0:"], &["--fork", "1 or more"]),
        (&["--fork", "5:latent=3"], &["latent", "fixed"]),
        (&["--fork", "5:gian=3"], &["gian", "gain"]),
        (&["--at", "5@b:gain=3"], &["no lane `b`", "--fork"]),
        (
            &["--fork", "9:", "--at", "5@b:gain=3"],
            &["lane b begins with step 9"],
        ),
        (
            &[
                "--fork", "1:", "--fork", "2:", "--fork", "3:", "--fork", "4:",
            ],
            &["four lanes"],
        ),
    ] {
        let command = ["run", "ring", "--headless", "--steps", "10", "--out", "run"];
        let output = home.program(&[&command[..], words].concat(), 2);
        let said = String::from_utf8_lossy(&output.stderr);
        for part in parts {
            assert!(said.contains(part), "{words:?}: {part}: {said}");
        }
        assert!(!home.path("run").exists(), "{words:?}");
    }
}

#[test]
fn a_lane_without_memory_is_refused_with_numbers_and_the_run_goes_on() {
    let home = Home::new();
    let words = "run ring --headless --quiet --steps 30 --out run --threads 1 --fork 5:batch=60000 --set scores.every=0";
    let script = format!(
        "ulimit -v 700000; exec '{}' {words}",
        super::program::PROGRAM
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(home.path(""))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for part in [
        "--fork 5",
        "a lane needs about",
        "must be free",
        "ulimit -v",
        "goes on without lane b",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!home.path("run/lanes/b").exists());
    assert_eq!(
        super::json(&home.path("run/summary.json"))["steps"],
        serde_json::Value::from(30)
    );
}

#[test]
fn the_memory_of_a_lane_is_announced_when_it_is_split_off_and_when_it_resumes() {
    let home = Home::new();
    let run = "run ring --headless --quiet --steps 4 --out run --threads 1 --fork 2: --set scores.every=0";
    let words: Vec<&str> = run.split(' ').collect();
    home.program(&words, 0);
    let announced = || {
        let log = std::fs::read_to_string(home.path("run/sn-tui.log")).unwrap();
        let lines = log.lines().filter(|line| line.contains("lane b: about "));
        let amounts =
            lines.filter_map(|line| line.split("about ").nth(1)?.split(' ').next()?.parse().ok());
        amounts.collect::<Vec<f64>>()
    };
    let first = announced();
    assert!(
        first.len() == 1 && (1.0..10.0).contains(&first[0]),
        "{first:?}"
    );
    let words = ["resume", "run", "--headless", "--quiet", "--steps", "6"];
    home.program(&words, 0);
    assert_eq!(announced().len(), 2);
}
