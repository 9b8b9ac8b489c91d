// Spectral normalization (Miyato et al. 2018, algorithm 1) of several layers at once. blockIdx.y is the layer.
//
// One power iteration is two launches. The first computes Wᵀu; the second computes v, Wv, u, σ = uᵀWv and ‖W‖. Layers with
// fewer iterations skip the later ones. For a layer without iterations, and for all layers if the guard has fallen, the
// second launch of iteration 0 only measures σ and ‖W‖. Each layer's part of `scratch` passes values on: Wᵀu (width),
// Wv (rows), and the norms of W's rows (rows).

#define LAYERS 32              // the most layers of a launch, as in arguments/spectral.rs
#define NORM_EPSILON 1e-12f    // EPSILON of spectral/mod.rs

// A PowerIteration of nn/spectral.rs with its Layout: offsets of weight, u, v, figures and scratch, and the sizes. W is a
// matrix (rows, width) with width = blocks·columns. It is stored as `blocks` matrices (rows, columns).
struct NormalizedLayer { int weight, blocks, rows, columns, u, v, figures, iterations, scratch; };
struct NormalizedLayers { NormalizedLayer layer[LAYERS]; };

// The offset of W[row][column].
static __device__ int weight_index(const NormalizedLayer &l, int row, int column) {
    return l.weight + (column / l.columns * l.rows + row) * l.columns + column % l.columns;
}

// Whether this launch iterates the layer: it has that many iterations, and the guard, if there is one, has not fallen.
static __device__ bool iterates(const NormalizedLayer &l, int iteration, const float *guard) {
    return iteration < l.iterations && (!guard || guard[FLAG] != 0);
}

// 1/‖x‖ in every thread; 0 if ‖x‖ is zero or not finite. ‖x‖ is taken as NORM_EPSILON if it is smaller.
static __device__ float inverse_norm(const volatile float *x, int length, double *scratch) {
    double square = 0;
    for (int i = threadIdx.x; i < length; i += THREADS) {
        const double own = x[i];
        square += own * own;
    }
    const float norm = (float)sqrt(block_sum(square, scratch));
    return isfinite(norm) && norm > 0 ? 1 / fmaxf(norm, NORM_EPSILON) : 0;
}

// Writes Wᵀu (width) to scratch, from W (rows, width) and u (rows). Block (x, layer) computes THREADS columns. A thread
// sums one column over the rows in order. Minimum for a layer: 4·rows·width bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
spectral_down(const __grid_constant__ NormalizedLayers layers, int iteration, const float *guard, const float *numbers, float *scratch) {
    const NormalizedLayer l = layers.layer[blockIdx.y];
    const int column = blockIdx.x * THREADS + threadIdx.x;
    if (!iterates(l, iteration, guard) || column >= l.blocks * l.columns) return;
    float sum = 0;
    for (int row = 0; row < l.rows; row++) sum = fmaf(numbers[weight_index(l, row, column)], numbers[l.u + row], sum);
    scratch[l.scratch + column] = sum;
}

// u ← Wv/‖Wv‖ if the launch iterates and ‖Wv‖ is finite and not zero; then σ = uᵀWv and ‖W‖. Runs in the last block of a
// layer. A thread sums every THREADS-th row, then the block.
static __device__ void finish_layer(const NormalizedLayer &l, bool iterated, float *numbers, const volatile float *scratch,
                                    float *figures, double *sums) {
    const volatile float *raw = scratch + l.scratch + l.blocks * l.columns, *norms = raw + l.rows;
    const float inverse = iterated ? inverse_norm(raw, l.rows, sums) : 0;
    double sigma = 0, square = 0;
    for (int row = threadIdx.x; row < l.rows; row += THREADS) {
        const float wv = raw[row], u = inverse ? wv * inverse : numbers[l.u + row];
        const double norm = norms[row];
        sigma += (double)u * wv;
        square += norm * norm;
        numbers[l.u + row] = u;
    }
    sigma = block_sum(sigma, sums);
    square = block_sum(square, sums);
    if (threadIdx.x == 0) {
        figures[l.figures] = (float)sigma;
        figures[l.figures + 1] = (float)sqrt(square);
    }
}

// v (width) ← Wᵀu/‖Wᵀu‖ if the launch iterates and ‖Wᵀu‖ is finite and not zero, else v does not change. Then Wv (rows)
// and the norms of W's rows (rows) are written to scratch, and the last block of a layer computes u, σ and ‖W‖. W is
// (rows, width). Block (x, layer) computes WARPS rows, one in each warp: a lane sums every 32nd column, then the warp its
// lanes; squares are in double precision. Every block computes ‖Wᵀu‖ itself. Minimum for a layer: 4·rows·width bytes; two
// double-precision instructions for each weight, which can take longer on cards with few such units (sm_86, sm_89,
// sm_120).
extern "C" __global__ void __launch_bounds__(THREADS)
spectral_up(const __grid_constant__ NormalizedLayers layers, int iteration, const float *guard, float *numbers, float *scratch,
            float *figures, int *tickets) {
    __shared__ double sums[WARPS];
    const NormalizedLayer l = layers.layer[blockIdx.y];
    const int width = l.blocks * l.columns, lane = threadIdx.x % 32, row = blockIdx.x * WARPS + threadIdx.x / 32;
    const bool iterated = iterates(l, iteration, guard);
    if (!(iterated || iteration == 0) || blockIdx.x * WARPS >= l.rows) return;
    const float *raw = scratch + l.scratch;
    const float inverse = iterated ? inverse_norm(raw, width, sums) : 0;
    const float *v = inverse ? raw : numbers + l.v, factor = inverse ? inverse : 1;
    if (row < l.rows) {
        float sum = 0;
        double square = 0;
        for (int column = lane; column < width; column += 32) {
            const float w = numbers[weight_index(l, row, column)];
            sum = fmaf(w, v[column] * factor, sum);
            square += (double)w * w;
        }
        sum = warp_sum(sum);
        square = warp_sum(square);
        if (lane == 0) {
            scratch[l.scratch + width + row] = sum;
            scratch[l.scratch + width + l.rows + row] = (float)sqrt(square);
        }
    }
    // No block reads the old v if there is a new one.
    if (blockIdx.x == 0 && inverse)
        for (int i = threadIdx.x; i < width; i += THREADS) numbers[l.v + i] = raw[i] * factor;
    if (is_last(tickets + blockIdx.y, (l.rows + WARPS - 1) / WARPS)) finish_layer(l, iterated, numbers, scratch, figures, sums);
}

// ⟨G, W⟩ for each layer, with the gradient G and the weight W (rows, width), as parts (layers, gridDim.x). Block (part,
// layer) computes one part: a thread sums every (gridDim.x·THREADS)-th value, then the block. Minimum for a layer:
// 8·rows·width bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
sigma_dots(const __grid_constant__ NormalizedLayers layers, const float *gradients, const float *numbers, float *parts) {
    __shared__ float scratch[WARPS];
    const NormalizedLayer l = layers.layer[blockIdx.y];
    const float *gradient = gradients + l.weight, *w = numbers + l.weight;
    const int length = l.blocks * l.rows * l.columns;
    float sum = 0;
    for (int i = blockIdx.x * THREADS + threadIdx.x; i < length; i += gridDim.x * THREADS) sum = fmaf(gradient[i], w[i], sum);
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) parts[blockIdx.y * gridDim.x + blockIdx.x] = sum;
}

// Replaces the gradient G of each normalized weight by the gradient of W: gain/σ · (G − ⟨G, W⟩/σ · uvᵀ) (equation 12 of the
// paper), with G (rows, width), u (rows) and v (width). Block (x, layer): a thread sums the parts of ⟨G, W⟩ in order, then
// computes every (gridDim.x·THREADS)-th value. Minimum for a layer: 8·rows·width bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
sigma_gradient(const __grid_constant__ NormalizedLayers layers, const float *parts, int count, const float *numbers,
               const float *figures, float *gradients) {
    const NormalizedLayer l = layers.layer[blockIdx.y];
    const int length = l.blocks * l.rows * l.columns;
    const float sigma = figures[l.figures], factor = figures[l.figures + 2] / sigma;
    if (!isfinite(sigma) || sigma == 0 || !isfinite(factor)) return;
    float dot = 0;
    for (int part = 0; part < count; part++) dot += parts[blockIdx.y * count + part];
    const float share = dot / sigma, *u = numbers + l.u, *v = numbers + l.v;
    float *gradient = gradients + l.weight;
    for (int at = blockIdx.x * THREADS + threadIdx.x; at < length; at += gridDim.x * THREADS) {
        const int line = at / l.columns, row = line % l.rows, column = line / l.rows * l.columns + at % l.columns;
        gradient[at] = factor * (gradient[at] - share * u[row] * v[column]);
    }
}
