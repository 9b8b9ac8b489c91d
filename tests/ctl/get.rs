//! The state of a run.

use serde_json::{Value, json};

use crate::{Run, waiting::until};

#[test]
fn all_parts_are_there_without_names() {
    let run = Run::start(&["--set", "spectra.every=5", "--set", "scores.every=20"]);
    until("scores", || !run.get("scores").is_null());
    run.applied("pause");
    let (code, all) = run.ctl("get");
    assert_eq!(code, 0);
    let keys: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "settings", "measures", "scores", "alarms", "spectra", "lanes"
        ]
    );
    let step = all["lanes"][0]["step"].as_u64().unwrap();
    assert_eq!(all["measures"]["step"], step);
    assert!(all["measures"]["sigma"]["d.0"].is_number());
    let settings = all["settings"].as_object().unwrap();
    assert_eq!(settings["spectral.enabled"], true);
    assert_eq!(settings["generator.learning_rate"], 0.002);
    assert_eq!(settings["generator.betas"], "(0.0, 0.9)");
    assert_eq!(
        (&settings["loss"], &settings["clip"]),
        (&json!("non_saturating"), &Value::Null)
    );
    // Every value that can change is taken back as it is.
    for key in ["loss", "generator.betas", "gain", "spectral.enabled"] {
        let value = match &settings[key] {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        assert_eq!(
            run.applied(&format!("set '{key}={value}'"))["changes"],
            json!([])
        );
    }
    assert_eq!(all["scores"]["modes_total"], 2);
    assert!(all["scores"]["step"].as_u64().unwrap() % 20 == 0);
    assert!(all["spectra"]["step"].as_u64().unwrap() % 5 == 0);
    assert!(all["spectra"]["layers"]["d.0"]["sigma_error"].is_number());
    assert!(all["alarms"].is_array());
    let (_, two) = run.ctl("get lanes scores");
    let keys: Vec<&String> = two.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["scores", "lanes"]);
}

#[test]
fn measures_around_a_step_are_each_there_once_also_the_newest() {
    let run = Run::paused();
    let at = run.get("lanes")[0]["step"].as_u64().unwrap();
    run.applied("mark");
    run.applied("step 30");
    let made = |step| run.get("lanes")[0]["step"] == step;
    until("30 steps", || made(at + 30));
    let steps_around = |step: u64, window: u64| -> Vec<u64> {
        let (code, mut answer) =
            run.ctl(&format!("get measures --around {step} --window {window}"));
        assert_eq!(code, 0);
        let records = answer["measures"].take();
        let steps = records.as_array().unwrap().iter();
        steps
            .map(|record| record["step"].as_u64().unwrap())
            .collect()
    };
    let all = |from: u64, to: u64| (from..=to).collect::<Vec<u64>>();
    assert_eq!(steps_around(at + 20, 3), all(at + 17, at + 23));
    assert_eq!(steps_around(at + 30, 5), all(at + 25, at + 30));
    assert!(steps_around(at + 900, 5).is_empty());
    // Steps that were left behind are not there.
    run.applied(&format!("rewind {at}"));
    assert_eq!(steps_around(at + 5, 5), all(at, at));
    run.applied("step 7");
    until("7 steps", || made(at + 7));
    assert_eq!(steps_around(at + 5, 4), all(at + 1, at + 7));
}
