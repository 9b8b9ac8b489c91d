//! Memory on its way back to the system.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::ffi::c_int;

    // SAFETY: malloc_trim(3) has no preconditions; it moves nothing that is in use.
    unsafe extern "C" {
        pub safe fn malloc_trim(pad: usize) -> c_int;
    }
}

/// Gives back what is free. The heap of glibc keeps a part for each thread that ever was, as large as that thread ever
/// needed it: a run that is over would go on costing what it cost. Other systems do without.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // Whether there was anything does not matter.
    let _ = glibc::malloc_trim(0);
}
