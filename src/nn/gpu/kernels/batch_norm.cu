// Batch normalization (Ioffe & Szegedy 2015): y = f(γ·(x − mean)/√(variance + ε) + β). Channel c of the activations is the run
// of `length` numbers (positions, batch) from c·length on. Moments are all means, then all biased variances.

#define EPSILON 1e-5f

// x (channels, length) → moments (2, channels), and the batch's mean and unbiased variance (channels each). A block takes a
// channel, in two passes: a thread sums every THREADS-th number in double precision, then the block. Floor: 4·channels·length bytes
// (the second pass mostly reads the cache); five double-precision instructions a number, which count for more on cards with few
// such units.
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

// x, y (channels, length), moments (2, channels), γ and β (channels); a thread for each number, nothing is summed. Floor:
// 8·channels·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
normalize(int channels, int length, const float *x, const float *moments, const float *gamma, const float *beta, Function f, float *y) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= channels * length) return;
    const int channel = at / length;
    const float factor = gamma[channel] / sqrtf(moments[channels + channel] + EPSILON);
    y[at] = activate(f, factor * (x[at] - moments[channel]) + beta[channel]);
}

// Σ g·x̂ and Σ g (channels each) of x and g (channels, length), a block for each channel: the gradients of γ and β. A thread sums
// every THREADS-th number in single precision, then the block. Floor: 8·channels·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
normalize_sums(int channels, int length, const float *x, const float *moments, const float *upstream, float *of_gamma, float *of_beta) {
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

// The gradient of x: γ/√(variance + ε) · (g − mean of g − x̂ · mean of g·x̂), or the first term alone where the moments are
// constants. x, g, y (channels, length); a thread for each number. Floor: 12 bytes a number (8 where moments are constants), and 4
// each for f′ and for what is present.
extern "C" __global__ void __launch_bounds__(THREADS)
normalize_input(int channels, int length, int constant, const float *x, const float *moments, const float *gamma, const float *upstream,
                const float *of_gamma, const float *of_beta, float *y, const __grid_constant__ Below end) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= channels * length) return;
    const int channel = at / length;
    const float inverse = 1 / sqrtf(moments[channels + channel] + EPSILON), scale = gamma[channel] * inverse;
    float g = upstream[at];
    if (!constant) g -= of_beta[channel] / length + (x[at] - moments[channel]) * inverse * (of_gamma[channel] / length);
    y[at] = below(end, scale * g, at);
}
