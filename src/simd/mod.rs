//! Loops over slices for the instruction set of the processor at hand, picked at run time: a release build for any
//! x86-64 uses AVX2 or AVX-512 where the processor has them.
//!
//! Sums and products are not contracted into fused ones, so that a loop gives the same bits on every instruction set.

pub mod lanes;
pub mod rows;
pub mod sums;

use std::sync::LazyLock;

use pulp::{Arch, WithSimd};

static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Runs `work`, whose loops the compiler may vectorize for the widest instruction set of this processor. What it calls
/// has to be inlined into it.
#[inline(always)]
pub fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    ARCH.dispatch(work)
}

/// Runs `work`, written for vectors of any width, with those of this processor.
#[inline(always)]
pub fn dispatch<W: WithSimd>(work: W) -> W::Output {
    ARCH.dispatch(work)
}
