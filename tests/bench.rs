//! `sn-tui bench` from the command line: its JSON lines, its table and its exit codes. No test depends on a speed.

#[path = "common/program.rs"]
mod program;

use std::process::Output;

use serde_json::Value;

use program::sn_tui;

fn bench(arguments: &[&str]) -> Output {
    sn_tui(&[&["bench"], arguments].concat()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn lines(arguments: &[&str]) -> Vec<Value> {
    let output = bench(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn number(line: &Value, key: &str) -> f64 {
    let value = line[key].as_f64();
    value.unwrap_or_else(|| panic!("{key} in {line}"))
}

#[test]
fn a_line_has_all_keys_of_the_pytorch_script() {
    let lines = lines(&["ring", "--steps", "3", "--threads", "1", "--json"]);
    let [line] = &lines[..] else {
        panic!("{lines:?}")
    };
    for (key, value) in [
        ("net", Value::from("ring")),
        ("sn", true.into()),
        ("threads", 1.into()),
        ("batch", 256.into()),
        ("n_dis", 1.into()),
        ("params_g", 33_666.into()),
        ("params_d", 33_537.into()),
        ("steps", 3.into()),
        ("samples", "uniform".into()),
        ("device", "cpu".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
    ] {
        assert_eq!(line[key], value, "{key}");
    }
    let of = |key| number(line, key);
    let (median, min, spread) = (
        of("step_ms_median"),
        of("step_ms_min"),
        of("step_ms_spread"),
    );
    assert!(0.0 < min && min <= median && spread >= 0.0, "{line}");
    assert!(of("matmul_gflops") > 0.1 && of("step_gflops") > 0.0);
    assert!((of("gflop") - 0.204).abs() < 0.001);
    let rate = of("gflop") / median * 1e3;
    assert!((of("step_gflops") / rate - 1.0).abs() < 0.05, "{line}");
    if cfg!(target_os = "linux") {
        assert!((1.0..4000.0).contains(&of("peak_memory_mb")));
    }
}

#[test]
fn parts_make_up_most_of_a_step() {
    let line = &lines(&["ring", "--steps", "20", "--json"])[0];
    let parts = line["parts"].as_object().unwrap();
    let mut names: Vec<&str> = parts.keys().map(|key| &**key).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "d_backward",
            "d_forward",
            "data",
            "g_backward",
            "g_forward",
            "measuring",
            "optimizer",
            "power_iteration"
        ]
    );
    let times = parts.values().map(|time| time.as_f64().unwrap());
    assert!(times.clone().all(|time| time > 0.0), "{line}");
    // The steps whose parts are listed lie between the quartiles.
    let sum: f64 = times.sum();
    let [median, spread] = ["step_ms_median", "step_ms_spread"].map(|key| number(line, key));
    assert!(sum <= median + spread + 0.01, "{line}");
    assert!(sum > 0.6 * (median - spread), "{line}");
}

#[test]
fn flags_change_what_is_trained() {
    let plain = &lines(&["ring", "--steps", "5", "--no-sn", "--json"])[0];
    assert_eq!(plain["sn"], false);
    assert!(number(&plain["parts"], "power_iteration") < 0.01, "{plain}");
    let line = &lines(&["ring", "--steps", "5", "--n-dis", "2", "--json"])[0];
    assert_eq!(line["n_dis"], 2);
    assert!((number(line, "gflop") - 0.322).abs() < 0.001, "{line}");
}

#[test]
fn several_networks_give_lines_in_order_with_their_own_memory() {
    let small = "generator: (layers: [Linear(out: 8), ReLU, Linear(out: 2)]), \
                 discriminator: (layers: [Linear(out: 8), ReLU, Linear(out: 1)]), batch: 8";
    let data = "data: Mixture(centres: Grid(side: 2, spacing: 2), sigma: 0.1)";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiny.ron");
    std::fs::write(&file, format!("({data}, latent: 2, n_dis: 3, {small})")).unwrap();
    let arguments = ["digits", file.to_str().unwrap(), "ring", "--steps", "2"];
    let lines = lines(&[&arguments[..], &["--json"]].concat());
    let names: Vec<&str> = lines
        .iter()
        .map(|line| line["net"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["digits", "tiny", "ring"]);
    let [digits, tiny, _] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(
        (&digits["params_g"], &digits["params_d"]),
        (&237_345.into(), &36_513.into())
    );
    assert_eq!(
        (&tiny["n_dis"], &tiny["samples"]),
        (&3.into(), &"own".into())
    );
    if cfg!(target_os = "linux") {
        let peak = |line| number(line, "peak_memory_mb");
        assert!(peak(tiny) < peak(digits), "{lines:?}");
    }
}

#[test]
fn the_table_has_the_same_figures_in_words() {
    let output = bench(&["ring", "--steps", "3"]);
    assert_eq!(output.status.code(), Some(0));
    let table = text(&output.stdout);
    for words in [
        "ring: batch 256",
        "median",
        "D backward",
        "power iteration",
        "GFLOP/s",
        "G 33,666, D 33,537",
    ] {
        assert!(table.contains(words), "{words}\n{table}");
    }
}

#[test]
fn invalid_requests_end_with_2_before_any_timing() {
    for (arguments, words) in [
        (&["ring", "cifr"][..], "did you mean `cifar`"),
        (&["cifar-10"], "did you mean `cifar10`"),
        (&["no/such.ron"], "cannot read no/such.ron"),
        (&["ring", "--steps", "0"], "1.."),
        (&["ring", "--n-dis", "0"], "1..=1000"),
        (&["ring", "--threads", "0"], "1..=1024"),
    ] {
        let output = bench(arguments);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}\n{errors}");
        assert!(errors.contains(words), "{arguments:?}\n{errors}");
        assert!(output.stdout.is_empty());
    }
}
