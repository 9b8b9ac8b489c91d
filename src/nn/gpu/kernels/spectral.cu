// Spectral normalization (Miyato et al. 2018, algorithm 1) of all layers of a network together; blockIdx.y is the layer.
//
// One power iteration is two launches: Wᵀu, then v and Wv, u and σ. NormalizedLayers of fewer iterations sit out the later ones; one
// of none, and all where the guard is down, have σ = uᵀWv and ‖W‖ measured in the first. What a launch leaves for the next
// stands in `scratch`: of each layer Wᵀu (width), Wv (rows) and the norms of W's rows (rows).

#define LAYERS 32
#define TINY 1e-12f

// An Iteration of nn/spectral.rs with its Layout; the matrix (rows, width), width = blocks·columns, lies as `blocks` matrices (rows,
// columns). TINY is EPSILON of spectral/mod.rs.
struct Layer { int weight, blocks, rows, columns, u, v, figures, iterations, scratch; };
struct NormalizedLayers { Layer layer[LAYERS]; };

static __device__ int entry(const Layer &l, int row, int column) {
    return l.weight + (column / l.columns * l.rows + row) * l.columns + column % l.columns;
}

// Whether an iteration is made: a layer has as many left, and the guard, where there is one, stands.
static __device__ bool is_made(const Layer &l, int iteration, const float *guard) {
    return iteration < l.iterations && (!guard || guard[FLAG] != 0);
}

// 1/‖x‖, or 0 where that is no norm to divide by; in every thread.
static __device__ float inverse_norm(const volatile float *x, int length, double *scratch) {
    double square = 0;
    for (int i = threadIdx.x; i < length; i += THREADS) {
        const double own = x[i];
        square += own * own;
    }
    const float norm = (float)sqrt(block_sum(square, scratch));
    return isfinite(norm) && norm > 0 ? 1 / fmaxf(norm, TINY) : 0;
}

// scratch (width) ← Wᵀu, W (rows, width), u (rows). A block takes THREADS columns of layer blockIdx.y, a thread each, which sums
// over the rows one after the other. Floor: 4·rows·width bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
spectral_down(const __grid_constant__ NormalizedLayers layers, int iteration, const float *guard, const float *numbers, float *scratch) {
    const Layer l = layers.layer[blockIdx.y];
    const int column = blockIdx.x * THREADS + threadIdx.x;
    if (!is_made(l, iteration, guard) || column >= l.blocks * l.columns) return;
    float sum = 0;
    for (int row = 0; row < l.rows; row++) sum = fmaf(numbers[entry(l, row, column)], numbers[l.u + row], sum);
    scratch[l.scratch + column] = sum;
}

// u ← Wv/‖Wv‖, σ = uᵀWv, ‖W‖; the last block of a layer.
static __device__ void finish_layer(const Layer &l, bool made, float *numbers, const volatile float *scratch, float *figures, double *sums) {
    const volatile float *raw = scratch + l.scratch + l.blocks * l.columns, *norms = raw + l.rows;
    const float inverse = made ? inverse_norm(raw, l.rows, sums) : 0;
    double along = 0, square = 0;
    for (int row = threadIdx.x; row < l.rows; row += THREADS) {
        const float image = raw[row], u = inverse ? image * inverse : numbers[l.u + row];
        const double norm = norms[row];
        along += (double)u * image;
        square += norm * norm;
        numbers[l.u + row] = u;
    }
    along = block_sum(along, sums);
    square = block_sum(square, sums);
    if (threadIdx.x == 0) {
        figures[l.figures] = (float)along;
        figures[l.figures + 1] = (float)sqrt(square);
    }
}

// v (width) ← Wᵀu/‖Wᵀu‖ where an iteration is made and that is defined, else v stays; scratch ← Wv (rows) and the norms of the
// rows of W (rows, width). A block takes WARPS rows, a warp each: a lane sums every 32nd column, then the warp adds its lanes;
// squares in double precision. Each block makes ‖Wᵀu‖ anew. The last block of a layer finishes u, σ and ‖W‖: a thread sums every
// THREADS-th row, then the block. Floor: 4·rows·width bytes; two double-precision instructions a weight, which can count for more
// on cards with few such units (sm_86, sm_89, sm_120).
extern "C" __global__ void __launch_bounds__(THREADS)
spectral_up(const __grid_constant__ NormalizedLayers layers, int iteration, const float *guard, float *numbers, float *scratch, float *figures,
            int *tickets) {
    __shared__ double sums[WARPS];
    const Layer l = layers.layer[blockIdx.y];
    const int width = l.blocks * l.columns, lane = threadIdx.x % 32, row = blockIdx.x * WARPS + threadIdx.x / 32;
    const bool made = is_made(l, iteration, guard);
    if (!(made || iteration == 0) || blockIdx.x * WARPS >= l.rows) return;
    const float *raw = scratch + l.scratch;
    const float inverse = made ? inverse_norm(raw, width, sums) : 0;
    const float *v = inverse ? raw : numbers + l.v, factor = inverse ? inverse : 1;
    if (row < l.rows) {
        float sum = 0;
        double square = 0;
        for (int column = lane; column < width; column += 32) {
            const float w = numbers[entry(l, row, column)];
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
    // Nobody reads the old v where there is a new one.
    if (blockIdx.x == 0 && inverse)
        for (int i = threadIdx.x; i < width; i += THREADS) numbers[l.v + i] = raw[i] * factor;
    if (is_last(tickets + blockIdx.y, (l.rows + WARPS - 1) / WARPS)) finish_layer(l, made, numbers, scratch, figures, sums);
}

// Parts (layers, gridDim.x) of ⟨G, W⟩, both (rows, width), of each layer (blockIdx.y), one of each block: a thread sums numbers a
// grid apart, then the block. Floor: 8·rows·width bytes of each layer.
extern "C" __global__ void __launch_bounds__(THREADS)
sigma_dots(const __grid_constant__ NormalizedLayers layers, const float *gradients, const float *numbers, float *parts) {
    __shared__ float scratch[WARPS];
    const Layer l = layers.layer[blockIdx.y];
    const float *gradient = gradients + l.weight, *w = numbers + l.weight;
    const int length = l.blocks * l.rows * l.columns;
    float sum = 0;
    for (int i = blockIdx.x * THREADS + threadIdx.x; i < length; i += gridDim.x * THREADS) sum = fmaf(gradient[i], w[i], sum);
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) parts[blockIdx.y * gridDim.x + blockIdx.x] = sum;
}

// The gradient G of each normalized weight becomes that of W: factor·(G − ⟨G, W⟩/σ · uvᵀ) (the paper's equation 12). blockIdx.y is
// the layer: G (rows, width), u (rows), v (width), in place. A thread takes numbers a grid apart, and sums the parts of ⟨G, W⟩ one
// after the other. Floor: 8·rows·width bytes of each layer.
extern "C" __global__ void __launch_bounds__(THREADS)
through_sigmas(const __grid_constant__ NormalizedLayers layers, const float *parts, int count, const float *numbers, const float *figures,
               float *gradients) {
    const Layer l = layers.layer[blockIdx.y];
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
