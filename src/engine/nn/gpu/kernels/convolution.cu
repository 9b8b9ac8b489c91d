// Convolutions as products, see product.cu. Their factors are gathered when they are loaded: there is no matrix of
// patches in memory.

// The geometry of nn/geometry.rs: an image (channels, height, width), a map (out, out_height, out_width), a weight
// (out, channels·kernel·kernel). A place is a pair (position, sample); the samples of a position are contiguous. A tap is
// a position of the kernel.
struct Sizes { int channels, height, width, out, out_height, out_width, kernel, stride, padding; };

// The image as a factor of the map. Indices are places of the map; steps are pairs (channel, tap).
struct Patches {
    static constexpr Order order = ACROSS;
    const Sizes &g;
    const float *image;
    int batch, row0 = 0, column0 = 0, row = 0, column = 0;
    __device__ Patches(const Sizes &g, const float *image, int batch) : g(g), image(image), batch(batch) {}
    __device__ void start(int place, int step) {
        const int position = place / batch, taps = g.kernel * g.kernel, tap = step % taps;
        row0 = position / g.out_width * g.stride - g.padding;
        column0 = position % g.out_width * g.stride - g.padding;
        row = tap / g.kernel;
        column = tap % g.kernel;
        image += step / taps * g.height * g.width * batch + place % batch;
    }
    __device__ float operator()() const {
        const int y = row0 + row, x = column0 + column;
        return y >= 0 && y < g.height && x >= 0 && x < g.width ? image[(y * g.width + x) * batch] : 0;
    }
    __device__ void next() {
        for (column += STRIDE; column >= g.kernel; column -= g.kernel)
            if (++row == g.kernel) {
                row = 0;
                image += g.height * g.width * batch;
            }
    }
};

// The map of an image: map[o][position] = Σ W[o][channel, tap] · image[channel][position that the tap reads], then the
// epilogue. A block computes a tile of the map (out, places). M = out, N = places of the map, K = channels·kernel·kernel.
// Minimum: 2·M·N·K operations, padding included; 4·(M·K + channels·height·width·batch + M·N) bytes, and the epilogue's.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
image_to_map(const __grid_constant__ Sizes g, int batch, const float *w, const float *image, float *map,
             const __grid_constant__ ProductEpilogue epilogue) {
    const int places = g.out_height * g.out_width * batch, fan_in = g.channels * g.kernel * g.kernel;
    const float factor = normalization_factor(epilogue.figures);
    product(blockIdx.x, g.out, places, 0, fan_in, RowMajor(w, fan_in), Patches(g, image, batch),
        [&](int o, int place, float sum) { store(epilogue, factor, sum, o, o * places + place, map); });
}

// One phase of the image's rows or columns: those at `image_start`, image_start + stride, …, `size` in all. One set of
// taps reads all of them: first_tap, first_tap + stride, …, `taps` in all. For image_start, the first of these taps
// belongs to map position `map_start`, and each next tap to the position before. If the stride is larger than the kernel,
// no tap reads some phases: then `is_read` is false, `taps` is 1, and the sums have no steps.
struct Phase {
    int size, taps, first_tap, map_start, image_start;
    bool is_read;
    __device__ Phase(int phase, int length, int kernel, int stride, int padding) : image_start(phase) {
        size = phase < length ? (length - phase + stride - 1) / stride : 0;
        first_tap = (phase + padding) % stride;
        is_read = first_tap < kernel;
        taps = is_read ? (kernel - first_tap + stride - 1) / stride : 1;
        map_start = (phase + padding - first_tap) / stride;
    }
};

// The weight as a factor of a phase of the image. Indices are channels; steps are pairs (o, tap of the phase).
struct PhaseWeight {
    static constexpr Order order = ALONG;
    const Sizes &g;
    const Phase &rows, &columns;
    const float *w, *own = nullptr;
    int channels[LOADS];
    __device__ PhaseWeight(const Sizes &g, const Phase &rows, const Phase &columns, const float *w)
        : g(g), rows(rows), columns(columns), w(w) {}
    __device__ void set_index(int slot, int channel) { channels[slot] = channel * g.kernel * g.kernel; }
    __device__ void set_step(int step) {
        const int taps = rows.taps * columns.taps, tap = step % taps;
        const int row = rows.first_tap + tap / columns.taps * g.stride, column = columns.first_tap + tap % columns.taps * g.stride;
        own = w + step / taps * g.channels * g.kernel * g.kernel + row * g.kernel + column;
    }
    __device__ float operator()(int slot) const { return own[channels[slot]]; }
};

// The map as a factor of a phase of the image. Indices are places of the phase; steps are pairs (o, tap of the phase).
struct PhaseMap {
    static constexpr Order order = ACROSS;
    const Sizes &g;
    const Phase &rows, &columns;
    const float *map;
    int batch, row0 = 0, column0 = 0, row = 0, column = 0;
    __device__ PhaseMap(const Sizes &g, const Phase &rows, const Phase &columns, const float *map, int batch)
        : g(g), rows(rows), columns(columns), map(map), batch(batch) {}
    __device__ void start(int place, int step) {
        const int position = place / batch, taps = rows.taps * columns.taps, tap = step % taps;
        row0 = rows.map_start + position / columns.size;
        column0 = columns.map_start + position % columns.size;
        row = tap / columns.taps;
        column = tap % columns.taps;
        map += step / taps * g.out_height * g.out_width * batch + place % batch;
    }
    __device__ float operator()() const {
        const int y = row0 - row, x = column0 - column;
        return y >= 0 && y < g.out_height && x >= 0 && x < g.out_width ? map[(y * g.out_width + x) * batch] : 0;
    }
    __device__ void next() {
        for (column += STRIDE; column >= columns.taps; column -= columns.taps)
            if (++row == rows.taps) {
                row = 0;
                map += g.out_height * g.out_width * batch;
            }
    }
};

// The image of a map, the adjoint of image_to_map: image[channel][position] = Σ W[o][channel, tap] · map[o][position whose
// tap reads it], then the epilogue. Block (tile, 0, phase) computes a tile of one phase's image positions (channels,
// places). M = channels, N = places of the phase, K = out · taps of the phase. Minimum: 2·M·N·K operations for each phase;
// for all phases together 4 bytes for each value of W, map and image, and the epilogue's.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
map_to_image(const __grid_constant__ Sizes g, int batch, const float *w, const float *map, float *image,
             const __grid_constant__ ProductEpilogue epilogue) {
    const Phase rows(blockIdx.z / g.stride, g.height, g.kernel, g.stride, g.padding);
    const Phase columns(blockIdx.z % g.stride, g.width, g.kernel, g.stride, g.padding);
    const int places = rows.size * columns.size * batch, taps = rows.taps * columns.taps;
    // The grid has as many tiles as the largest phase.
    if (blockIdx.x >= (g.channels + TILE - 1) / TILE * ((places + TILE - 1) / TILE)) return;
    const float factor = normalization_factor(epilogue.figures);
    const int steps = rows.is_read && columns.is_read ? g.out * taps : 0;
    product(blockIdx.x, g.channels, places, 0, steps, PhaseWeight(g, rows, columns, w), PhaseMap(g, rows, columns, map, batch),
        [&](int channel, int place, float sum) {
            const int position = place / batch, row = rows.image_start + position / columns.size * g.stride;
            const int at = (channel * g.height + row) * g.width + columns.image_start + position % columns.size * g.stride;
            store(epilogue, factor, sum, channel, at * batch + place % batch, image);
        });
}

// The image as a factor of the weight's gradient. Indices are pairs (channel, tap); steps are places of the map.
struct TransposedPatches {
    static constexpr Order order = ALONG;
    const Sizes &g;
    const float *image, *own = nullptr;
    int batch, row0 = 0, column0 = 0;
    // For each index: row and column of its tap, and the offset from `own` of what it reads.
    int taps[LOADS], from[LOADS];
    __device__ TransposedPatches(const Sizes &g, const float *image, int batch) : g(g), image(image), batch(batch) {}
    __device__ void set_index(int slot, int index) {
        const int all = g.kernel * g.kernel, row = index % all / g.kernel, column = index % g.kernel;
        taps[slot] = row << 16 | column;
        from[slot] = ((index / all * g.height + row) * g.width + column) * batch;
    }
    __device__ void set_step(int place) {
        const int position = place / batch;
        row0 = position / g.out_width * g.stride - g.padding;
        column0 = position % g.out_width * g.stride - g.padding;
        own = image + (row0 * g.width + column0) * batch + place % batch;
    }
    __device__ float operator()(int slot) const {
        const int y = row0 + (taps[slot] >> 16), x = column0 + (taps[slot] & 0xffff);
        return y >= 0 && y < g.height && x >= 0 && x < g.width ? own[from[slot]] : 0;
    }
};

// The gradient of a convolution's weight: gradient[o][channel, tap] = Σ map[o][place] · image[channel][place that the tap
// reads], and of its bias, if it has one: the sums of the map's rows. Block (tile, 0, part) computes a tile of
// (out, channels·kernel·kernel) from the `share` places of one part; sum_parts adds the parts. M = out,
// N = channels·kernel·kernel, K = places. Minimum: 2·M·N·K operations; 4·(M·K + channels·height·width·batch + parts·M·N)
// bytes, and 4·parts·M bytes for a bias.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
convolution_weight(const __grid_constant__ Sizes g, int batch, int share, const float *image, const float *map, Tensors at, int length,
                   float *parts) {
    const int places = g.out_height * g.out_width * batch, fan_in = g.channels * g.kernel * g.kernel, first = blockIdx.z * share;
    float *to = parts + (size_t)blockIdx.z * length, *gradient = to + at.weight;
    if (blockIdx.x == 0) clear_gaps(to, at, g.out * fan_in, g.out);
    product(blockIdx.x, g.out, fan_in, first, first + min(share, places - first), RowMajor(map, places),
        TransposedPatches(g, image, batch),
        [=](int o, int k, float sum) { gradient[o * fan_in + k] = sum; }, BiasGradient(to, at));
}

// out (length) = the sum of parts (count, length) over the parts, in order. A thread computes one value. Minimum:
// 4·(count + 1)·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS) sum_parts(int length, int count, const float *parts, float *out) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= length) return;
    float sum = 0;
    for (int part = 0; part < count; part++) sum += parts[(size_t)part * length + at];
    out[at] = sum;
}

// The sum of each row of x (channels, length): with the upstream gradient as x, the gradient of a transposed convolution's
// bias. A block sums a row: a thread sums every THREADS-th value, then come the sums over warps and over the block.
// Minimum: 4·channels·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS) row_sums(int length, const float *x, float *out) {
    __shared__ float scratch[WARPS];
    const float *row = x + (size_t)blockIdx.x * length;
    float sum = 0;
    for (int i = threadIdx.x; i < length; i += THREADS) sum += row[i];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) out[blockIdx.x] = sum;
}
