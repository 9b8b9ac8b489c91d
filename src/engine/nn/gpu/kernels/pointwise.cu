// Elementwise operations, upsampling and pooling. A thread computes one output value.

// The activations of two batches in one matrix: x (features, batch) and second (features, other) give both (features,
// batch + other). Minimum: 8·features·(batch + other) bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
concatenate(int features, int batch, int other, const float *x, const float *second, float *both) {
    const int at = blockIdx.x * THREADS + threadIdx.x, width = batch + other;
    if (at >= features * width) return;
    const int feature = at / width, sample = at % width;
    both[at] = sample < batch ? x[feature * batch + sample] : second[feature * other + sample - batch];
}

// Sets every element of y (length) to `value`. Minimum: 4·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS) fill(int length, float value, float *y) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at < length) y[at] = value;
}

// y = f(a + b), or f(a) if b is null. All have `length` values. Minimum: 12·length bytes, 8·length without b.
extern "C" __global__ void __launch_bounds__(THREADS)
add_activate(int length, const float *a, const float *b, Function f, float *y) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at < length) y[at] = activate(f, b ? a[at] + b[at] : a[at]);
}

// y = g·f′ + accumulated, see GradientEpilogue. All have `length` values. Minimum: 8·length bytes, and 4·length each for f′
// and accumulated values.
extern "C" __global__ void __launch_bounds__(THREADS)
accumulate_gradient(int length, const float *g, float *y, const __grid_constant__ GradientEpilogue epilogue) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at < length) y[at] = apply(epilogue, g[at], at);
}

// The sizes of nn/pooling.rs: a coarse image (channels, height, width) and a fine image (channels, height·rows,
// width·columns). Each coarse position has a cell of (rows, columns) fine positions.
struct CellSizes { int channels, height, width, rows, columns; };

// y (fine features, batch) from x (coarse features, batch): each fine position gets scale · the value of its coarse
// position, then the epilogue. Minimum: 4·(coarse + fine)·batch bytes, and the epilogue's.
extern "C" __global__ void __launch_bounds__(THREADS)
upsample(const __grid_constant__ CellSizes c, int batch, float scale, const float *x, float *y,
         const __grid_constant__ GradientEpilogue epilogue) {
    const int at = blockIdx.x * THREADS + threadIdx.x, width = c.width * c.columns, height = c.height * c.rows;
    if (at >= c.channels * height * width * batch) return;
    const int feature = at / batch, column = feature % width / c.columns, row = feature / width % height / c.rows;
    const int coarse = (feature / (width * height) * c.height + row) * c.width + column;
    y[at] = apply(epilogue, scale * x[coarse * batch + at % batch], at);
}

// y (coarse features, batch) from x (fine features, batch): each coarse position gets scale · the sum over its cell, then
// the epilogue. A thread sums a cell row by row. Minimum: 4·(coarse + fine)·batch bytes, and the epilogue's.
extern "C" __global__ void __launch_bounds__(THREADS)
sum_pool(const __grid_constant__ CellSizes c, int batch, float scale, const float *x, float *y,
         const __grid_constant__ GradientEpilogue epilogue) {
    const int at = blockIdx.x * THREADS + threadIdx.x, width = c.width * c.columns;
    if (at >= c.channels * c.height * c.width * batch) return;
    const int feature = at / batch, sample = at % batch, above = feature / c.width, first = feature % c.width * c.columns;
    float sum = 0;
    for (int row = 0; row < c.rows; row++)
        for (int column = 0; column < c.columns; column++)
            sum += x[((above * c.rows + row) * width + first + column) * batch + sample];
    y[at] = apply(epilogue, scale * sum, at);
}
