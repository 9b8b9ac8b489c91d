//! The backends that tests run on, including the GPU if `SN_TUI_TEST_GPU` is set, as `tests/rig/run` does.

use dfdx::prelude::Cpu;
use sn_tui::engine::nn::{Backend, Host, Reference};

/// The backend with which others are compared.
pub type Slow = Reference<Cpu>;

/// A backend that opens without arguments.
pub trait Device: Backend {
    fn open() -> Self;
}

impl Device for Host {
    fn open() -> Self {
        Host
    }
}

impl Device for Slow {
    fn open() -> Self {
        Slow::default()
    }
}

#[cfg(feature = "cuda")]
impl Device for sn_tui::engine::nn::Gpu {
    /// Opens the GPU once for each thread, so that kernels are loaded only once.
    fn open() -> Self {
        thread_local! {
            static GPU: sn_tui::engine::nn::Gpu = sn_tui::engine::nn::Gpu::open(0, false).unwrap();
        }
        GPU.with(Clone::clone)
    }
}

/// The results of a function for each backend, the reference last.
#[macro_export]
macro_rules! on_each_device {
    ($check:ident($($argument:expr),*)) => {{
        let mut all = $crate::on_each_fast_device!($check($($argument),*));
        all.push($check::<$crate::devices::Slow>($($argument),*));
        all
    }};
}

/// The results of a function for each backend except the reference.
#[macro_export]
macro_rules! on_each_fast_device {
    ($check:ident($($argument:expr),*)) => {{
        let mut all = vec![$check::<sn_tui::engine::nn::Host>($($argument),*)];
        #[cfg(feature = "cuda")]
        if $crate::gpu::gpu_is_wanted() {
            all.push($check::<sn_tui::engine::nn::Gpu>($($argument),*));
        }
        all
    }};
}
