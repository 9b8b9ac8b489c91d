use std::time::SystemTime;

use crate::{
    preset::{self, builtin::builtin},
    rundir::{journal::tests::entry, record::watched::*},
};

fn run() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let preset = builtin("ring").unwrap();
    fs::write(
        home.path().join("preset.ron"),
        preset::print(&preset, "ring"),
    )
    .unwrap();
    home
}

fn add(home: &Path, name: &str, text: &str) {
    use std::io::Write;
    let mut options = fs::File::options();
    let mut file = options
        .create(true)
        .append(true)
        .open(home.join(name))
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn change(step: u64, kind: &str, key: &str, new: &str) -> String {
    let entry = entry(step, kind, key, new, "key");
    serde_json::to_string(&entry).unwrap() + "\n"
}

/// Reads as if a second had passed.
fn look(watched: &mut WatchedRun) -> bool {
    watched.slow_checked = None;
    watched.update(|_| {})
}

#[test]
fn progress_rewind_and_end_are_shown() {
    let home = run();
    let home = home.path();
    let lock = fs::File::create(home.join("lock")).unwrap();
    lock.try_lock().unwrap();
    fs::write(
        home.join("run.json"),
        r#"{"name":"ring","seed":7,"device":"cpu"}"#,
    )
    .unwrap();
    let mut watched = WatchedRun::new(home).unwrap();
    assert!(look(&mut watched));
    assert_eq!(watched.snapshot().status, Status::Starting);
    assert_eq!(
        (watched.snapshot().seed, &*watched.snapshot().name),
        (7, "ring")
    );
    assert!(!look(&mut watched), "nothing is new");

    add(
        home,
        "metrics.jsonl",
        "{\"step\":1,\"loss_d\":1}\n{\"step\":2,\"loss_d\":2}\n",
    );
    let gain = watched.snapshot().settings.gain;
    add(home, "journal.jsonl", &change(2, "set", "gain", "2.5"));
    add(
        home,
        "journal.jsonl",
        &change(2, "alarm", "estimate_drift.d.0", "it drifts"),
    );
    assert!(look(&mut watched));
    let snapshot = watched.snapshot();
    assert_eq!(
        (snapshot.status.clone(), snapshot.step),
        (Status::Running, 2)
    );
    assert_eq!((snapshot.settings.gain, snapshot.changes.len()), (2.5, 2));
    assert_eq!(snapshot.alarms[0].layer, "d.0");
    assert_eq!(watched.history.get("loss_d").unwrap().recent.len(), 2);

    // Back to the start: neither the change nor the alarm is in force any more.
    add(
        home,
        "journal.jsonl",
        &change(1, "rewind", "journal:0", "0"),
    );
    add(home, "journal.jsonl", &change(1, "pause", "", ""));
    add(home, "metrics.jsonl", "{\"step\":1,\"loss_d\":3}\n");
    assert!(look(&mut watched));
    let snapshot = watched.snapshot();
    assert_eq!(
        (snapshot.status.clone(), snapshot.step),
        (Status::Paused, 1)
    );
    assert_eq!((snapshot.settings.gain, snapshot.alarms.len()), (gain, 0));
    assert_eq!(snapshot.changes.len(), 4);

    lock.unlock().unwrap();
    assert!(look(&mut watched));
    assert_eq!(
        watched.snapshot().status,
        Status::Still("interrupted".into())
    );
    fs::write(
        home.join("sn-tui.log"),
        "2026 INFO on\n2026 ERROR the device is gone\n",
    )
    .unwrap();
    fs::write(
        home.join("summary.json"),
        r#"{"steps":1,"stopped":"error"}"#,
    )
    .unwrap();
    assert!(look(&mut watched));
    assert_eq!(watched.snapshot().status, Status::Still("failed".into()));
    let told = watched.snapshot().notice.clone().unwrap();
    assert!(
        told.error && told.text.contains("the device is gone"),
        "{}",
        told.text
    );
    fs::write(home.join("summary.json"), r#"{"steps":1,"stopped":"done"}"#).unwrap();
    look(&mut watched);
    assert_eq!(watched.snapshot().status, Status::Finished);
}

#[test]
fn exact_measures_that_are_recorded_are_shown_and_no_others() {
    let home = run();
    let home = home.path();
    let mut watched = WatchedRun::new(home).unwrap();
    add(
        home,
        "metrics.jsonl",
        "{\"step\":1,\"sigma\":{\"d.2\":1.5}}\n{\"step\":2,\"sigma\":{\"d.2\":1.5},\"spectra_step\":2,\"spectra\":{\"d.2\":\
         {\"sigma_svd\":2.0,\"sigma_error\":0.25,\"effective_rank\":9.5,\"operator_norm\":null}}}\n",
    );
    look(&mut watched);
    let spectra = watched.snapshot().spectra.clone().unwrap();
    assert_eq!((spectra.step, spectra.layers.len()), (2, 1));
    let layer = &spectra.layers[0];
    assert_eq!((&*layer.kind, layer.shape), ("Linear 128→128", (128, 128)));
    assert_eq!((layer.exact.sigma_svd, layer.sigma), (Some(2.0), Some(1.5)));
    assert_eq!(
        (layer.exact.effective_rank, layer.exact.operator_norm),
        (Some(9.5), None)
    );
    assert!((layer.sigma_used.unwrap() - 2.0 / 1.5).abs() < 1e-12);
    let drawn = &watched.history.get("sigma_svd.d.2").unwrap().recent;
    assert_eq!(drawn, &[(2, 2.0)]);
    assert!(watched.history.get("stable_rank.d.2").is_none());
    // Rewound to before: the measures are of an abandoned state.
    add(
        home,
        "metrics.jsonl",
        "{\"step\":1,\"sigma\":{\"d.2\":1.5}}\n",
    );
    look(&mut watched);
    assert!(watched.snapshot().spectra.is_none());
    assert!(watched.history.get("sigma_svd.d.2").is_none());
}

#[test]
fn histograms_of_outputs_are_shown_as_recorded() {
    let home = run();
    let home = home.path();
    let mut watched = WatchedRun::new(home).unwrap();
    let bins = |count| {
        format!(
            r#"{{"below":0,"bins":[{count}{}],"above":2}}"#,
            ",0".repeat(15)
        )
    };
    let line = |step| {
        let (real, made) = (bins(5), bins(6));
        format!(
            r#"{{"step":{step},"outputs":{{"step":{step},"low":-1,"high":2.5,"real":{real},"generated":{made}}}}}"#
        ) + "\n"
    };
    add(
        home,
        "metrics.jsonl",
        &(line(1) + "{\"step\":2}\n" + &line(3)),
    );
    look(&mut watched);
    let outputs = watched.snapshot().outputs.clone().unwrap();
    assert_eq!((outputs.step, outputs.high), (3, 2.5));
    assert_eq!((outputs.real.total(), outputs.generated.bins[0]), (7, 6));
    let first = watched.history.outputs_at(2).unwrap();
    assert_eq!(first.step, 1);
    // Rewound to before the last ones.
    add(home, "metrics.jsonl", "{\"step\":2}\n");
    look(&mut watched);
    assert_eq!(watched.snapshot().outputs.as_ref().unwrap().step, 1);
    assert_eq!(watched.history.outputs_at(9).unwrap().step, 1);
}

#[test]
fn a_silent_run_is_recognized() {
    let home = run();
    let lock = fs::File::create(home.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
    add(home.path(), "metrics.jsonl", "{\"step\":1}\n");
    let old = SystemTime::now() - Duration::from_secs(200);
    for name in ["metrics.jsonl", "preset.ron"] {
        let file = fs::File::options()
            .write(true)
            .open(home.path().join(name))
            .unwrap();
        file.set_modified(old).unwrap();
    }
    let mut watched = WatchedRun::new(home.path()).unwrap();
    look(&mut watched);
    assert!(
        matches!(watched.state, State::Silent(_)),
        "{:?}",
        watched.state
    );
    assert_eq!(
        watched.snapshot().status,
        Status::Still("silent for 3 min".into())
    );
}

#[test]
fn a_missing_directory_is_reported_and_read_once_it_is_back() {
    let home = run();
    let (here, away) = (home.path().join("run"), home.path().join("away"));
    fs::create_dir(&here).unwrap();
    fs::copy(home.path().join("preset.ron"), here.join("preset.ron")).unwrap();
    add(&here, "metrics.jsonl", "{\"step\":1}\n");
    let mut watched = WatchedRun::new(&here).unwrap();
    assert!(look(&mut watched));
    fs::rename(&here, &away).unwrap();
    assert!(look(&mut watched) && !look(&mut watched));
    assert_eq!(
        watched.snapshot().status,
        Status::Still("its directory is gone".into())
    );
    assert!(watched.snapshot().notice.as_ref().unwrap().error);
    fs::rename(&away, &here).unwrap();
    assert!(look(&mut watched));
    assert_eq!(
        watched.snapshot().status,
        Status::Still("interrupted".into())
    );
    let told = WatchedRun::new(&away).unwrap_err().to_string();
    assert!(told.contains("preset.ron"), "{told}");
}
