// Matrix products in tiles, and convolutions as such products whose right factor is gathered where it is needed.
//
// A block makes TILE × TILE sums, a thread OF_THREAD × OF_THREAD of them; it goes through the steps DEPTH at a time, with both factors of
// these steps in shared memory. Each sum is made by one thread, step after step.

#define TILE 64
#define DEPTH 16
#define OF_THREAD 4    // TILE · TILE / THREADS = OF_THREAD²

// y = f(factor·sum + bias of the row), then what is below: see Below. No bias where it is null.
struct Finish { const float *bias, *figures; Activation f; Below below; };

static __device__ float finished(const Finish &finish, float factor, float sum, int row, int at) {
    const float z = factor * sum + (finish.bias ? finish.bias[row] : 0);
    return below(finish.below, activate(finish.f, z), at);
}

static __device__ void finish(const Finish &finish, float factor, float sum, int row, int at, float *y) {
    y[at] = finished(finish, factor, sum, row, at);
}

template <typename A, typename B> struct std_is_same { enum { value = 0 }; };
template <typename A> struct std_is_same<A, A> { enum { value = 1 }; };

// Nothing is asked of the rows.
struct NoRows {
    __device__ void operator()(int, float) const {}
};

// out[row][column] = Σ left(row, step) · right(step, column) over the steps from `first` on, up to `end`, in the tile of this
// block; `done` gets each, and `of_row` the sum of each row of the left factor, where it is asked for.
template <typename Left, typename Right, typename Done, typename OfRow = NoRows>
static __device__ void product(int tile, int rows, int columns, int first, int end, Left left, Right right, Done done,
                               OfRow of_row = OfRow()) {
    __shared__ float a[DEPTH][TILE + 1];
    __shared__ float b[DEPTH][TILE];
    // Tiles stand in one row of blocks, whose other dimensions are bounded by 65,535.
    const int across = (columns + TILE - 1) / TILE;
    const int t = threadIdx.x, row0 = tile / across * TILE, column0 = tile % across * TILE;
    const bool sums_rows = !std_is_same<OfRow, NoRows>::value && column0 == 0 && t < TILE;
    const int row = t / 16 * OF_THREAD, column = t % 16;
    float sums[OF_THREAD][OF_THREAD] = {}, of_left = 0;
    for (int step = first; step < end; step += DEPTH) {
        __syncthreads();
        for (int i = t; i < DEPTH * TILE; i += THREADS) {
            // Threads beside each other take steps of the left factor, columns of the right one.
            const int r = i / DEPTH, k = i % DEPTH;
            a[k][r] = row0 + r < rows && step + k < end ? left(row0 + r, step + k) : 0;
            const int c = i % TILE, l = i / TILE;
            b[l][c] = column0 + c < columns && step + l < end ? right(step + l, column0 + c) : 0;
        }
        __syncthreads();
        if (sums_rows)
            for (int k = 0; k < DEPTH; k++) of_left += a[k][t];
        for (int k = 0; k < DEPTH; k++) {
            float x[OF_THREAD], y[OF_THREAD];
            for (int i = 0; i < OF_THREAD; i++) x[i] = a[k][row + i];
            for (int j = 0; j < OF_THREAD; j++) y[j] = b[k][column + 16 * j];
            for (int i = 0; i < OF_THREAD; i++)
                for (int j = 0; j < OF_THREAD; j++) sums[i][j] = fmaf(x[i], y[j], sums[i][j]);
        }
    }
    for (int i = 0; i < OF_THREAD; i++)
        for (int j = 0; j < OF_THREAD; j++) {
            const int r = row0 + row + i, c = column0 + column + 16 * j;
            if (r < rows && c < columns) done(r, c, sums[i][j]);
        }
    if (sums_rows && row0 + t < rows) of_row(row0 + t, of_left);
}

// y (outputs, batch) = W x with W (outputs, inputs).
extern "C" __global__ void __launch_bounds__(THREADS)
dense_forward(int outputs, int inputs, int batch, const float *w, const float *x, float *y, const __grid_constant__ Finish end) {
    const float factor = normalizing(end.figures);
    product(blockIdx.x, outputs, batch, 0, inputs,
        [=](int o, int i) { return w[o * inputs + i]; },
        [=](int i, int s) { return x[i * batch + s]; },
        [&](int o, int s, float sum) { finish(end, factor, sum, o, o * batch + s, y); });
}

// The gradient of x (inputs, batch): Wᵀ·upstream.
extern "C" __global__ void __launch_bounds__(THREADS)
dense_input(int outputs, int inputs, int batch, const float *w, const float *upstream, float *y, const __grid_constant__ Finish end) {
    const float factor = normalizing(end.figures);
    product(blockIdx.x, inputs, batch, 0, outputs,
        [=](int i, int o) { return w[o * inputs + i]; },
        [=](int o, int s) { return upstream[o * batch + s]; },
        [&](int i, int s, float sum) { finish(end, factor, sum, i, i * batch + s, y); });
}

// Gradients of several weights and biases, one behind the other. Parts of them, each of `length` numbers, are made from parts
// blockIdx.z of the samples; what lies between two tensors is zero. See gradients() in products.rs.
#define GRADIENTS 16
struct Tensors { int weight, bias; };    // where they begin; bias −1 where there is none

static __device__ void clear_gap(float *to, int length) {
    const int end = (length + 63) / 64 * 64;
    if (length + threadIdx.x < end) to[length + threadIdx.x] = 0;
}

static __device__ void clear_gaps(float *to, const Tensors &at, int weights, int biases) {
    clear_gap(to + at.weight, weights);
    if (at.bias >= 0) clear_gap(to + at.bias, biases);
}

// Of dense layers: W (outputs, inputs) has upstream·xᵀ, the bias the sums of upstream. Layer l has the tiles from first_tile on.
struct DenseGradient { int outputs, inputs, first_tile; Tensors at; const float *x, *upstream; };
struct DenseGradients { int count; DenseGradient layer[GRADIENTS]; };

extern "C" __global__ void __launch_bounds__(THREADS)
dense_weights(const __grid_constant__ DenseGradients layers, int batch, int share, int length, float *parts) {
    int which = 0;
    while (which + 1 < layers.count && blockIdx.x >= layers.layer[which + 1].first_tile) which++;
    const DenseGradient &l = layers.layer[which];
    const int first = blockIdx.z * share, tile = blockIdx.x - l.first_tile, outputs = l.outputs, inputs = l.inputs;
    const float *x = l.x, *upstream = l.upstream;
    float *to = parts + (size_t)blockIdx.z * length, *g = to + l.at.weight;
    if (tile == 0) clear_gaps(to, l.at, outputs * inputs, outputs);
    product(tile, outputs, inputs, first, min(batch, first + share),
        [=](int o, int s) { return upstream[o * batch + s]; },
        [=](int s, int i) { return x[i * batch + s]; },
        [=](int o, int i, float sum) { g[o * inputs + i] = sum; },
        [&](int o, float sum) { if (l.at.bias >= 0) to[l.at.bias + o] = sum; });
}

// As in nn/geometry.rs: an image (channels, height, width), a map (out, out_height, out_width), a weight
// (out, channels·kernel·kernel).
struct Geometry { int channels, height, width, out, out_height, out_width, kernel, stride, padding; };

// The image position that a tap reads for a map position; −1 in the padding.
static __device__ int source(const Geometry &g, int position, int tap) {
    const int row = position / g.out_width * g.stride + tap / g.kernel - g.padding;
    const int column = position % g.out_width * g.stride + tap % g.kernel - g.padding;
    return row >= 0 && row < g.height && column >= 0 && column < g.width ? row * g.width + column : -1;
}

// The map position whose tap reads an image position; −1 where there is none.
static __device__ int reader(const Geometry &g, int position, int tap) {
    const int row = position / g.width + g.padding - tap / g.kernel;
    const int column = position % g.width + g.padding - tap % g.kernel;
    if (row < 0 || column < 0 || row % g.stride || column % g.stride) return -1;
    const int y = row / g.stride, x = column / g.stride;
    return y < g.out_height && x < g.out_width ? y * g.out_width + x : -1;
}

// From the image to the map: map[o][position] = Σ W[o][channel, tap] · image[channel][source].
extern "C" __global__ void __launch_bounds__(THREADS)
image_to_map(const __grid_constant__ Geometry g, int batch, const float *w, const float *image, float *map,
             const __grid_constant__ Finish end) {
    const int taps = g.kernel * g.kernel, places = g.out_height * g.out_width * batch, fan_in = g.channels * taps;
    const int of_channel = g.height * g.width * batch;
    const float factor = normalizing(end.figures);
    product(blockIdx.x, g.out, places, 0, fan_in,
        [=](int o, int k) { return w[o * fan_in + k]; },
        [=](int k, int place) {
            const int from = source(g, place / batch, k % taps);
            return from < 0 ? 0 : image[k / taps * of_channel + from * batch + place % batch];
        },
        [&](int o, int place, float sum) { finish(end, factor, sum, o, o * places + place, map); });
}

// From the map to the image, the adjoint: image[channel][position] = Σ W[o][channel, tap] · map[o][reader].
extern "C" __global__ void __launch_bounds__(THREADS)
map_to_image(const __grid_constant__ Geometry g, int batch, const float *w, const float *map, float *image,
             const __grid_constant__ Finish end) {
    const int taps = g.kernel * g.kernel, places = g.height * g.width * batch, fan_in = g.channels * taps;
    const int of_channel = g.out_height * g.out_width * batch;
    const float factor = normalizing(end.figures);
    product(blockIdx.x, g.channels, places, 0, g.out * taps,
        [=](int c, int k) { return w[k / taps * fan_in + c * taps + k % taps]; },
        [=](int k, int place) {
            const int from = reader(g, place / batch, k % taps);
            return from < 0 ? 0 : map[k / taps * of_channel + from * batch + place % batch];
        },
        [&](int c, int place, float sum) { finish(end, factor, sum, c, c * places + place, image); });
}

// The gradient of W from both ends, over the places (position, sample) of part blockIdx.z, each of `share`:
// W[o][channel, tap] = Σ map[o][position] · image[channel][source]. The bias, where there is one, has the sums of the map.
extern "C" __global__ void __launch_bounds__(THREADS)
convolution_weight(const __grid_constant__ Geometry g, int batch, int share, const float *image, const float *map, Tensors at, int length,
                   float *parts) {
    const int taps = g.kernel * g.kernel, places = g.out_height * g.out_width * batch, fan_in = g.channels * taps;
    const int of_channel = g.height * g.width * batch, first = blockIdx.z * share;
    float *to = parts + (size_t)blockIdx.z * length, *gradient = to + at.weight;
    if (blockIdx.x == 0) clear_gaps(to, at, g.out * fan_in, g.out);
    product(blockIdx.x, g.out, fan_in, first, min(places, first + share),
        [=](int o, int place) { return map[o * places + place]; },
        [=](int place, int k) {
            const int from = source(g, place / batch, k % taps);
            return from < 0 ? 0 : image[k / taps * of_channel + from * batch + place % batch];
        },
        [=](int o, int k, float sum) { gradient[o * fan_in + k] = sum; },
        [&](int o, float sum) { if (at.bias >= 0) to[at.bias + o] = sum; });
}

// The sum of parts of `length` numbers, one after the other.
extern "C" __global__ void __launch_bounds__(THREADS) sum_parts(int length, int count, const float *parts, float *out) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= length) return;
    float sum = 0;
    for (int part = 0; part < count; part++) sum += parts[(size_t)part * length + at];
    out[at] = sum;
}

// The gradient of a bias: the sum of each row of upstream, a block each.
extern "C" __global__ void __launch_bounds__(THREADS) row_sums(int length, const float *x, float *out) {
    __shared__ float scratch[WARPS];
    const float *row = x + (size_t)blockIdx.x * length;
    float sum = 0;
    for (int i = threadIdx.x; i < length; i += THREADS) sum += row[i];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) out[blockIdx.x] = sum;
}
