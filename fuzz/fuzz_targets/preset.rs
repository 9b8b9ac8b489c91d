#![no_main]

#[path = "../bodies/preset.rs"]
mod preset;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| preset::read(bytes));
