#![no_main]

#[path = "../bodies/tensors.rs"]
mod tensors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tensors::read(bytes));
