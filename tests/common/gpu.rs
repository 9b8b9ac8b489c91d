//! Whether tests are to be run on a GPU as well.

/// Whether `SN_TUI_TEST_GPU` asks for it, as `tests/rig/run` does, and this build can.
pub fn gpu_is_wanted() -> bool {
    cfg!(feature = "cuda") && std::env::var_os("SN_TUI_TEST_GPU").is_some()
}
