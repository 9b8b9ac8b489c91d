//! Views of lanes that are not selected: planes and spectra over the socket, pictures from the disk.

use super::QUICK;
use crate::live::Live;

#[test]
fn an_attached_screen_has_planes_and_spectra_of_lanes_that_are_not_selected() {
    let ring = ["run", "ring", "--headless", "--set", "batch=8"];
    let long = ["--steps", "100000000", "--keep-running"];
    let fork = ["--fork", "2:gain=2", "--set", "spectra.every=0"];
    let mut run = Live::start(&[&ring[..], &QUICK, &long, &fork].concat());
    let lane = run.out().join("lanes/b/socket");
    run.wait_for("the socket of lane b", || lane.exists());
    let mut screen = run.start_again(&["attach", "out"]);
    screen.until_shown("lanes ▸a b");
    // Each lane has samples, and is slow enough to be read.
    screen.press(":pace 50\rpApA");
    for name in ["out/samples", "out/lanes/b/samples"] {
        let folder = run.folder().join(name);
        let any = || std::fs::read_dir(&folder).is_ok_and(|mut files| files.next().is_some());
        run.wait_for(name, any);
    }
    screen.press("5");
    screen.until("two planes", |screen| {
        let text = screen.contents();
        text.contains(" planes ") && text.matches(" of 8 modes").count() == 2
    });
    screen.press("3");
    screen.until("two spectra", |screen| {
        let text = screen.contents();
        text.contains("σᵢ") && text.contains(" b ") && !text.contains("without b")
    });
    screen.press("2");
    screen.until("the exact σ of both", |screen| {
        let text = screen.contents();
        let row = |lane: &str| {
            text.lines()
                .any(|row| row.contains(lane) && !row.contains('–'))
        };
        row("d.0   ▸a") && row("      b ")
    });
    screen.press(":quit-run\r");
    screen.until_shown("was ended by a person");
    assert_eq!(run.code(), 0);
    screen.press("q");
    assert_eq!(screen.code_and_terminal(), 0);
}

#[test]
fn pictures_of_watched_runs_are_read_from_the_disk() {
    let digits = [
        "run",
        "digits",
        "--headless",
        "--set",
        "batch=8",
        "--steps",
        "6",
    ];
    let few = ["--set", "samples.count=4", "--set", "samples.every=2"];
    let other = ["--seed", "1", "--out", "other"];
    let quiet = ["--set", "scores.every=0", "--threads", "1"];
    let mut first = Live::start(&[&digits[..], &few, &quiet].concat());
    assert_eq!(first.code(), 0);
    let mut second = first.start_again(&[&digits[..], &few, &quiet, &other].concat());
    assert_eq!(second.code(), 0);
    let mut watch = first.start_again(&["watch", "out", "other"]);
    watch.until_shown("in front");
    // Both runs are known before anybody looks at their pictures.
    watch.press("7");
    watch.until_shown("seed  out 0  other 1");
    watch.press("4");
    watch.until_shown("latest of 4");
    watch.press("\u{1b}[5~");
    watch.until("the pictures of step 4 of both", |screen| {
        screen.contents().matches("step 4 ").count() == 2
    });
    watch.press("q");
    assert_eq!(watch.code_and_terminal(), 0);
}
