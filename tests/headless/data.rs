//! Runs on the user's own data.

use std::{fs, path::Path};

use sn_tui::preset::{Data, Source, parse};

use crate::{
    program::{PROGRAM, program},
    run::{Run, json, ring, run},
};

/// A run of `digits` on the data at this path.
fn digits(path: &Path, more: &[&str]) -> Run {
    let common = ["run", "digits", "--set", "batch=4", "--steps", "2"];
    let data = ["--log", "json", "--data", path.to_str().unwrap()];
    run(&[&common[..], &data, more].concat())
}

fn png(folder: &Path, name: &str, value: u8) {
    image::GrayImage::from_fn(9, 9, |x, _| image::Luma([value + x as u8]))
        .save(folder.join(name))
        .unwrap();
}

#[test]
fn broken_files_are_named_and_the_run_continues() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..3 {
        png(folder.path(), &format!("{number}.png"), number * 50);
    }
    let broken: Vec<String> = (0..7)
        .map(|number| format!("broken-{number}.jpg"))
        .collect();
    for name in &broken {
        fs::write(folder.path().join(name), "no image").unwrap();
    }
    let run = digits(folder.path(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.lines().len(), 2);
    let warning = run.stderr.lines().find(|line| line.contains("skipped"));
    let warning = warning.unwrap_or_else(|| panic!("{}", run.stderr));
    assert!(warning.starts_with("warning: skipped broken-0.jpg: "));
    assert!(warning.ends_with("and 2 more, named in sn-tui.log"));
    let log = fs::read_to_string(run.out().join("sn-tui.log")).unwrap();
    for name in &broken {
        assert_eq!(log.matches(name).count(), 1, "{name}: {log}");
        assert!(run.stderr.matches(name).count() <= 1, "{}", run.stderr);
    }
}

#[test]
fn the_preset_of_a_run_names_its_data() {
    let folder = tempfile::tempdir().unwrap();
    png(folder.path(), "a.png", 3);
    png(folder.path(), "b.png", 90);
    let first = digits(folder.path(), &[]);
    let file = first.out().join("preset.ron");
    let preset = parse(&fs::read_to_string(&file).unwrap(), "preset.ron").unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    let expected = Data::images(Source::Path(path), (1, 28, 28));
    assert_eq!(preset.data, expected);
    let again = json(&["run", file.to_str().unwrap()]);
    assert_eq!(again.hash(), first.hash());

    // The path is relative to the folder in which the program was started.
    let arguments = ["run", "digits", "--data", ".", "--steps", "0", "--quiet"];
    let output = program(folder.path(), &arguments)
        .args(["--out", "sub/run"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = fs::read_to_string(folder.path().join("sub/run/preset.ron")).unwrap();
    assert!(
        text.contains(&format!("Path({:?})", folder.path())),
        "{text}"
    );
}

#[test]
fn missing_data_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let lie = folder.path().join("lie-idx3-ubyte");
    fs::write(&lie, [0, 0, 8, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 7]).unwrap();
    let gone = folder.path().join("gone");
    for (path, words) in [
        (&gone, "cannot read"),
        (&gone, "cifar-10-binary.tar.gz"),
        (&gone, "--data PATH"),
        (&lie, "promises 1099511627776 bytes"),
    ] {
        let run = digits(path, &[]);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        let name = path.to_str().unwrap();
        assert!(
            run.stderr.contains(words) && run.stderr.contains(name),
            "{}",
            run.stderr
        );
        assert_eq!(run.summary()["stopped"], "error");
        assert!(!run.out().exists() && !run.stderr.contains("sn-tui.log"));
        // No files are announced, because none exist.
        assert!(!run.stderr.contains("files in"), "{}", run.stderr);
    }
}

#[test]
fn a_run_that_cannot_begin_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let attempt = |arguments: &[&str]| {
        let common = [
            "run",
            "cifar10",
            "--headless",
            "--steps",
            "0",
            "--out",
            "out",
        ];
        let output = program(folder.path(), &[&common[..], arguments].concat())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, error) = attempt(&[]);
    assert_eq!(code, Some(1));
    assert!(
        error.contains("--data PATH") && error.contains("cifar-10-binary.tar.gz"),
        "{error}"
    );
    assert!(!folder.path().join("out").exists());
    png(folder.path(), "a.png", 3);
    let (code, error) = attempt(&["--data", "a.png"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(
        error.contains("one picture") && error.contains("give the folder"),
        "{error}"
    );
    fs::create_dir(folder.path().join("images")).unwrap();
    png(&folder.path().join("images"), "a.png", 3);
    // Scores need two images.
    let (code, error) = attempt(&["--data", "images", "--set", "scores.count=2"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(folder.path().join("out/weights.safetensors").is_file());
}

#[test]
fn folders_made_for_a_run_that_cannot_begin_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    for out in [&[][..], &["--out", "a/b/c"]] {
        let common = ["run", "digits", "--headless", "--data", "nowhere"];
        let output = program(folder.path(), &[&common[..], out].concat())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("0 steps"), "{said}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{out:?}");
    }
    // A disk on which not even the preset can be written.
    let script = format!("ulimit -f 0; exec '{PROGRAM}' run ring --headless --out a/b");
    let mut shell = std::process::Command::new("sh");
    let output = shell.args(["-c", &script]).current_dir(folder.path());
    assert_eq!(output.output().unwrap().status.code(), Some(1));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_mixture_cannot_be_replaced_by_images() {
    let run = run(&["run", "ring", "--data", "."]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("--data is for images"),
        "{}",
        run.stderr
    );
}

#[test]
fn files_of_other_sizes_and_colours_take_the_shape() {
    let folder = tempfile::tempdir().unwrap();
    let cifar: Vec<u8> = (0..5 * 3073)
        .map(|at| if at % 3073 == 0 { 3 } else { (at % 251) as u8 })
        .collect();
    fs::write(folder.path().join("data_batch_1.bin"), cifar).unwrap();
    let gray = digits(folder.path(), &[]);
    assert_eq!(gray.code, Some(0), "{}", gray.stderr);
    let path = folder.path().to_str().unwrap();
    let colour = json(&[
        "run", "dolls", "--set", "batch=2", "--steps", "1", "--data", path,
    ]);
    assert_eq!(colour.lines().len(), 1);
}

#[test]
fn augmentation_changes_between_two_steps() {
    let digits = |more: &[&str]| {
        let common = ["run", "digits", "--set", "batch=16", "--steps", "3"];
        json(&[&common[..], more].concat()).hash()
    };
    let plain = digits(&[]);
    for setting in ["data.flip=true", "data.dequantize=true"] {
        let set = digits(&["--set", setting]);
        assert_ne!(set, plain);
        assert_eq!(digits(&["--at", &format!("1:{setting}")]), set);
        let late = digits(&["--at", &format!("3:{setting}")]);
        assert!(late != set && late != plain);
        let back = setting.replace("true", "false");
        let there_and_back = [
            "--at",
            &format!("2:{setting}"),
            "--at",
            &format!("2:{back}"),
        ];
        assert_eq!(digits(&there_and_back), plain);
    }
}

#[test]
fn a_mixture_takes_a_list_of_centres() {
    let centres = "data.centres=Points([(0, 0), (1.5, -1), (-1, 1)])";
    let run = ring(&["--steps", "2", "--set", centres]);
    assert_eq!(run.summary()["modes_total"], 3);
}

#[test]
fn a_preset_without_fit_stretches_images() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..3_u8 {
        image::GrayImage::from_fn(20, 9, |x, _| image::Luma([number * 40 + x as u8]))
            .save(folder.path().join(format!("{number}.png")))
            .unwrap();
    }
    let with = |more: &[&str]| digits(folder.path(), more);
    let cropped = with(&["--set", "scores.count=2"]);
    assert_eq!(cropped.code, Some(0), "{}", cropped.stderr);
    let [pad, stretch] = ["Pad", "Stretch"].map(|fit| {
        let run = with(&[
            "--set",
            "scores.count=2",
            "--set",
            &format!("data.fit={fit}"),
        ]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run
    });
    assert!(cropped.hash() != pad.hash() && pad.hash() != stretch.hash());

    let preset = fs::read_to_string(stretch.out().join("preset.ron")).unwrap();
    let before = preset.replace("fit: Stretch,", "");
    assert!(
        before != preset && parse(&before, "before").unwrap() == parse(&preset, "now").unwrap()
    );
    let old = folder.path().join("old.ron");
    fs::write(&old, before).unwrap();
    let again = json(&["run", old.to_str().unwrap()]);
    assert_eq!(again.hash(), stretch.hash());
}
