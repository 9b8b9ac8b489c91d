//! A fork is to the bit what its parent was, or would have been with `--at`.

use super::{Home, ends};

/// Presets with settings: many updates of D, no average of G, images, and SN on both networks.
const TRAININGS: [(&str, &[&str]); 4] = [
    ("ring", &["--set", "n_dis=5", "--seed", "3"]),
    ("ring", &["--set", "ema=0", "--set", "loss=wasserstein"]),
    (
        "grid",
        &["--set", "spectral.generator=true", "--set", "decay=true"],
    ),
    ("digits", &["--set", "spectra.every=0"]),
];

#[test]
fn without_changes_it_is_what_its_parent_was() {
    for (preset, settings) in TRAININGS {
        let home = Home::new();
        let planned = [
            "--at",
            "3:gain=2",
            "--at",
            "12:loss=hinge",
            "--at",
            "9:batch=4",
        ];
        home.run(
            preset,
            "whole",
            &[5, 10, 15],
            &[settings, &planned].concat(),
        );
        for (out, from) in [("at-5", &["--from", "5"][..]), ("at-10", &["--from", "10"])] {
            home.fork("whole", out, from);
            assert_eq!(
                home.end(out),
                home.end("whole"),
                "{preset} {settings:?} {out}"
            );
        }
        home.replays("at-5", 10);
        home.replays("at-10", 5);
        // Changes by step 10 are in its state.
        assert_eq!(
            home.json("at-10/run.json")["at"].as_array().unwrap().len(),
            1
        );
        assert_eq!(
            home.json("at-5/run.json")["at"].as_array().unwrap().len(),
            2
        );
    }
}

#[test]
fn a_run_goes_on_beyond_its_end_as_a_fork() {
    let home = Home::new();
    home.run("ring", "long", &[20], &[]);
    home.run("ring", "short", &[10], &[]);
    home.fork("short", "more", &["--steps", "20"]);
    // `--steps` never moves the decay of rates, and neither run has one.
    assert_eq!(home.end("more"), home.end("long"));
    home.replays("more", 10);
}

#[test]
fn a_changed_fork_is_the_run_with_the_change_before_its_first_step() {
    let off = ["--set", "spectral.enabled=false"];
    for (settings, changes) in [
        (&[][..], &["gain=2"][..]),
        (&[], &["spectral.enabled=false"]),
        (&off, &["spectral.enabled=true"]),
        (&[], &["loss=wasserstein", "n_dis=1", "batch=12"]),
        (&[], &["spectral.layers.d.2.enabled=false"]),
        (&[], &["generator.learning_rate=0.01", "ema=0.5"]),
        (&[], &["samples.count=9"]),
    ] {
        let home = Home::new();
        let settings = [settings, &["--at", "13:gain=3"]].concat();
        home.run("ring", "parent", &[10, 15], &settings);
        let set: Vec<&str> = changes
            .iter()
            .flat_map(|change| ["--set", change])
            .collect();
        home.fork("parent", "fork", &[&["--from", "10"], &set[..]].concat());

        let at: Vec<String> = changes
            .iter()
            .map(|change| format!("11:{change}"))
            .collect();
        let at: Vec<&str> = at.iter().flat_map(|change| ["--at", change]).collect();
        home.run("ring", "planned", &[15], &[&settings[..], &at].concat());
        assert_eq!(
            home.end("fork"),
            home.end("planned"),
            "{settings:?} {changes:?}"
        );
        if changes != ["samples.count=9"] {
            assert_ne!(
                home.end("fork"),
                home.end("parent"),
                "{settings:?} {changes:?}"
            );
        }
        home.replays("fork", 5);

        let line = &home.journal("fork")[0];
        assert_eq!((&line["kind"], &line["step"]), (&"fork".into(), &11.into()));
        assert_eq!(line["changes"].as_array().unwrap().len(), changes.len());
    }
}

#[test]
fn a_fork_replaces_what_was_planned_for_its_first_step() {
    let home = Home::new();
    home.run(
        "ring",
        "parent",
        &[10, 15],
        &["--at", "11:gain=3", "--at", "11:n_dis=1"],
    );
    home.fork("parent", "fork", &["--from", "10", "--set", "gain=2"]);
    home.run(
        "ring",
        "planned",
        &[15],
        &["--at", "11:gain=2", "--at", "11:n_dis=1"],
    );
    assert_eq!(home.end("fork"), home.end("planned"));
    home.replays("fork", 5);
}

#[test]
fn a_fork_of_a_fork_makes_the_changes_of_both() {
    let home = Home::new();
    home.run("ring", "parent", &[10, 15], &[]);
    home.fork(
        "parent",
        "raw",
        &["--from", "10", "--set", "spectral.enabled=false"],
    );
    // The start of a fork is a state like every other one: normalization goes off and on again.
    home.fork(
        "raw",
        "again",
        &["--from", "10", "--set", "spectral.enabled=true"],
    );
    let both = [
        "--at",
        "11:spectral.enabled=false",
        "--at",
        "11:spectral.enabled=true",
    ];
    home.run("ring", "planned", &[15], &both);
    assert_eq!(home.end("again"), home.end("planned"));
    home.replays("again", 5);
    let preset = |run: &str| std::fs::read(home.path().join(run).join("preset.ron")).unwrap();
    assert!(preset("again") != preset("raw"));
}

#[test]
fn a_fork_needs_neither_its_parent_nor_its_place() {
    let home = Home::new();
    home.run("ring", "parent", &[10, 15], &[]);
    home.fork(
        "parent",
        "fork",
        &["--from", "10", "--set", "spectral.enabled=false"],
    );
    std::fs::remove_dir_all(home.path().join("parent")).unwrap();
    std::fs::create_dir(home.path().join("elsewhere")).unwrap();
    std::fs::rename(
        home.path().join("fork"),
        home.path().join("elsewhere/moved"),
    )
    .unwrap();
    let moved = "elsewhere/moved";
    home.replays(moved, 5);
    for words in [
        &["show", moved][..],
        &["show", "--about", moved],
        &["metrics", moved],
        &["export", moved, "--what", "g", "-o", "g.safetensors"],
        &["sample", moved, "--count", "4", "-o", "samples.png"],
        &["audit", moved],
        &["watch", moved],
        &["clean", moved],
    ] {
        home.output(words);
    }
    ends(home.command(&["resume", moved], &["--steps", "20"]), 0);
    assert_eq!(home.end(moved).0, 20);
    home.replays(moved, 10);
}
