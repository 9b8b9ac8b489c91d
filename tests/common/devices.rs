//! The backends that tests are run on. The GPU is among them where `SN_TUI_TEST_GPU` is set, as `tests/rig/run` does.

use dfdx::prelude::Cpu;
use sn_tui::nn::{Backend, Host, Reference};

/// The backend that others are held against.
pub type Slow = Reference<Cpu>;

/// A backend that can be had without further ado.
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
impl Device for sn_tui::nn::Gpu {
    /// One for each thread: kernels are loaded once.
    fn open() -> Self {
        thread_local! {
            static GPU: sn_tui::nn::Gpu = sn_tui::nn::Gpu::open(0, false).unwrap();
        }
        GPU.with(Clone::clone)
    }
}

/// What a function gives for each backend, the reference last.
#[macro_export]
macro_rules! on_each_device {
    ($check:ident($($argument:expr),*)) => {{
        let mut all = $crate::on_each_fast_device!($check($($argument),*));
        all.push($check::<$crate::devices::Slow>($($argument),*));
        all
    }};
}

/// The same but for the reference.
#[macro_export]
macro_rules! on_each_fast_device {
    ($check:ident($($argument:expr),*)) => {{
        let mut all = vec![$check::<sn_tui::nn::Host>($($argument),*)];
        #[cfg(feature = "cuda")]
        if $crate::gpu::gpu_is_wanted() {
            all.push($check::<sn_tui::nn::Gpu>($($argument),*));
        }
        all
    }};
}
