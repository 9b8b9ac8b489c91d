// Convolutions as products of product.cu, whose factors are gathered where they are needed: no matrix of patches stands in
// memory.

// As in nn/geometry.rs: an image (channels, height, width), a map (out, out_height, out_width), a weight
// (out, channels·kernel·kernel). Places are (position, sample), the samples of a position side by side.
struct Sizes { int channels, height, width, out, out_height, out_width, kernel, stride, padding; };

// The image as the map reads it: indices are places of the map, steps (channel, tap).
struct Patches {
    static constexpr Order order = ACROSS;
    const Sizes &g;
    const float *image;
    int batch, row0 = 0, column0 = 0, row = 0, column = 0;
    __device__ Patches(const Sizes &g, const float *image, int batch) : g(g), image(image), batch(batch) {}
    __device__ void of(int place, int step) {
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

// From the image to the map: map[o][position] = Σ W[o][channel, tap] · image[channel][what the tap reads]: M out, N places of the
// map, K channels·taps. Floor: 2·M·N·K operations, products with padding included; 4·(M·K + channels·height·width·batch + M·N)
// bytes, and what `end` reads.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
image_to_map(const __grid_constant__ Sizes g, int batch, const float *w, const float *image, float *map,
             const __grid_constant__ Finish end) {
    const int places = g.out_height * g.out_width * batch, fan_in = g.channels * g.kernel * g.kernel;
    const float factor = normalizing(end.figures);
    product(blockIdx.x, g.out, places, 0, fan_in, RowMajor(w, fan_in), Patches(g, image, batch),
        [&](int o, int place, float sum) { finish(end, factor, sum, o, o * places + place, map); });
}

// Image positions of one phase (row and column modulo the stride): all are read by the same taps. Those of its first position
// are the taps from `tap` on, every stride-th, `taps` of them, and the map positions from `reader` on downwards. Where the
// stride is larger than the kernel nobody reads some phases: `taps` is then 1, and no steps are summed.
struct Phase {
    int size, taps, tap, reader, start;
    bool is_read;
    __device__ Phase(int phase, int length, int kernel, int stride, int padding) : start(phase) {
        size = phase < length ? (length - phase + stride - 1) / stride : 0;
        tap = (phase + padding) % stride;
        is_read = tap < kernel;
        taps = is_read ? (kernel - tap + stride - 1) / stride : 1;
        reader = (phase + padding - tap) / stride;
    }
};

// The weight as the image reads it: indices are channels, steps (o, tap of the phase).
struct Taps {
    static constexpr Order order = ALONG;
    const Sizes &g;
    const Phase &rows, &columns;
    const float *w, *own = nullptr;
    int channels[LOADS];
    __device__ Taps(const Sizes &g, const Phase &rows, const Phase &columns, const float *w) : g(g), rows(rows), columns(columns), w(w) {}
    __device__ void of(int slot, int channel) { channels[slot] = channel * g.kernel * g.kernel; }
    __device__ void at(int step) {
        const int taps = rows.taps * columns.taps, tap = step % taps;
        const int row = rows.tap + tap / columns.taps * g.stride, column = columns.tap + tap % columns.taps * g.stride;
        own = w + step / taps * g.channels * g.kernel * g.kernel + row * g.kernel + column;
    }
    __device__ float operator()(int slot) const { return own[channels[slot]]; }
};

// The map as the image reads it: indices are places of the phase, steps (o, tap of the phase).
struct Readers {
    static constexpr Order order = ACROSS;
    const Sizes &g;
    const Phase &rows, &columns;
    const float *map;
    int batch, row0 = 0, column0 = 0, row = 0, column = 0;
    __device__ Readers(const Sizes &g, const Phase &rows, const Phase &columns, const float *map, int batch)
        : g(g), rows(rows), columns(columns), map(map), batch(batch) {}
    __device__ void of(int place, int step) {
        const int position = place / batch, taps = rows.taps * columns.taps, tap = step % taps;
        row0 = rows.reader + position / columns.size;
        column0 = columns.reader + position % columns.size;
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

// From the map to the image, the adjoint: image[channel][position] = Σ W[o][channel, tap] · map[o][who reads it], of phase
// blockIdx.z of the positions: M channels, N places of the phase, K out·taps of the phase. Floor: 2·M·N·K operations of each
// phase; for all phases together each number of W, map and image once, and what `end` reads.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
map_to_image(const __grid_constant__ Sizes g, int batch, const float *w, const float *map, float *image,
             const __grid_constant__ Finish end) {
    const Phase rows(blockIdx.z / g.stride, g.height, g.kernel, g.stride, g.padding);
    const Phase columns(blockIdx.z % g.stride, g.width, g.kernel, g.stride, g.padding);
    const int places = rows.size * columns.size * batch, taps = rows.taps * columns.taps;
    // The grid is that of the largest phase.
    if (blockIdx.x >= (g.channels + TILE - 1) / TILE * ((places + TILE - 1) / TILE)) return;
    const float factor = normalizing(end.figures);
    const int steps = rows.is_read && columns.is_read ? g.out * taps : 0;
    product(blockIdx.x, g.channels, places, 0, steps, Taps(g, rows, columns, w), Readers(g, rows, columns, map, batch),
        [&](int channel, int place, float sum) {
            const int position = place / batch, row = rows.start + position / columns.size * g.stride;
            const int at = (channel * g.height + row) * g.width + columns.start + position % columns.size * g.stride;
            finish(end, factor, sum, channel, at * batch + place % batch, image);
        });
}

// The image as the gradient reads it: indices are (channel, tap), steps places of the map.
struct Taken {
    static constexpr Order order = ALONG;
    const Sizes &g;
    const float *image, *own = nullptr;
    int batch, row0 = 0, column0 = 0;
    int taps[LOADS], from[LOADS];    // row and column of the tap; where it reads, for the tap at row and column 0
    __device__ Taken(const Sizes &g, const float *image, int batch) : g(g), image(image), batch(batch) {}
    __device__ void of(int slot, int index) {
        const int all = g.kernel * g.kernel, row = index % all / g.kernel, column = index % g.kernel;
        taps[slot] = row << 16 | column;
        from[slot] = ((index / all * g.height + row) * g.width + column) * batch;
    }
    __device__ void at(int place) {
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

// The gradient of W from both ends, over the places (position, sample) of part blockIdx.z, each of `share`:
// W[o][channel, tap] = Σ map[o][position] · image[channel][what the tap reads]. The bias, where there is one, has the sums of the
// map: M out, N channels·taps, K places. Floor: 2·M·N·K operations; 4·(M·K + channels·height·width·batch + parts·M·(N + 1)) bytes,
// the 1 where there is a bias; sum_parts adds the parts.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS)
convolution_weight(const __grid_constant__ Sizes g, int batch, int share, const float *image, const float *map, Tensors at, int length,
                   float *parts) {
    const int places = g.out_height * g.out_width * batch, fan_in = g.channels * g.kernel * g.kernel, first = blockIdx.z * share;
    float *to = parts + (size_t)blockIdx.z * length, *gradient = to + at.weight;
    if (blockIdx.x == 0) clear_gaps(to, at, g.out * fan_in, g.out);
    product(blockIdx.x, g.out, fan_in, first, first + min(share, places - first), RowMajor(map, places), Taken(g, image, batch),
        [=](int o, int k, float sum) { gradient[o * fan_in + k] = sum; }, Bias(to, at));
}

// The sum of `count` parts of `length` numbers, one after the other; a thread for each number. Floor: 4·(count + 1)·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS) sum_parts(int length, int count, const float *parts, float *out) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= length) return;
    float sum = 0;
    for (int part = 0; part < count; part++) sum += parts[(size_t)part * length + at];
    out[at] = sum;
}

// The gradient of the bias of a transposed convolution: the sum of each row of upstream (channels, length), a block each; a
// thread sums every THREADS-th number, then the warps, then the block. Floor: 4·channels·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS) row_sums(int length, const float *x, float *out) {
    __shared__ float scratch[WARPS];
    const float *row = x + (size_t)blockIdx.x * length;
    float sum = 0;
    for (int i = threadIdx.x; i < length; i += THREADS) sum += row[i];
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) out[blockIdx.x] = sum;
}
