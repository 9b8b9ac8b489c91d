//! The backend for NVIDIA GPUs: pooled device memory, our own kernels, one stream.
//!
//! | file | counterpart in `nn::host` |
//! | --- | --- |
//! | `backend`, `layer`, `batch_norm`, `pooling`, `loss`, `samples`, `measure`, `pointwise`, `spectral`, `update`, `buffers` | the file of that name |
//! | `dense_stack` | `dense_stack`, `dense`: narrow dense layers in one launch; `layer` runs wide ones |
//! | `products` | `products`, `conv`, `gather`, `dense`: forward, and the gradient of the input |
//! | `gradients` | `weight_gradient`, `dense::{weight_gradient, bias_gradient}`: gradients of weights and biases |
//! | `arguments` | none: kernel arguments |
//! | `kernels` | the computations: `product.cu` has `weight_gradient` and `dense`; `convolution.cu` has `conv` and `gather`; `dense_stack.cu` has `dense_stack`; `update.cu` has `loss`, `samples`, `measure` and `update`; `pointwise.cu` has `pointwise`, `pooling` and `slab` |
//! | `device`, `driver`, `code`, `compiler`, `cache`, `library`, `ptx`, `error` | none: the GPU, its driver, NVRTC, compiled kernels, PTX for machines without NVRTC, why a GPU cannot be used |
//! | `copies`, `graph`, `nvml` | none: copies to and from the device, CUDA graphs, utilization |
//!
//! Activations are row-major matrices (features, batch). No kernel adds floats atomically, all work runs in the order
//! of the calls, and the order of every sum depends on shapes only. On one GPU with one compiler, results are
//! bit-identical from run to run.

mod arguments;
mod backend;
mod batch_norm;
mod buffers;
mod cache;
mod code;
mod compiler;
mod copies;
mod dense_stack;
mod device;
mod driver;
mod error;
mod gradients;
mod graph;
mod kernels;
mod layer;
mod library;
mod loss;
mod measure;
mod nvml;
mod pointwise;
mod pooling;
mod products;
mod ptx;
mod samples;
mod spectral;
mod update;

pub use code::{Found, find};
pub use device::Gpu;
pub use driver::has_driver;
pub use nvml::Card;
