//! The utilization and memory that a run on a GPU reports.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use sn_tui::{
    model::{Command, Load},
    run::{self, DeviceChoice, Options},
};

#[cfg(feature = "cuda")]
use super::text;
use crate::gpu::gpu_is_wanted;

/// NVIDIA's management library.
#[cfg(feature = "cuda")]
const LIBRARY: &str = "libnvidia-ml.so.1";

/// Prints the figures of the first card and of a second one that may be missing. It runs in a separate process, with
/// variables of the double.
#[cfg(feature = "cuda")]
#[test]
#[ignore = "a part of figures_of_a_card_are_read_or_unknown"]
fn print_figures() {
    for index in [0, 1] {
        let card = sn_tui::engine::nn::gpu::Card::of(index);
        let figures = card.map(|card| (card.utilization(), card.memory()));
        println!("card {index}: {figures:?}");
    }
}

#[cfg(feature = "cuda")]
#[test]
fn figures_of_a_card_are_read_or_unknown() {
    if !gpu_is_wanted() || std::env::var_os("RIG_NVCC").is_none() {
        return;
    }
    let memory = (3u64 << 30, 80u64 << 30);
    let all = format!("{:?}", Some((Some(61), Some(memory))));
    let part = format!("{:?}", Some((None::<u8>, Some(memory))));
    let dead = "Some((None, None))";
    // One library is no library at all, and the other lacks the functions of NVML.
    let folder = tempfile::tempdir().unwrap();
    let usual = std::env::var("LD_LIBRARY_PATH").unwrap();
    let mut of_others = usual
        .split(':')
        .map(|path| Path::new(path).join("libcublasLt.so.13"));
    let of_others = of_others.find(|path| path.exists()).unwrap();
    let [broken, lacking] = ["broken", "lacking"].map(|name| {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    });
    std::fs::write(broken.join(LIBRARY), "none").unwrap();
    std::os::unix::fs::symlink(of_others, lacking.join(LIBRARY)).unwrap();
    let [broken, lacking] = [broken, lacking].map(|first| format!("{}:{usual}", first.display()));
    for (variable, first, second) in [
        (("RIG_DEVICES", "1"), all.as_str(), "None"),
        (("RIG_DEVICES", "2"), &all, &all),
        (("RIG_MIG", "1"), &part, "None"),
        (("RIG_NVML_DEAD", "1"), dead, "None"),
        (("RIG_NVML", "9"), "None", "None"),
        (("RIG_INIT", "999"), "None", "None"),
        (("RIG_DRIVER_VERSION", "11080"), "None", "None"),
        (("LD_LIBRARY_PATH", &broken), "None", "None"),
        (("LD_LIBRARY_PATH", &lacking), "None", "None"),
    ] {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .env(variable.0, variable.1)
            .args(["--exact", "load::print_figures", "--ignored", "--nocapture"])
            .output()
            .unwrap();
        let (said, complaints) = (text(&output.stdout), text(&output.stderr));
        for line in [format!("card 0: {first}"), format!("card 1: {second}")] {
            assert!(
                said.contains(&line),
                "{variable:?}: {line}\n{said}{complaints}"
            );
        }
        assert!(!complaints.contains("rig:"), "{variable:?}: {complaints}");
    }
}

#[test]
fn a_run_reports_the_load_of_its_card() {
    if !gpu_is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (device, _) = DeviceChoice::Cuda(0).resolve(false).unwrap();
    let preset = std::fs::read_to_string("tests/tiny.ron").unwrap();
    let mut preset = sn_tui::preset::parse(&preset, "tiny.ron").unwrap();
    preset.steps = u64::MAX;
    let options = Options {
        device: device.clone(),
        paused: true,
        measure_every: device.measure_every(),
        ..Options::new("tiny", preset, folder.path().join("a"))
    };
    let handle = run::start(options, move |preset, seed| device.build(preset, seed)).unwrap();
    let start = Instant::now();
    let load = loop {
        let snapshot = handle.snapshot();
        if snapshot.load != Load::default() {
            break snapshot.load;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{snapshot:?}");
        thread::sleep(Duration::from_millis(20));
    };
    match std::env::var_os("RIG_NVCC") {
        Some(_) => assert_eq!(
            load,
            Load {
                share: Some(61),
                memory: Some(3 << 30),
                total: Some(80 << 30),
            }
        ),
        // A partition of a card (MIG) does not report its utilization.
        None => {
            let (used, total) = (load.memory.unwrap(), load.total.unwrap());
            assert!(0 < used && used <= total, "{load:?}");
        }
    }
    handle.send(Command::Quit);
    assert_eq!(handle.wait().error, None);
}
