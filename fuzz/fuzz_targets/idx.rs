#![no_main]

#[path = "../bodies/idx.rs"]
mod idx;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| idx::read(bytes));
