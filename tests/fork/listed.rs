//! Forks and lanes in the lists of runs, and what `clean` leaves of them.

use std::fs;

use super::{Home, ends, folders::names, program::program};

#[test]
fn lists_tell_the_parent() {
    let home = Home::new();
    home.run("ring", "runs/mine", &[5, 10], &[]);
    home.run("ring", "other/mine", &[5, 10], &[]);
    home.fork("mine", "runs/fork", &["--from", "5"]);
    home.fork("other/mine", "runs/far", &["--from", "5"]);
    let table = home.output(&["runs"]);
    let far = format!("{}@5", home.path().join("other/mine").display());
    for (name, parent) in [
        ("NAME", "FROM"),
        ("fork ", "mine@5"),
        ("far ", &far),
        ("mine ", "-"),
    ] {
        let row = table.lines().find(|row| row.starts_with(name)).unwrap();
        assert!(row.ends_with(&format!("  {parent}")), "{table}");
    }
    assert!(!home.output(&["runs", "other"]).contains("FROM"));

    let told = serde_json::json!({
        "run": home.path().join("runs/mine"), "lane": "a", "step": 5
    });
    let runs: serde_json::Value = serde_json::from_str(&home.output(&["runs", "--json"])).unwrap();
    let parent_of = |name: &str| {
        let runs = runs.as_array().unwrap().iter();
        let run = runs.clone().find(|run| run["name"] == name).unwrap();
        run.get("parent").cloned()
    };
    assert_eq!(
        (parent_of("fork"), parent_of("mine")),
        (Some(told.clone()), None)
    );
    assert_eq!(home.json("runs/fork/run.json")["parent"], told);
    let about = home.output(&["show", "fork", "--about"]);
    assert!(about.contains("forked from  "), "{about}");
    assert!(about.contains("runs/mine, step 5"), "{about}");
}

/// Makes a fork a lane of its parent, as the program writes one.
fn as_lane(home: &Home, fork: &str, of: &str, name: &str) {
    let lanes = home.path().join(of).join("lanes");
    fs::create_dir_all(&lanes).unwrap();
    let about = home.path().join(fork).join("run.json");
    let mut json = home.json(&format!("{fork}/run.json"));
    json["parent"]["run"] = "../..".into();
    fs::write(about, serde_json::to_string_pretty(&json).unwrap()).unwrap();
    fs::rename(home.path().join(fork), lanes.join(name)).unwrap();
}

#[test]
fn lanes_are_listed_under_their_run_and_are_runs_of_their_own() {
    let home = Home::new();
    home.run("ring", "runs/mine", &[5, 10], &[]);
    home.run("ring", "runs/aaa", &[5, 10], &[]);
    home.fork("mine", "fork", &["--from", "5", "--set", "gain=2"]);
    as_lane(&home, "fork", "runs/mine", "b");
    let table = home.output(&["runs"]);
    let rows: Vec<&str> = table.lines().collect();
    let at = rows.iter().position(|row| row.starts_with("mine")).unwrap();
    assert!(rows[at + 1].starts_with("  lanes/b "), "{table}");
    assert!(rows[at + 1].ends_with("  mine@5"), "{table}");
    assert_eq!(rows.len(), 4);

    let lane = "runs/mine/lanes/b";
    home.replays(lane, 5);
    ends(home.command(&["resume", lane], &["--steps", "12"]), 0);
    let said = home.output(&["clean", "mine", "--yes"]);
    assert!(said.contains("lanes/b is a run of its own"), "{said}");
    let said = home.output(&["clean", "--keep", "0", "--yes"]);
    assert!(said.contains("lanes/b/checkpoints/step-000012"), "{said}");
    let kept = names(&home.path().join(lane).join("checkpoints"));
    assert_eq!(kept, ["mark-000005.safetensors"]);
    home.replays(lane, 7);

    // Once the lane has been moved, the run is removed as every other one.
    fs::rename(home.path().join(lane), home.path().join("moved")).unwrap();
    home.output(&["clean", "mine", "--yes"]);
    assert!(!home.path().join("runs/mine").exists());
    home.replays("moved", 7);
}

#[test]
fn the_start_of_a_fork_is_never_removed() {
    let home = Home::new();
    home.run("ring", "runs/mine", &[5, 10], &[]);
    let keep = [
        "--from",
        "5",
        "--set",
        "checkpoints.every=1",
        "--set",
        "checkpoints.keep=1",
    ];
    home.fork("mine", "runs/fork", &keep);
    home.output(&["clean", "--keep", "0", "--yes"]);
    let left = names(&home.path().join("runs/fork/checkpoints"));
    assert_eq!(left, ["mark-000005.safetensors"]);
    let said = home.output(&["clean", "fork", "--yes"]);
    assert!(said.contains("or it began with one"), "{said}");
    ends(home.command(&["resume", "fork"], &["--steps", "12"]), 0);
    home.replays("fork", 7);
    let completed = program(home.path(), &["replay", "fork", "--until", "7"]);
    assert!(ends(completed, 0).contains("2 steps again"));
}
