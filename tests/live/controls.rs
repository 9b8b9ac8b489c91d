//! Views, the command line, panels and a second run, on a real terminal.

use std::fs;

use sn_tui::tui::app::keys;

use crate::live::Live;

#[test]
fn every_view_and_panel_opens_and_closes() {
    let mut live = Live::ring(&[]);
    for (key, text) in [
        ("2", "exact"),
        ("3", "σᵢ"),
        ("4", "samples latest"),
        ("5", "plane"),
        ("6", "journal"),
        ("1", "loss"),
        ("\t", "exact"),
        ("\u{1b}[Z", "loss"),
        (",", "spectral.on_disable"),
        ("\u{1b}", "loss"),
        ("P", "fashion"),
        ("\u{1b}", "loss"),
        ("?", "Healthy"),
        ("\u{1b}", "loss"),
        ("z", "loss"),
        ("\u{1b}", "gain"),
    ] {
        live.press(key);
        live.until_shown(text);
    }
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn the_command_line_changes_the_run() {
    let mut live = Live::ring(&[]);
    live.press(":gain=8\r");
    live.until_logged("set gain 16.0 -> 8");
    live.press(":spectral.it\t5\r");
    live.until_logged("set spectral.iterations 1 -> 5");
    // An error is shown and the line stays open; its characters do not act as keys.
    live.press(":gain=pqs\r");
    live.until_shown(":gain=pqs");
    live.press("\u{15}pause\r");
    live.until_shown("paused");
    live.press(":step 3\r:resume\r");
    live.until_shown("running");
    live.press(":sn d.2 off\r");
    live.until_logged("d.2");
    live.press(":q\r");
    assert_eq!(live.code_and_terminal(), 0);
    live.until_shown("log: out/sn-tui.log");
}

#[test]
fn another_preset_ends_the_run_in_order() {
    let mut live = Live::ring(&[]);
    live.press(":preset grid\r");
    live.until("the grid", |screen| {
        let text = screen.contents();
        text.starts_with("grid") && text.contains("running")
    });
    let second = live.out().with_file_name("out-2");
    live.wait_for("the first run's weights", || {
        live.out().join("weights.safetensors").is_file()
    });
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    assert!(second.join("weights.safetensors").is_file());
    assert!(second.join("preset.ron").is_file());
}

#[test]
fn another_preset_takes_options_and_one_without_its_data_leaves_the_run_alone() {
    let mut live = Live::ring(&["--set", "gain=8"]);
    live.press("P");
    live.until_shown("without --steps");
    live.press("\u{1b}[F\r");
    live.until_shown(":preset stl10 --data");
    live.press("/nowhere/at/all\r");
    live.until_shown("there is nothing at /nowhere");
    live.press("\u{1b}\u{1b}");
    live.press(":preset grid --steps 7 --seed 3 batch=16\r");
    live.until("the grid", |screen| {
        let text = screen.contents();
        text.starts_with("grid") && text.contains("7/7") && text.contains("seed 3")
    });
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    let second = live.out().with_file_name("out-2");
    let preset = fs::read_to_string(second.join("preset.ron")).unwrap();
    assert!(preset.contains("batch: 16"), "{preset}");
}

#[test]
fn user_keys_act_and_invalid_ones_are_refused() {
    let mine = "(\n  toggle_sn: [\"F2\"],\n)";
    let arguments = [
        "run", "ring", "--set", "batch=32", "--out", "out", "--keys", "keys.ron",
    ];
    let mut live = Live::start_with(&arguments, |folder| {
        fs::write(folder.join("keys.ron"), mine).unwrap();
    });
    live.until_shown("F2 SN on/off");
    live.press("\u{1b}OQ");
    live.until_logged("set spectral.enabled true -> false");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);

    let default = ["run", "ring", "--out", "out"];
    let mut live = Live::start_with(&default, |folder| {
        fs::create_dir_all(folder.join(".config/sn-tui")).unwrap();
        fs::write(
            folder.join(".config/sn-tui/keys.ron"),
            "(\n  gif: [\"q\"],\n)",
        )
        .unwrap();
    });
    assert_eq!(live.code_and_terminal(), 2);
    live.until_shown("reserved for `quit`");
    live.until_shown("keys.ron:2:");
    assert!(!live.out().exists());
}

/// Every key of the key table is pressed in every view without an error.
#[test]
fn no_key_breaks_anything() {
    let mut live = Live::ring(&["--set", "samples.every=50"]);
    let rows: Vec<String> = keys::markdown()
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(str::to_owned)
        .collect();
    let mut pressed = 0;
    for view in "123456".chars() {
        live.press(&view.to_string());
        for row in &rows {
            let cell = row.split(" | ").next().unwrap_or_default();
            for name in cell.split(", ").map(|name| name.trim_matches('`')) {
                if let Some(bytes) = bytes(name) {
                    live.press(&bytes);
                    pressed += 1;
                }
            }
        }
        // Closes whatever is open.
        live.press("\u{1b}");
        live.press("\u{1b}");
    }
    assert!(pressed > 300, "{pressed}");
    live.press("\u{1b}\u{c}");
    live.press("1");
    live.until_shown("loss");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    assert!(live.out().join("weights.safetensors").is_file());
}

/// The bytes that a terminal sends for a key; `None` for keys that end or stop the program.
fn bytes(name: &str) -> Option<String> {
    let bytes = match name {
        "q" | "Ctrl-C" | "Ctrl-Z" => return None,
        // These keys make every step slower without limit.
        "U" | "M" => return None,
        "Space" => " ",
        "↑" => "\u{1b}[A",
        "↓" => "\u{1b}[B",
        "→" => "\u{1b}[C",
        "←" => "\u{1b}[D",
        "Enter" => "\r",
        "Esc" => "\u{1b}",
        "Tab" => "\t",
        "Shift-Tab" => "\u{1b}[Z",
        "Backspace" => "\u{7f}",
        "Delete" => "\u{1b}[3~",
        "Home" => "\u{1b}[H",
        "End" => "\u{1b}[F",
        "PageUp" => "\u{1b}[5~",
        "PageDown" => "\u{1b}[6~",
        name => {
            if let Some(letter) = name.strip_prefix("Ctrl-") {
                let letter = letter.chars().next()? as u8;
                return Some(((letter & 0x1f) as char).to_string());
            }
            name
        }
    };
    Some(bytes.to_owned())
}
