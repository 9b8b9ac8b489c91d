//! Loops over slices, vectorized for the processor's instruction set, which is detected at run time: a release build
//! for any x86-64 uses AVX2 or AVX-512 where available.
//!
//! Multiplications and additions are not fused, so that a loop gives the same bits with every instruction set.

pub(crate) mod lanes;
pub(crate) mod rows;
pub(crate) mod sums;

use std::sync::LazyLock;

use pulp::{Arch, WithSimd};

static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Runs `work`, compiled for the widest instruction set of this processor. Functions that it calls must be inlined.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    ARCH.dispatch(work)
}

/// Runs `work`, which is generic over the vector width, with the widest vectors of this processor.
#[inline(always)]
pub(crate) fn dispatch<W: WithSimd>(work: W) -> W::Output {
    ARCH.dispatch(work)
}
