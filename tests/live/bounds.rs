//! The cost of a long session, an unusual terminal and a flood of keys: threads, descriptors, memory and time.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::{live::Live, pixels::start_with_reply};

/// The tiny run on a live screen that shows it running.
pub fn tiny(arguments: &[&str]) -> Live {
    let run = ["run", "tiny.ron", "--out", "out"];
    let live = Live::start_with(&[&run[..], arguments].concat(), |folder| {
        fs::write(folder.join("tiny.ron"), include_str!("../tiny.ron")).unwrap();
    });
    live.until_shown("running");
    live
}

#[test]
fn ended_runs_leave_only_their_curves() {
    let mut live = tiny(&["--threads", "2"]);
    let switch = |live: &mut Live, seed: u32| {
        live.press(&format!(":preset tiny.ron --seed {seed}\r"));
        live.until("the next run", |screen| {
            let text = screen.contents();
            text.contains(&format!("seed {seed} ")) && text.contains("running")
        });
    };
    // The first switches add the curves of an earlier run, which stay.
    (1..=3).for_each(|seed| switch(&mut live, seed));
    let sockets = |live: &Live| {
        let runs = fs::read_dir(live.folder()).unwrap().flatten();
        runs.filter(|run| run.path().join("socket").exists())
            .count()
    };
    live.wait_for("the end of the runs before", || sockets(&live) == 1);
    let (threads, files) = (live.threads(), live.descriptors());
    let memory = live.memory();
    (11..=35).for_each(|seed| switch(&mut live, seed));
    live.wait_for("the end of the runs before", || {
        sockets(&live) == 1 && live.threads() <= threads + 2
    });
    let after = live.descriptors();
    assert!(after <= files + 8, "{files} descriptors, then {after}");
    let after = live.memory();
    let limit = memory + (15 << 20);
    assert!(after <= limit, "{memory} bytes, then {after}");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn no_size_of_a_terminal_costs_more_than_fifty_megabytes() {
    let mut live = tiny(&[]);
    let before = live.peak_memory();
    for (rows, cols) in [
        (3000, 3000),
        (u16::MAX, u16::MAX),
        (1, u16::MAX),
        (u16::MAX, 1),
    ] {
        for keys in ["1", "4", "5", "S"] {
            live.report_size(rows, cols);
            let drawn = live.received();
            live.press(keys);
            live.wait_for("a frame", || live.received() > drawn);
        }
    }
    live.wait_for("the picture of the screen", || {
        live.out().join("screens").is_dir()
    });
    let peak = live.peak_memory();
    assert!(peak <= before + (50 << 20), "{before} bytes, then {peak}");
    live.resize(30, 100);
    live.press("1");
    live.until_shown("q quit");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

/// Presses Ctrl-C and checks that the screen closes at once.
fn interrupt(live: &mut Live) {
    let pressed = Instant::now();
    live.press("\u{3}");
    live.until("the end of the screen", |screen| !screen.alternate_screen());
    // One second, plus a margin for other load on the machine.
    assert!(
        pressed.elapsed() < Duration::from_secs(4),
        "{:?}",
        pressed.elapsed()
    );
}

#[test]
fn ctrl_c_overtakes_a_megabyte_of_keys() {
    let mut live = tiny(&[]);
    // Each key opens or closes the panel of settings, which takes some time.
    live.press(&",".repeat(1 << 20));
    interrupt(&mut live);
    assert_eq!(live.code_and_terminal(), 0);
    // Ctrl-C also ends a paste that the terminal started and never ended.
    let mut live = tiny(&[]);
    live.press(&format!("\u{1b}[200~{}", "x".repeat(1 << 20)));
    interrupt(&mut live);
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn a_signal_overtakes_a_megabyte_of_keys() {
    let mut live = tiny(&[]);
    live.press(&",".repeat(1 << 20));
    let sent = Instant::now();
    live.signal(rustix::process::Signal::TERM);
    live.until("the end of the screen", |screen| !screen.alternate_screen());
    assert!(
        sent.elapsed() < Duration::from_secs(4),
        "{:?}",
        sent.elapsed()
    );
    assert_eq!(live.code_and_terminal(), 143);
}

#[test]
fn absurd_cell_sizes_do_not_prevent_quitting() {
    let mut live = start_with_reply("\x1b[6;4000;4000t\x1b[?63;1;4c");
    let before = live.peak_memory();
    // The picture is drawn with a plausible size of cells.
    live.wait_for("a picture", || {
        let sent = live.transcript();
        sent.contains("\x1bP0;1;0q") || crate::pixels::is_far()
    });
    let peak = live.peak_memory();
    assert!(peak <= before + (50 << 20), "{before} bytes, then {peak}");
    interrupt(&mut live);
}

#[test]
fn pasted_text_goes_only_into_a_line() {
    let paste = |text: &str| format!("\u{1b}[200~{text}\u{1b}[201~");
    let mut live = tiny(&[]);
    live.press(":");
    live.press(&paste("preset /data/my\u{7} σ/cats.ron\n"));
    live.until_shown(":preset /data/my σ/cats.ron");
    live.press("\u{1b}");
    live.until("the line closed", |screen| {
        !screen.contents().contains("cats.ron")
    });
    // Options in the list of presets.
    live.press("P");
    live.until_shown("dolls");
    live.press("o");
    live.press(&paste("--data /data/dogs"));
    live.until_shown("--data /data/dogs");
    live.press("\u{1b}");
    live.until("the line closed", |screen| {
        !screen.contents().contains("/data/dogs")
    });
    live.press("\u{1b}");
    live.until("the list closed", |screen| {
        !screen.contents().contains("dolls")
    });
    // The panel of settings: its search, and a value.
    live.press(",");
    live.press("/");
    live.press(&paste("layer_gain"));
    live.until_shown("layer_gain");
    live.press("\r");
    live.press("\r");
    live.press("\u{15}");
    live.press(&paste("2.5"));
    live.press("\r");
    live.until_logged("set spectral.layer_gain 1.0 -> 2.5");
    // The panel is closed again.
    live.press(",");
    live.until_shown("q quit");
    // No pasted character acts as a key: the text waits in the command line.
    live.press(&paste("q s ,"));
    live.until_shown(":q s ,");
    live.press("\u{1b}");
    live.until("the line closed again", |screen| {
        !screen.contents().contains(":q s ,")
    });
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    assert!(!live.log().contains("spectral.enabled"));
}
