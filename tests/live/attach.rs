//! Runs that lose their terminal and continue, and screens that attach to them.

use std::{fs, thread, time::Duration};

use rustix::process::Signal;

use crate::live::Live;

fn journal(live: &Live) -> String {
    fs::read_to_string(live.out().join("journal.jsonl")).unwrap_or_default()
}

/// A run whose terminal has hung up.
fn run_without_terminal() -> Live {
    let mut live = Live::ring(&["--keep-running"]);
    live.hang_up();
    wait_for_lost_terminal(&live);
    // A shell that ends with its terminal also sends SIGHUP.
    live.signal(Signal::HUP);
    live
}

fn wait_for_lost_terminal(live: &Live) {
    live.wait_for("the end of the screen", || {
        fs::read_link(live.stdin()).is_ok_and(|to| to.as_os_str() == "/dev/null")
    });
}

fn attach(to: &Live, arguments: &[&str]) -> Live {
    let screen = to.start_again(&[&["attach", "out"], arguments].concat());
    screen.until("the attached page", |screen| {
        screen.alternate_screen() && screen.contents().contains("ttached to")
    });
    screen
}

#[test]
fn a_kept_run_is_detached_from_and_attached_to_again() {
    let mut run = run_without_terminal();
    let mut screen = attach(&run, &[]);
    screen.press(":gain=2\r");
    run.wait_for("the change", || journal(&run).contains(r#""key":"gain""#));
    screen.press("q");
    assert_eq!(screen.code_and_terminal(), 0);
    screen.until_shown("detached: the run goes on");
    // A later SIGHUP does not end the run either.
    run.signal(Signal::HUP);

    let mut viewer = attach(&run, &["--view"]);
    viewer.until("a bar without keys that are refused", |screen| {
        let shown = screen.contents();
        shown.contains("q quit") && !shown.contains("Space pause")
    });
    viewer.press("s");
    viewer.until_shown("only looks on");
    assert!(!journal(&run).contains("spectral.enabled"));
    // The next key removes the message.
    viewer.press("\u{1b}");

    let mut second = attach(&run, &[]);
    second.press(" ");
    second.until_shown("paused");
    viewer.until_shown("paused");
    // With training paused, only the threads of two attached peers cost anything.
    let before = run.ticks();
    thread::sleep(Duration::from_secs(2));
    let spent = run.ticks() - before;
    assert!(spent < 40, "{spent} of 200");
    second.press(":quit-run\r");
    for screen in [&second, &viewer] {
        screen.until("how it ended", |screen| {
            let text = screen.contents();
            text.contains("was ended by a person at step") && !text.contains("finished")
        });
    }
    for screen in [&mut second, &mut viewer] {
        screen.press("q");
        assert_eq!(screen.code_and_terminal(), 0);
        screen.until_shown("its files are in out");
    }
    assert_eq!(run.code(), 0);
    assert!(run.out().join("weights.safetensors").is_file());
    assert!(!run.out().join("socket").exists());
}

#[test]
fn a_kept_run_ends_in_order_on_a_signal() {
    let mut run = run_without_terminal();
    run.signal(Signal::TERM);
    assert_eq!(run.code(), 143);
    assert!(run.out().join("weights.safetensors").is_file());
}

#[test]
fn a_kept_run_that_is_paused_costs_nothing_and_waits() {
    let mut run = Live::ring(&["--keep-running"]);
    run.press(" ");
    run.until_shown("paused");
    run.hang_up();
    wait_for_lost_terminal(&run);
    let before = run.ticks();
    thread::sleep(Duration::from_secs(2));
    let spent = run.ticks() - before;
    assert!(spent <= 2, "{spent} of 200");
    let mut screen = attach(&run, &[]);
    screen.until_shown("paused");
    screen.press(":quit-run\r");
    assert_eq!(run.code(), 0);
    screen.press("q");
    assert_eq!(screen.code_and_terminal(), 0);
}

#[test]
fn an_attached_screen_that_ends_leaves_the_run() {
    let headless = [
        "run",
        "ring",
        "--headless",
        "--keep-running",
        "--steps",
        "100000000",
    ];
    let run = Live::start(&headless);
    run.wait_for("the socket", || run.out().join("socket").exists());
    run.signal(Signal::HUP);
    let mut screen = attach(&run, &[]);
    screen.hang_up();
    assert_eq!(screen.code(), 129);
    let mut killed = attach(&run, &[]);
    killed.signal(Signal::TERM);
    assert_eq!(killed.code_and_terminal(), 143);
    let mut screen = attach(&run, &[]);
    screen.press(" ");
    screen.until_shown("paused");
    // The process of the run is killed: the screen says so and can still be left.
    run.signal(Signal::KILL);
    screen.until_shown("The run's process is gone");
    screen.press("s");
    screen.until_shown("nothing was sent");
    screen.press("q");
    assert_eq!(screen.code_and_terminal(), 0);
    screen.until_shown("process is gone; what it saved is in out");
}

#[test]
fn attaching_without_a_live_run_is_an_error() {
    let mut run = Live::start(&["run", "ring", "--steps", "5", "--headless"]);
    assert_eq!(run.code(), 0);
    let mut screen = run.start_again(&["attach", "out"]);
    assert_eq!(screen.code_and_terminal(), 1);
    screen.until_shown("no process is training in out");
    let mut screen = run.start_again(&["attach"]);
    assert_eq!(screen.code_and_terminal(), 1);
    screen.until_shown("no run in runs/ is training");
}
