//! Selects whether tests also run on a GPU.

/// Whether `SN_TUI_TEST_GPU` is set, as by `tests/rig/run`, and this build supports a GPU.
pub fn gpu_is_wanted() -> bool {
    cfg!(feature = "cuda") && std::env::var_os("SN_TUI_TEST_GPU").is_some()
}
