// Definitions for all kernels. Matrices are row-major. Activations are matrices (features, batch): the samples of a
// feature are contiguous, so that neighbouring threads read neighbouring values.
//
// No kernel adds floats atomically. The order of every sum depends on shapes only.
//
// "Minimum" is the least work of a kernel: the bytes to and from memory if each value is moved once, and the number of
// operations if they take longer than the memory.

#define THREADS 256    // of a block, as in kernels.rs
#define WARPS (THREADS / 32)
#define ALL_LANES 0xffffffffu
// The double of the driver (tests/rig) compiles kernels for the processor, without __CUDACC__.
#ifdef __CUDACC__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED
#endif

// Offsets in a guard, as in nn/guard.rs.
enum { FLAG, APPLIED };

// Activations, as in arguments/epilogue.rs.
enum { IDENTITY, RELU, LEAKY_RELU, TANH, SIGMOID };
struct Function { int kind; float slope; };

static __device__ float activate(Function f, float x) {
    switch (f.kind) {
        case RELU: return x > 0 || isnan(x) ? x : 0;
        case LEAKY_RELU: return x > 0 ? x : f.slope * x;
        case TANH: return tanhf(x);
        case SIGMOID: return 1 / (1 + expf(-x));
        default: return x;
    }
}

// f′(x), computed from y = f(x).
static __device__ float derivative(Function f, float y) {
    switch (f.kind) {
        case RELU: return y > 0 ? 1 : 0;
        case LEAKY_RELU: return y > 0 ? 1 : f.slope;
        case TANH: return 1 - y * y;
        case SIGMOID: return y * (1 - y);
        default: return 1;
    }
}

// The last operation on a gradient g of activations f(z): g·f′(z) + accumulated. `output` is f(z); if it is null, there
// is no factor. If `accumulated` is null, nothing is added.
struct GradientEpilogue { const float *output, *accumulated; Function activation; };

static __device__ float apply(const GradientEpilogue &e, float g, int at) {
    if (e.output) g *= derivative(e.activation, e.output[at]);
    return e.accumulated ? g + e.accumulated[at] : g;
}

// gain/σ from a layer's figures (σ, ‖W‖, gain). It is 1 without figures, and if σ is zero or if σ or gain/σ is not
// finite.
static __device__ float normalization_factor(const float *figures) {
    if (!figures) return 1;
    const float sigma = figures[0], factor = figures[2] / sigma;
    return isfinite(sigma) && sigma != 0 && isfinite(factor) ? factor : 1;
}

// The sum over a warp, in every lane.
template <typename T> static __device__ T warp_sum(T x) {
    for (int offset = 16; offset > 0; offset /= 2) x += __shfl_xor_sync(ALL_LANES, x, offset);
    return x;
}

// The sum over a block of THREADS threads, in every thread. `scratch` has WARPS elements. Norms of weights and of their
// gradients use double precision: squares of very large or small values overflow or underflow in single precision.
template <typename T> static __device__ T block_sum(T x, T *scratch) {
    x = warp_sum(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = x;
    __syncthreads();
    T sum = 0;
    for (int w = 0; w < WARPS; w++) sum += scratch[w];
    return sum;
}

// Whether this block is the last of `count` blocks to call this. The last one can read what the others wrote before
// their calls, by volatile loads. The ticket is 0 before the first call and after the last.
static __device__ bool is_last(int *ticket, int count) {
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicAdd(ticket, 1) == count - 1;
        if (last) *ticket = 0;
    }
    __syncthreads();
    __threadfence();
    return last;
}
