//! File names that contradict the format of the output.

use std::os::unix::fs::symlink;

use crate::{
    cases::CASES,
    place::{Home, Place},
};

const OTHER_FORMATS: [&str; 6] = [".pt", ".pth", ".bin", ".npz", ".h5", ".onnx"];

fn refused(place: &Place, words: &[&str], part: &str) {
    let ended = crate::program::program(&place.path("."), words)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{words:?}: {text}");
    assert!(text.contains(part), "{words:?}: {text}");
}

#[test]
fn safetensors_are_not_written_under_the_name_of_another_format() {
    let home = Home::new();
    let place = home.place();
    for case in CASES.iter().filter(|case| case.end == ".safetensors") {
        for end in OTHER_FORMATS {
            for name in [format!("d{end}"), format!("d{}", end.to_uppercase())] {
                let words = [case.words, &[&name]].concat();
                refused(&place, &words, "let the name end in .safetensors");
            }
        }
    }
    refused(
        &place,
        &["sample", "out", "-o", "a.npy", "--save-latents", "z.npy"],
        "its name says another format",
    );
    assert!(place.names().is_empty());
}

#[test]
fn an_export_accepts_every_other_name() {
    let home = Home::new();
    let place = home.place();
    for name in ["g", "g.weights", "pt", "g.pt.safetensors"] {
        place.succeeds(&CASES[0], name);
        place.assert_whole_file(&CASES[0], name);
    }
}

#[test]
fn the_given_name_decides_not_that_of_its_target() {
    let home = Home::new();
    let place = home.place();
    symlink("target.png", place.path("link.npy")).unwrap();
    place.succeeds(&CASES[1], "link.npy");
    place.assert_whole_file(&CASES[1], "target.png");
}

#[test]
fn two_outputs_need_two_paths() {
    let home = Home::new();
    let place = home.place();
    std::fs::write(place.path("a.safetensors"), "").unwrap();
    symlink("a.safetensors", place.path("b.safetensors")).unwrap();
    symlink("c.safetensors", place.path("d.safetensors")).unwrap();
    for (one, two) in [
        ("./a.safetensors", "a.safetensors"),
        ("b.safetensors", "a.safetensors"),
        ("d.safetensors", "./c.safetensors"),
        ("-", "-"),
    ] {
        let words = ["sample", "out", "-o", one, "--save-latents", two];
        refused(&place, &words, "cannot both be");
    }
    let words = ["export", "out", "--what", "g", "--python", "-o", "-"];
    refused(&place, &words, "cannot both go to standard output");
}
