// Matrix products in tiles.
//
// A product (M, N) over K steps is out[m][n] = Σ left(m, step) · right(step, n), a sum over K steps. The first index of a
// factor belongs to its M rows or N columns, the other one is the step.
//
// A block of PRODUCT_THREADS threads computes a tile of TILE × TILE sums, SUMS in each thread. It adds DEPTH steps at a
// time: the values of both factors for these steps are in shared memory, and the next ones are being loaded to registers.
// Without TF32 one thread computes a sum, step by step. Minimum: 2·M·N·K operations; 4·(M·K + K·N + M·N) bytes. The left
// factor is read N/TILE times and the right one M/TILE times, mostly from the cache. The epilogue also reads M biases,
// M·N outputs for f′, and M·N accumulated values, as far as it has them.
//
// With TF32 a warp computes its sums on tensor cores. Factors are rounded to ten bits of mantissa. Sums are in single
// precision, eight steps at a time, in the hardware's order. Gradients of biases are never rounded.

// TILE and PRODUCT_THREADS are as in products.rs.
#define TILE 64
#define DEPTH 16
#define PRODUCT_THREADS 128
#define LOADS (TILE * DEPTH / PRODUCT_THREADS)    // values of a factor that a thread loads for DEPTH steps
#define SUMS (TILE * TILE / PRODUCT_THREADS)
#ifdef TF32
#define PITCH (TILE + 8)                // reads of a warp have no bank conflicts
#else
#define PITCH (TILE + 4)                // rows start at multiples of 16 bytes
#endif

// The last operations on a sum: f(factor·sum + bias[row]), then `gradient`. `bias` may be null. The factor is gain/σ from
// `figures`.
struct ProductEpilogue { const float *bias, *figures; Function activation; GradientEpilogue gradient; };

static __device__ float apply(const ProductEpilogue &e, float factor, float sum, int row, int at) {
    const float z = factor * sum + (e.bias ? e.bias[row] : 0);
    return apply(e.gradient, activate(e.activation, z), at);
}

static __device__ void store(const ProductEpilogue &e, float factor, float sum, int row, int at, float *y) {
    y[at] = apply(e, factor, sum, row, at);
}

// How a block reads a factor.
// ALONG: neighbouring threads read neighbouring steps of one index. A thread calls set_index(slot, index) for each of its
// LOADS indices. Then, for each DEPTH steps, it calls set_step(step), and (slot) reads the value of each index.
// ACROSS: neighbouring threads read neighbouring indices of one step. A thread calls start(index, step) once. Then ()
// reads a value, and next() advances by STRIDE steps.
enum Order { ALONG, ACROSS };
#define STRIDE (PRODUCT_THREADS / TILE)

// A thread's part of loading a factor with `size` indices. The block loads TILE of them, starting at `from`.
template <typename Factor> struct Loader {
    Factor factor;
    int from, size, step;
    bool inside;
    float loaded[LOADS];

    __device__ Loader(const Factor &given, int from, int size, int first) : factor(given), from(from), size(size) {
        if constexpr (Factor::order == ACROSS) {
            const int index = from + threadIdx.x % TILE;
            step = first + threadIdx.x / TILE;
            inside = index < size;
            factor.start(inside ? index : 0, step);
        } else {
            for (int j = 0; j < LOADS; j++) factor.set_index(j, index_of(j));
        }
    }

    __device__ int index_of(int slot) const { return from + threadIdx.x / DEPTH + PRODUCT_THREADS / DEPTH * slot; }

    // Loads DEPTH steps from `first` on to registers. Steps from `end` on are zeros.
    __device__ void load(int first, int end) {
        if constexpr (Factor::order == ACROSS) {
            for (int j = 0; j < LOADS; j++, step += STRIDE, factor.next()) loaded[j] = inside && step < end ? factor() : 0;
        } else {
            const int own = first + threadIdx.x % DEPTH;
            if (own < end) factor.set_step(own);
            for (int j = 0; j < LOADS; j++) loaded[j] = own < end && index_of(j) < size ? factor(j) : 0;
        }
    }

    // Copies the loaded values to shared memory.
    __device__ void store(float (*to)[PITCH]) const {
        for (int j = 0; j < LOADS; j++) {
            if constexpr (Factor::order == ACROSS) to[threadIdx.x / TILE + STRIDE * j][threadIdx.x % TILE] = loaded[j];
            else to[threadIdx.x % DEPTH][threadIdx.x / DEPTH + PRODUCT_THREADS / DEPTH * j] = loaded[j];
        }
    }
};

#ifdef TF32
// A warp computes 32 × 32 sums as 2 × 4 tiles of mma.m16n8k8. These are row and column of sum i of a thread.
static __device__ int row_of(int i) { return threadIdx.x / 64 * 32 + i / 16 * 16 + i / 2 % 2 * 8 + threadIdx.x % 32 / 4; }
static __device__ int column_of(int i) { return threadIdx.x / 32 % 2 * 32 + i / 4 % 4 * 8 + threadIdx.x % 4 * 2 + i % 2; }

// x rounded to TF32 (ten bits of mantissa), ties away from zero like cvt.rna.tf32. NaN stays NaN.
static __device__ unsigned rounded(float x) {
    return isnan(x) ? 0x7fc00000u : (__float_as_uint(x) + 0x1000u) & ~0x1fffu;
}

static __device__ void add_steps(const float (*a)[PITCH], const float (*b)[PITCH], float *sums) {
#ifdef __CUDACC__
    const int group = threadIdx.x % 32 / 4, lane = threadIdx.x % 4;
    const int row = threadIdx.x / 64 * 32 + group, column = threadIdx.x / 32 % 2 * 32 + group;
    for (int k0 = 0; k0 < DEPTH; k0 += 8) {
        const int k = k0 + lane;
        unsigned x[2][4], y[4][2];
        for (int m = 0; m < 2; m++)
            for (int e = 0; e < 4; e++) x[m][e] = rounded(a[k + e / 2 * 4][row + m * 16 + e % 2 * 8]);
        for (int n = 0; n < 4; n++)
            for (int e = 0; e < 2; e++) y[n][e] = rounded(b[k + e * 4][column + n * 8]);
        for (int m = 0; m < 2; m++)
            for (int n = 0; n < 4; n++) {
                float *c = sums + (m * 4 + n) * 4;
                asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                    : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                    : "r"(x[m][0]), "r"(x[m][1]), "r"(x[m][2]), "r"(x[m][3]), "r"(y[n][0]), "r"(y[n][1]));
            }
    }
#else
    for (int k = 0; k < DEPTH; k++)
        for (int i = 0; i < SUMS; i++)
            sums[i] = fmaf(__uint_as_float(rounded(a[k][row_of(i)])), __uint_as_float(rounded(b[k][column_of(i)])), sums[i]);
#endif
}
#else
// A thread computes 8 × 4 sums: adjacent rows, and columns 16 apart, so that neighbouring threads write neighbouring
// values. These are row and column of sum i of a thread.
static __device__ int row_of(int i) { return threadIdx.x / 16 * 8 + i / 4; }
static __device__ int column_of(int i) { return threadIdx.x % 16 + i % 4 * 16; }

static __device__ void add_steps(const float (*a)[PITCH], const float (*b)[PITCH], float *sums) {
    for (int k = 0; k < DEPTH; k++) {
        const float4 x = *(const float4 *)&a[k][row_of(0)], z = *(const float4 *)&a[k][row_of(0) + 4];
        const float left[8] = {x.x, x.y, x.z, x.w, z.x, z.y, z.z, z.w};
        float right[4];
        for (int j = 0; j < 4; j++) right[j] = b[k][column_of(j)];
        for (int i = 0; i < SUMS; i++) sums[i] = fmaf(left[i / 4], right[i % 4], sums[i]);
    }
}
#endif

// For products that need no sums of the left factor's rows.
struct NoRowSums {
    static constexpr bool is_wanted = false;
    __device__ void operator()(int, float) const {}
};

// Computes tile `tile` of a product (rows, columns) over the steps first..end. Calls on_sum(row, column, sum) for each
// sum. If OnRowSum::is_wanted, calls on_row_sum(row, sum) with the sum of each row of the left factor.
template <typename Left, typename Right, typename OnSum, typename OnRowSum = NoRowSums>
static __device__ void product(int tile, int rows, int columns, int first, int end, const Left &left_factor, const Right &right_factor,
                               const OnSum &on_sum, const OnRowSum &on_row_sum = OnRowSum()) {
    __shared__ __align__(16) float a[DEPTH][PITCH], b[DEPTH][PITCH];
    // All tiles are in the grid's x dimension, because the others are limited to 65,535.
    const int tile_columns = (columns + TILE - 1) / TILE;
    const int row0 = tile / tile_columns * TILE, column0 = tile % tile_columns * TILE;
    const bool sums_rows = OnRowSum::is_wanted && column0 == 0 && threadIdx.x < TILE;
    Loader<Left> left(left_factor, row0, rows, first);
    Loader<Right> right(right_factor, column0, columns, first);
    float sums[SUMS] = {}, row_sum = 0;
    left.load(first, end);
    right.load(first, end);
    for (int step = first; step < end; step += DEPTH) {
        __syncthreads();
        left.store(a);
        right.store(b);
        __syncthreads();
        if (step + DEPTH < end) {
            left.load(step + DEPTH, end);
            right.load(step + DEPTH, end);
        }
        if (sums_rows)
            for (int k = 0; k < DEPTH; k++) row_sum += a[k][threadIdx.x];
        add_steps(a, b, sums);
    }
    // Unrolled to keep the sums in registers.
    UNROLLED
    for (int i = 0; i < SUMS; i++) {
        const int row = row0 + row_of(i), column = column0 + column_of(i);
        if (row < rows && column < columns) on_sum(row, column, sums[i]);
    }
    if (sums_rows && row0 + threadIdx.x < rows) on_row_sum(row0 + threadIdx.x, row_sum);
}

// A factor stored as a row-major matrix (indices, steps).
struct RowMajor {
    static constexpr Order order = ALONG;
    const float *x, *own;
    int width, rows[LOADS];
    __device__ RowMajor(const float *x, int width) : x(x), own(x), width(width) {}
    __device__ void set_index(int slot, int index) { rows[slot] = index * width; }
    __device__ void set_step(int step) { own = x + step; }
    __device__ float operator()(int slot) const { return own[rows[slot]]; }
};

// A factor stored as a row-major matrix (steps, indices).
struct ColumnMajor {
    static constexpr Order order = ACROSS;
    const float *x;
    int width, at = 0;
    __device__ ColumnMajor(const float *x, int width) : x(x), width(width) {}
    __device__ void start(int index, int step) { at = step * width + index; }
    __device__ float operator()() const { return x[at]; }
    __device__ void next() { at += STRIDE * width; }
};

// The output of a dense layer, y (outputs, batch) = epilogue(W x), from W (outputs, inputs) and x (inputs, batch). A block
// computes a tile of y. M = outputs, N = batch, K = inputs.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
dense_forward(int outputs, int inputs, int batch, const float *w, const float *x, float *y,
              const __grid_constant__ ProductEpilogue epilogue) {
    const float factor = normalization_factor(epilogue.figures);
    product(blockIdx.x, outputs, batch, 0, inputs, RowMajor(w, inputs), ColumnMajor(x, batch),
        [&](int o, int s, float sum) { store(epilogue, factor, sum, o, o * batch + s, y); });
}

// The gradient of a dense layer's input, y (inputs, batch) = epilogue(Wᵀ upstream), from W (outputs, inputs) and upstream
// (outputs, batch). A block computes a tile of y. M = inputs, N = batch, K = outputs.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
dense_input(int outputs, int inputs, int batch, const float *w, const float *upstream, float *y,
            const __grid_constant__ ProductEpilogue epilogue) {
    const float factor = normalization_factor(epilogue.figures);
    product(blockIdx.x, inputs, batch, 0, outputs, ColumnMajor(w, inputs), ColumnMajor(upstream, batch),
        [&](int i, int s, float sum) { store(epilogue, factor, sum, i, i * batch + s, y); });
}

// The most dense layers of a launch, as in arguments/dense.rs.
#define MAX_DENSE_LAYERS 16

// Gradients of weights and biases are contiguous and have `length` values, with zeros in the gaps between tensors. They
// are summed from parts of that length, see gradients.rs: part blockIdx.z is the sum over `share` of the steps.

// Offsets of a layer's gradients in a part. `bias` is −1 if there is none.
struct Tensors { int weight, bias; };

// Clears the gap behind a tensor. Tensors start at multiples of 64 values, as in nn/memory.rs.
static __device__ void clear_gap(float *to, int length) {
    const int end = (length + 63) / 64 * 64;
    if (length + threadIdx.x < end) to[length + threadIdx.x] = 0;
}

static __device__ void clear_gaps(float *to, const Tensors &at, int weights, int biases) {
    clear_gap(to + at.weight, weights);
    if (at.bias >= 0) clear_gap(to + at.bias, biases);
}

// Writes the sums of rows as the gradient of the bias.
struct BiasGradient {
    static constexpr bool is_wanted = true;
    float *to;
    __device__ BiasGradient(float *to, const Tensors &at) : to(at.bias < 0 ? nullptr : to + at.bias) {}
    __device__ void operator()(int row, float sum) const { if (to) to[row] = sum; }
};

// A dense layer with x (inputs, batch) and upstream (outputs, batch). Its tiles start at first_tile.
struct DenseGradient { int outputs, inputs, first_tile; Tensors at; const float *x, *upstream; };
struct DenseGradients { int count; DenseGradient layer[MAX_DENSE_LAYERS]; };

// The gradients of several dense layers: upstream·xᵀ (outputs, inputs) for a weight, the sums of upstream's rows for a
// bias. Block (tile, 0, part) computes a tile of one layer's weight from the samples of one part. Blocks in a layer's
// first column of tiles also compute the gradient of the bias. For a layer M = outputs, N = inputs, K = batch. Minimum:
// 2·M·N·K operations; 4·((M + N)·K + parts·M·N) bytes, and 4·parts·M bytes for a bias.

extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
dense_weights(const __grid_constant__ DenseGradients layers, int batch, int share, int length, float *parts) {
    int index = 0;
    while (index + 1 < layers.count && blockIdx.x >= layers.layer[index + 1].first_tile) index++;
    const DenseGradient &l = layers.layer[index];
    const int first = blockIdx.z * share, tile = blockIdx.x - l.first_tile, inputs = l.inputs;
    float *to = parts + (size_t)blockIdx.z * length, *g = to + l.at.weight;
    if (tile == 0) clear_gaps(to, l.at, l.outputs * inputs, l.outputs);
    product(tile, l.outputs, inputs, first, first + min(share, batch - first), RowMajor(l.upstream, batch), RowMajor(l.x, batch),
        [=](int o, int i, float sum) { g[o * inputs + i] = sum; }, BiasGradient(to, l.at));
}
