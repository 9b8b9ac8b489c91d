// Batch normalization (Ioffe & Szegedy 2015): y = f(γ·(x − mean)/√(variance + ε) + β). Activations are (channels, length):
// a channel has length = positions·batch values. Moments are all means, then all biased variances. x̂ is
// (x − mean)/√(variance + ε).

#define EPSILON 1e-5f    // as in nn/layer.rs

// The moments (2, channels) of x (channels, length), and the batch's mean and unbiased variance (channels each). A block
// computes a channel in two passes, first the mean, then the variance: a thread sums every THREADS-th value in double
// precision, then the block. Minimum: 4·channels·length bytes (the second pass mostly reads the cache); five
// double-precision instructions for each value, which take longer on cards with few such units.
extern "C" __global__ void __launch_bounds__(THREADS)
batch_moments(int channels, int length, const float *x, float *moments, float *mean_of_batch, float *variance_of_batch) {
    __shared__ double scratch[WARPS];
    const float *own = x + (size_t)blockIdx.x * length;
    double sum = 0, square = 0;
    for (int i = threadIdx.x; i < length; i += THREADS) sum += own[i];
    const double mean = block_sum(sum, scratch) / length;
    for (int i = threadIdx.x; i < length; i += THREADS) square += (own[i] - mean) * (own[i] - mean);
    const float variance = (float)(block_sum(square, scratch) / length);
    if (threadIdx.x) return;
    moments[blockIdx.x] = (float)mean;
    moments[channels + blockIdx.x] = variance;
    mean_of_batch[blockIdx.x] = (float)mean;
    variance_of_batch[blockIdx.x] = variance * ((float)length / max(length - 1, 1));
}

// y = f(γ·x̂ + β) for x and y (channels, length), moments (2, channels), γ and β (channels). A thread computes one value.
// Minimum: 8·channels·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
normalize(int channels, int length, const float *x, const float *moments, const float *gamma, const float *beta, Function f,
          float *y) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= channels * length) return;
    const int channel = at / length;
    const float factor = gamma[channel] / sqrtf(moments[channels + channel] + EPSILON);
    y[at] = activate(f, factor * (x[at] - moments[channel]) + beta[channel]);
}

// The gradients of γ and β: Σ g·x̂ and Σ g (channels each), from x and the upstream gradient g (channels, length). A block
// computes a channel: a thread sums every THREADS-th value in single precision, then the block. Minimum:
// 8·channels·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
normalize_sums(int channels, int length, const float *x, const float *moments, const float *upstream, float *of_gamma,
               float *of_beta) {
    __shared__ float scratch[WARPS];
    const size_t start = (size_t)blockIdx.x * length;
    const float mean = moments[blockIdx.x], inverse = 1 / sqrtf(moments[channels + blockIdx.x] + EPSILON);
    float along = 0, total = 0;
    for (int i = threadIdx.x; i < length; i += THREADS) {
        const float g = upstream[start + i];
        along = fmaf(g, x[start + i] - mean, along);
        total += g;
    }
    along = block_sum(along, scratch) * inverse;
    total = block_sum(total, scratch);
    if (threadIdx.x) return;
    of_gamma[blockIdx.x] = along;
    of_beta[blockIdx.x] = total;
}

// The gradient of x: γ/√(variance + ε) · (g − mean of g − x̂ · mean of g·x̂), or γ/√(variance + ε) · g if the moments are
// constants; then the epilogue. x, the upstream gradient g, and y are (channels, length). A thread computes one value.
// Minimum for each value: 12 bytes (8 if the moments are constants), and 4 each for f′ and an accumulated value.
extern "C" __global__ void __launch_bounds__(THREADS)
normalize_input(int channels, int length, int constant, const float *x, const float *moments, const float *gamma,
                const float *upstream, const float *of_gamma, const float *of_beta, float *y,
                const __grid_constant__ GradientEpilogue epilogue) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= channels * length) return;
    const int channel = at / length;
    const float inverse = 1 / sqrtf(moments[channels + channel] + EPSILON), scale = gamma[channel] * inverse;
    float g = upstream[at];
    if (!constant) g -= of_beta[channel] / length + (x[at] - moments[channel]) * inverse * (of_gamma[channel] / length);
    y[at] = apply(epilogue, scale * g, at);
}
