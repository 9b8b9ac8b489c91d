// Matrix products in tiles.
//
// A block of PRODUCT_THREADS threads makes TILE × TILE sums, a thread SUMS of them. It goes through the steps DEPTH at a time: both
// factors of these steps stand in shared memory, and the next ones are on their way in registers. Without TF32 one thread makes
// each sum, step after step. Floor of a product (M, N) over K steps: 2·M·N·K operations, and M·K + K·N + M·N numbers of four
// bytes where each is moved once; the left factor is read N/TILE times, the right one M/TILE times, mostly from the cache.
// What `end` reads comes on top: M biases, and M·N numbers each for f′ and for what is present.
//
// With TF32 a warp makes the sums on tensor cores: factors are rounded to ten bits of mantissa, sums are in single precision,
// eight steps at a time, in the card's own order. Sums of biases are never rounded.

#define TILE 64
#define DEPTH 16
#define PRODUCT_THREADS 128
#define LOADS (TILE * DEPTH / PRODUCT_THREADS)    // numbers of a factor that a thread brings for DEPTH steps
#define SUMS (TILE * TILE / PRODUCT_THREADS)
#ifdef TF32
#define PITCH (TILE + 8)                // the threads of a warp meet no bank twice when they read
#else
#define PITCH (TILE + 4)                // rows begin at multiples of 16 bytes
#endif

// y = f(factor·sum + bias of the row), then what is below: see Below. No bias where it is null.
struct Finish { const float *bias, *figures; Function f; Below below; };

static __device__ float finished(const Finish &finish, float factor, float sum, int row, int at) {
    const float z = factor * sum + (finish.bias ? finish.bias[row] : 0);
    return below(finish.below, activate(finish.f, z), at);
}

static __device__ void finish(const Finish &finish, float factor, float sum, int row, int at, float *y) {
    y[at] = finished(finish, factor, sum, row, at);
}

// How a block reads a factor. ALONG: neighbouring threads read neighbouring steps of one index. of(slot, index) is called once
// for each of LOADS indices; then, for each DEPTH steps, at(step) once and (slot) for each index. ACROSS: neighbouring threads
// read neighbouring indices of one step. of(index, step) is called once; then () reads a number, and next() goes STRIDE steps on.
enum Order { ALONG, ACROSS };
#define STRIDE (PRODUCT_THREADS / TILE)

// What a thread brings of a factor of `size` indices, of which the block takes those from `from` on.
template <typename Factor> struct Bringer {
    Factor factor;
    int from, size, step;
    bool inside;
    float kept[LOADS];

    __device__ Bringer(const Factor &given, int from, int size, int first) : factor(given), from(from), size(size) {
        if constexpr (Factor::order == ACROSS) {
            const int index = from + threadIdx.x % TILE;
            step = first + threadIdx.x / TILE;
            inside = index < size;
            factor.of(inside ? index : 0, step);
        } else {
            for (int j = 0; j < LOADS; j++) factor.of(j, index_of(j));
        }
    }

    __device__ int index_of(int slot) const { return from + threadIdx.x / DEPTH + PRODUCT_THREADS / DEPTH * slot; }

    // Those of the steps from `first` on; zeros from `end` on.
    __device__ void bring(int first, int end) {
        if constexpr (Factor::order == ACROSS) {
            for (int j = 0; j < LOADS; j++, step += STRIDE, factor.next()) kept[j] = inside && step < end ? factor() : 0;
        } else {
            const int own = first + threadIdx.x % DEPTH;
            if (own < end) factor.at(own);
            for (int j = 0; j < LOADS; j++) kept[j] = own < end && index_of(j) < size ? factor(j) : 0;
        }
    }

    __device__ void put(float (*to)[PITCH]) const {
        for (int j = 0; j < LOADS; j++) {
            if constexpr (Factor::order == ACROSS) to[threadIdx.x / TILE + STRIDE * j][threadIdx.x % TILE] = kept[j];
            else to[threadIdx.x % DEPTH][threadIdx.x / DEPTH + PRODUCT_THREADS / DEPTH * j] = kept[j];
        }
    }
};

#ifdef TF32
// A warp makes 32 × 32 sums as 2 × 4 products of mma.m16n8k8, which deals them out like this.
static __device__ int row_of(int i) { return threadIdx.x / 64 * 32 + i / 16 * 16 + i / 2 % 2 * 8 + threadIdx.x % 32 / 4; }
static __device__ int column_of(int i) { return threadIdx.x / 32 % 2 * 32 + i / 4 % 4 * 8 + threadIdx.x % 4 * 2 + i % 2; }

// Rounded to the ten bits of mantissa that a tensor core takes, ties away from zero as cvt.rna.tf32 does; a NaN stays one.
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
// A thread makes 8 × 4 sums: rows that follow each other, columns 16 apart, so that threads write beside each other.
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

// Nothing is asked of the rows.
struct NoRows {
    static constexpr bool wanted = false;
    __device__ void operator()(int, float) const {}
};

// out[row][column] = Σ left(row, step) · right(step, column) over the steps from `first` on, up to `end`, of tile `tile` of
// (rows, columns); `done` gets each, and `of_row` the sum of each row of the left factor, where it is wanted.
template <typename Left, typename Right, typename Done, typename OfRow = NoRows>
static __device__ void product(int tile, int rows, int columns, int first, int end, const Left &left_factor, const Right &right_factor,
                               const Done &done, const OfRow &of_row = OfRow()) {
    __shared__ __align__(16) float a[DEPTH][PITCH], b[DEPTH][PITCH];
    // Tiles stand in one row of blocks, whose other dimensions are bounded by 65,535.
    const int across = (columns + TILE - 1) / TILE;
    const int row0 = tile / across * TILE, column0 = tile % across * TILE;
    const bool sums_row = OfRow::wanted && column0 == 0 && threadIdx.x < TILE;
    Bringer<Left> left(left_factor, row0, rows, first);
    Bringer<Right> right(right_factor, column0, columns, first);
    float sums[SUMS] = {}, of_left = 0;
    left.bring(first, end);
    right.bring(first, end);
    for (int step = first; step < end; step += DEPTH) {
        __syncthreads();
        left.put(a);
        right.put(b);
        __syncthreads();
        if (step + DEPTH < end) {
            left.bring(step + DEPTH, end);
            right.bring(step + DEPTH, end);
        }
        if (sums_row)
            for (int k = 0; k < DEPTH; k++) of_left += a[k][threadIdx.x];
        add_steps(a, b, sums);
    }
    // Unrolled, so that sums stay in registers.
    UNROLLED
    for (int i = 0; i < SUMS; i++) {
        const int row = row0 + row_of(i), column = column0 + column_of(i);
        if (row < rows && column < columns) done(row, column, sums[i]);
    }
    if (sums_row && row0 + threadIdx.x < rows) of_row(row0 + threadIdx.x, of_left);
}

// A matrix (indices, steps), row after row.
struct RowMajor {
    static constexpr Order order = ALONG;
    const float *x, *own;
    int width, rows[LOADS];
    __device__ RowMajor(const float *x, int width) : x(x), own(x), width(width) {}
    __device__ void of(int slot, int index) { rows[slot] = index * width; }
    __device__ void at(int step) { own = x + step; }
    __device__ float operator()(int slot) const { return own[rows[slot]]; }
};

// A matrix (steps, indices), row after row.
struct ColumnMajor {
    static constexpr Order order = ACROSS;
    const float *x;
    int width, at = 0;
    __device__ ColumnMajor(const float *x, int width) : x(x), width(width) {}
    __device__ void of(int index, int step) { at = step * width + index; }
    __device__ float operator()() const { return x[at]; }
    __device__ void next() { at += STRIDE * width; }
};

// y (outputs, batch) = W x, W (outputs, inputs), x (inputs, batch): M outputs, N samples, K inputs. A block makes one tile of y.
// Sums and floor: as above.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
dense_forward(int outputs, int inputs, int batch, const float *w, const float *x, float *y, const __grid_constant__ Finish end) {
    const float factor = normalizing(end.figures);
    product(blockIdx.x, outputs, batch, 0, inputs, RowMajor(w, inputs), ColumnMajor(x, batch),
        [&](int o, int s, float sum) { finish(end, factor, sum, o, o * batch + s, y); });
}

// The gradient of x (inputs, batch): Wᵀ·upstream with W (outputs, inputs), upstream (outputs, batch): M inputs, N samples, K
// outputs.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
dense_input(int outputs, int inputs, int batch, const float *w, const float *upstream, float *y, const __grid_constant__ Finish end) {
    const float factor = normalizing(end.figures);
    product(blockIdx.x, inputs, batch, 0, outputs, ColumnMajor(w, inputs), ColumnMajor(upstream, batch),
        [&](int i, int s, float sum) { finish(end, factor, sum, i, i * batch + s, y); });
}

// Gradients of several weights and biases, one behind the other. Parts of them, each of `length` numbers, are made from parts
// blockIdx.z of the samples; what lies between two tensors is zero. See gradients.rs.
#define GRADIENTS 16
struct Tensors { int weight, bias; };    // where they begin, counted from the start of a part; bias −1 where there is none

// Tensors begin at multiples of 64 numbers, as in nn/memory.rs.
static __device__ void clear_gap(float *to, int length) {
    const int end = (length + 63) / 64 * 64;
    if (length + threadIdx.x < end) to[length + threadIdx.x] = 0;
}

static __device__ void clear_gaps(float *to, const Tensors &at, int weights, int biases) {
    clear_gap(to + at.weight, weights);
    if (at.bias >= 0) clear_gap(to + at.bias, biases);
}

struct Bias {
    static constexpr bool wanted = true;
    float *to;
    __device__ Bias(float *to, const Tensors &at) : to(at.bias < 0 ? nullptr : to + at.bias) {}
    __device__ void operator()(int row, float sum) const { if (to) to[row] = sum; }
};

// Gradients of dense layers: of W (outputs, inputs) upstream·xᵀ, of the bias the sums of upstream: M outputs, N inputs, K samples.
// x is (inputs, batch), upstream (outputs, batch). The blocks of a layer's first column of tiles also sum the bias. Layer l
// has the tiles from first_tile on. Block (tile, part): one tile of one layer over the samples of one part. Floor of a layer:
// 2·M·N·K operations; 4·((M + N)·K + parts·M·(N + 1)) bytes, the 1 where there is a bias.
struct DenseGradient { int outputs, inputs, first_tile; Tensors at; const float *x, *upstream; };
struct DenseGradients { int count; DenseGradient layer[GRADIENTS]; };

extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
dense_weights(const __grid_constant__ DenseGradients layers, int batch, int share, int length, float *parts) {
    int which = 0;
    while (which + 1 < layers.count && blockIdx.x >= layers.layer[which + 1].first_tile) which++;
    const DenseGradient &l = layers.layer[which];
    const int first = blockIdx.z * share, tile = blockIdx.x - l.first_tile, inputs = l.inputs;
    float *to = parts + (size_t)blockIdx.z * length, *g = to + l.at.weight;
    if (tile == 0) clear_gaps(to, l.at, l.outputs * inputs, l.outputs);
    product(tile, l.outputs, inputs, first, first + min(share, batch - first), RowMajor(l.upstream, batch), RowMajor(l.x, batch),
        [=](int o, int i, float sum) { g[o * inputs + i] = sum; }, Bias(to, l.at));
}
