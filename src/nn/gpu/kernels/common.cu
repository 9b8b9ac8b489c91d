// What all kernels share. Matrices are row-major; activations are (features, batch), the samples of a feature side by side,
// so that threads beside each other read numbers beside each other.
//
// No floats are added atomically: whatever is summed is summed in an order that depends on shapes alone.
//
// A floor is what a kernel has to do at least: bytes to and from memory with each number moved once, and operations where they
// count for more than the bytes.

#define THREADS 256
#define WARPS (THREADS / 32)
#define EVERY 0xffffffffu
// The double of the driver (tests/rig) compiles kernels for the processor, without __CUDACC__.
#ifdef __CUDACC__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED
#endif

// Places in a guard, as in nn/guard.rs.
enum { FLAG, APPLIED };

// As in arguments.rs.
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

// f′(x), read off y = f(x).
static __device__ float slope_at(Function f, float y) {
    switch (f.kind) {
        case RELU: return y > 0 ? 1 : 0;
        case LEAKY_RELU: return y > 0 ? 1 : f.slope;
        case TANH: return 1 - y * y;
        case SIGMOID: return y * (1 - y);
        default: return 1;
    }
}

// What becomes of a gradient g of activations x = f(z) where it is made: g·f′(z) + present. Null pointers where there is
// nothing to multiply by or to add.
struct Below { const float *output, *present; Function f; };

static __device__ float below(const Below &b, float g, int at) {
    if (b.output) g *= slope_at(b.f, b.output[at]);
    return b.present ? g + b.present[at] : g;
}

// gain/σ of a layer's figures (σ, ‖W‖, gain); 1 where σ is zero, or σ or gain/σ is not finite, or there are no figures.
static __device__ float normalizing(const float *figures) {
    if (!figures) return 1;
    const float sigma = figures[0], factor = figures[2] / sigma;
    return isfinite(sigma) && sigma != 0 && isfinite(factor) ? factor : 1;
}

template <typename T> static __device__ T warp_sum(T x) {
    for (int with = 16; with > 0; with /= 2) x += __shfl_xor_sync(EVERY, x, with);
    return x;
}

// The sum over a block of THREADS, in every thread; `scratch` holds WARPS numbers. Norms of weights and of their gradients take
// T = double: squares of large and of tiny numbers are none of single precision.
template <typename T> static __device__ T block_sum(T x, T *scratch) {
    x = warp_sum(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = x;
    __syncthreads();
    T sum = 0;
    for (int w = 0; w < WARPS; w++) sum += scratch[w];
    return sum;
}

// Whether this block is the last of `count` to come here: then all that the others wrote before can be read, by volatile
// loads. The ticket is 0 before and after.
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
