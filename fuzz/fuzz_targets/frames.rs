#![no_main]

#[path = "../bodies/frames.rs"]
mod frames;

use std::sync::Mutex;

/// The run that all inputs share.
static RUN: Mutex<Option<frames::Run>> = Mutex::new(None);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut run = RUN.lock().unwrap();
    frames::exchange(run.get_or_insert_with(frames::Run::start), bytes);
});
