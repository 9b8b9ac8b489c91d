//! The kernels of the GPU: their source, and calls of them.

use std::sync::Arc;

use cudarc::driver::{CudaFunction, CudaModule, DriverError, LaunchConfig};

/// Threads of a block, as in `kernels/common.cu`.
pub const THREADS: u32 = 256;

/// All of them as one translation unit.
const SOURCE: &str = concat!(
    include_str!("kernels/common.cu"),
    include_str!("kernels/product.cu"),
    include_str!("kernels/convolution.cu"),
    include_str!("kernels/run.cu"),
    include_str!("kernels/spectral.cu"),
    include_str!("kernels/batch_norm.cu"),
    include_str!("kernels/pointwise.cu"),
    include_str!("kernels/update.cu"),
);

/// The source of all kernels; `tf32` says whether products round their factors.
pub fn source(tf32: bool) -> String {
    let define = if tf32 { "#define TF32\n" } else { "" };
    format!("{define}{SOURCE}")
}

macro_rules! kernels {
    ($($name:ident)*) => {
        /// The functions of the module, by name.
        pub struct Kernels {
            $(pub $name: CudaFunction,)*
        }

        impl Kernels {
            pub fn of(module: &Arc<CudaModule>) -> Result<Self, DriverError> {
                Ok(Self { $($name: module.load_function(stringify!($name))?,)* })
            }
        }
    };
}

kernels! {
    dense_forward dense_input dense_weights image_to_map map_to_image convolution_weight sum_parts row_sums
    run_forward run_backward
    spectral_down spectral_up sigma_dots through_sigmas
    batch_moments normalize normalize_sums normalize_input
    side_by_side fill join through spread collect
    loss scale_samples part_norms adam blend
}

/// Whether a kernel is one of spectral normalization's.
pub fn is_spectral(name: &str) -> bool {
    name.contains("spectral") || name.contains("sigma")
}

/// Blocks of [`THREADS`] threads.
pub fn blocks(x: u32, y: u32, z: u32) -> LaunchConfig {
    LaunchConfig {
        grid_dim: (x, y, z),
        block_dim: (THREADS, 1, 1),
        shared_mem_bytes: 0,
    }
}

/// A thread for each of so many numbers.
pub fn each(length: i32) -> LaunchConfig {
    blocks(length.unsigned_abs().div_ceil(THREADS), 1, 1)
}

/// Puts a kernel with its arguments, in the order in which it declares them, behind what the stream has to do. Nothing
/// is launched where there are no blocks.
macro_rules! launch {
    ($gpu:expr, $kernel:ident, $grid:expr, $($argument:expr),+ $(,)?) => {{
        let (gpu, grid): (&$crate::nn::gpu::Gpu, cudarc::driver::LaunchConfig) = ($gpu, $grid);
        let mut call = gpu.stream().launch_builder(&gpu.kernels().$kernel);
        let name = stringify!($kernel);
        $crate::nn::gpu::kernels::launch!(@ gpu, name, call, grid, $($argument,)+)
    }};
    (@ $gpu:ident, $name:ident, $call:ident, $grid:ident, $argument:expr, $($rest:expr,)*) => {{
        let argument = $argument;
        cudarc::driver::PushKernelArg::arg(&mut $call, &argument);
        $crate::nn::gpu::kernels::launch!(@ $gpu, $name, $call, $grid, $($rest,)*)
    }};
    (@ $gpu:ident, $name:ident, $call:ident, $grid:ident,) => {
        match $grid.grid_dim {
            (0, ..) | (_, 0, _) | (_, _, 0) => Ok(()),
            _ if $gpu.is_rehearsal() => Ok(()),
            _ => {
                // SAFETY: the arguments are those that the kernel declares, which the tests of each kernel show on a
                // driver that checks them; addresses are those of buffers that are as long as the sizes say.
                let launched = unsafe { $call.launch($grid) };
                $gpu.count(|counts| {
                    counts.launches += 1;
                    counts.spectral += u64::from($crate::nn::gpu::kernels::is_spectral($name));
                });
                launched.map(|_| ()).map_err($crate::nn::gpu::driver::failed)
            }
        }
    };
}
pub(super) use launch;
