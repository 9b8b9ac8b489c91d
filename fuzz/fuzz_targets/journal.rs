#![no_main]

#[path = "../bodies/journal.rs"]
mod journal;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| journal::read(bytes));
