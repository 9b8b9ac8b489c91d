//! The kernels: source and launches.

use std::sync::Arc;

use cudarc::driver::{CudaFunction, CudaModule, DriverError, LaunchConfig};

/// Threads of a block, as in `kernels/common.cu`.
pub(super) const THREADS: u32 = 256;

/// All kernels as one translation unit.
const SOURCE: &str = concat!(
    include_str!("kernels/common.cu"),
    include_str!("kernels/product.cu"),
    include_str!("kernels/convolution.cu"),
    include_str!("kernels/dense_stack.cu"),
    include_str!("kernels/spectral.cu"),
    include_str!("kernels/batch_norm.cu"),
    include_str!("kernels/pointwise.cu"),
    include_str!("kernels/update.cu"),
);

/// The source of all kernels. `tf32` says whether products round their operands.
pub(super) fn source(tf32: bool) -> String {
    let define = if tf32 { "#define TF32\n" } else { "" };
    format!("{define}{SOURCE}")
}

macro_rules! kernels {
    ($($name:ident)*) => {
        /// The kernels of the loaded module, by name.
        pub(crate) struct Kernels {
            $(pub(crate) $name: CudaFunction,)*
        }

        impl Kernels {
            pub(crate) fn of(module: &Arc<CudaModule>) -> Result<Self, DriverError> {
                Ok(Self { $($name: module.load_function(stringify!($name))?,)* })
            }
        }
    };
}

kernels! {
    dense_forward dense_input dense_weights image_to_map map_to_image convolution_weight sum_parts row_sums
    dense_stack_forward dense_stack_backward
    spectral_down spectral_up sigma_dots sigma_gradient
    batch_moments normalize normalize_sums normalize_input
    concatenate fill add_activate accumulate_gradient upsample sum_pool
    loss scale_samples part_norms adam blend
}

/// Whether a kernel belongs to spectral normalization.
pub(super) fn is_spectral(name: &str) -> bool {
    name.contains("spectral") || name.contains("sigma")
}

/// A grid of blocks with [`THREADS`] threads.
pub(super) fn blocks(x: u32, y: u32, z: u32) -> LaunchConfig {
    LaunchConfig {
        grid_dim: (x, y, z),
        block_dim: (THREADS, 1, 1),
        shared_mem_bytes: 0,
    }
}

/// A grid with a thread for each of `length` values.
pub(super) fn threads_for(length: i32) -> LaunchConfig {
    blocks(length.unsigned_abs().div_ceil(THREADS), 1, 1)
}

/// Launches a kernel. The arguments have the order of the kernel's parameters. An empty grid and a dry run launch
/// nothing.
macro_rules! launch {
    ($gpu:expr, $kernel:ident, $grid:expr, $($argument:expr),+ $(,)?) => {{
        let (gpu, grid): (&$crate::engine::nn::gpu::Gpu, cudarc::driver::LaunchConfig) = ($gpu, $grid);
        let mut call = gpu.stream().launch_builder(&gpu.kernels().$kernel);
        let name = stringify!($kernel);
        $crate::engine::nn::gpu::kernels::launch!(@ gpu, name, call, grid, $($argument,)+)
    }};
    (@ $gpu:ident, $name:ident, $call:ident, $grid:ident, $argument:expr, $($rest:expr,)*) => {{
        let argument = $argument;
        cudarc::driver::PushKernelArg::arg(&mut $call, &argument);
        $crate::engine::nn::gpu::kernels::launch!(@ $gpu, $name, $call, $grid, $($rest,)*)
    }};
    (@ $gpu:ident, $name:ident, $call:ident, $grid:ident,) => {
        match $grid.grid_dim {
            (0, ..) | (_, 0, _) | (_, _, 0) => Ok(()),
            _ if $gpu.is_dry_run() => Ok(()),
            _ => {
                // SAFETY: callers pass the kernel's parameters in order; tests run each kernel on a driver that checks
                // their number and sizes. Addresses are those of buffers as long as the sizes say.
                let launched = unsafe { $call.launch($grid) };
                $gpu.count(|counts| {
                    counts.launches += 1;
                    counts.spectral += u64::from($crate::engine::nn::gpu::kernels::is_spectral($name));
                });
                launched.map(|_| ()).map_err($crate::engine::nn::gpu::driver::failed)
            }
        }
    };
}
pub(super) use launch;
