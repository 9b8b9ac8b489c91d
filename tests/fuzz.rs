//! Short runs of the targets in `fuzz/`, with random bytes and with valid examples of which a few places are changed.
//! No input may cause a panic, take long, or allocate much memory at once.

#[path = "../fuzz/bodies/frames.rs"]
mod frames;
#[path = "../fuzz/bodies/idx.rs"]
mod idx;
#[path = "../fuzz/bodies/journal.rs"]
mod journal;
#[path = "common/memory.rs"]
mod memory;
#[path = "common/mutation.rs"]
mod mutation;
#[path = "../fuzz/bodies/preset.rs"]
mod preset;
#[path = "../fuzz/bodies/tensors.rs"]
mod tensors;

use std::{
    fs,
    io::Write,
    sync::Mutex,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use mutation::{mutated, mutation};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sn_tui::preset::builtin::builtin;

/// The longest time for an input, on a slow and busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a target with the examples, and then with this number of random or changed inputs.
fn feed(cases: u32, examples: &[Vec<u8>], body: impl Fn(&[u8])) {
    for example in examples {
        body(example);
    }
    let changed = (0..examples.len(), vec(mutation(), 1..6));
    let changed = changed.prop_map(|(which, mutations)| mutated(&examples[which], &mutations));
    let inputs = prop_oneof![1 => vec(any::<u8>(), 0..300), 3 => changed];
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&inputs, |bytes| {
        let begun = Instant::now();
        body(&bytes);
        prop_assert!(begun.elapsed() < PATIENCE, "it took {:?}", begun.elapsed());
        memory::assert_small();
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn presets() {
    let print = |name: &&str| {
        let preset = builtin(name).unwrap();
        sn_tui::preset::print(&preset, name).into_bytes()
    };
    let examples: Vec<_> = ["ring", "digits", "dolls"].iter().map(print).collect();
    feed(10_000, &examples, preset::read);
}

#[test]
fn tensor_files() {
    let names = ["names", "f8", "wrappers", "parametrized"];
    let read = |name| fs::read(format!("tests/audit/{name}.safetensors")).unwrap();
    feed(3_000, &names.map(read), tensors::read);
}

#[test]
fn idx_files() {
    let header = |sizes: &[u32]| {
        let sizes = sizes.iter().flat_map(|size| size.to_be_bytes());
        let magic = [0, 0, 8, sizes.clone().count() as u8 / 4];
        magic.into_iter().chain(sizes).collect::<Vec<u8>>()
    };
    let gray = [header(&[2, 3, 4]), vec![7; 24]].concat();
    let colour = [header(&[2, 1, 2, 3]), (0..12).collect()].concat();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&gray).unwrap();
    feed(10_000, &[packed.finish().unwrap(), gray, colour], idx::read);
}

#[test]
fn journals() {
    let lines = r#"{"step":3,"kind":"set","key":"gain","old":"16.0","new":"8.0","cause":"key"}
{"step":4,"kind":"step_d","key":"","old":"","new":"5","cause":"key"}
{"step":9,"kind":"not_applied","key":"","old":"","new":"","cause":"alarm"}
{"step":4,"kind":"rewind","key":"journal:1","old":"8","new":"3","cause":"key"}
{"step":4,"kind":"continue","key":"","old":"","new":"3","cause":"resume"}
"#;
    // Fewer cases, because each input creates a folder.
    feed(2_000, &[lines.as_bytes().to_vec()], journal::read);
}

#[test]
fn frames_to_a_run_and_to_its_clients() {
    let run = Mutex::new(frames::Run::start());
    let examples = {
        let run = run.lock().unwrap();
        [run.questions.clone(), run.answers.clone()]
    };
    feed(200, &examples, |bytes| {
        // A panic poisons the lock; proptest then shrinks the input with the same run.
        let mut run = run.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        frames::exchange(&mut run, bytes);
    });
}
