// Loops over single numbers, and pooling; a thread for each number that is written.

// Two batches of activations as one: (features, batch) and (features, other) → (features, batch + other). Nothing is summed.
// Floor: 8·features·(batch + other) bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
side_by_side(int features, int batch, int other, const float *x, const float *second, float *both) {
    const int at = blockIdx.x * THREADS + threadIdx.x, width = batch + other;
    if (at >= features * width) return;
    const int feature = at / width, sample = at % width;
    both[at] = sample < batch ? x[feature * batch + sample] : second[feature * other + sample - batch];
}

// y (length) ← value; nothing is summed. Floor: 4·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS) fill(int length, float value, float *y) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at < length) y[at] = value;
}

// y = f(a + b), or f(a) where b is null; all (length), nothing is summed. Floor: 12·length bytes, 8 without b.
extern "C" __global__ void __launch_bounds__(THREADS) join(int length, const float *a, const float *b, Function f, float *y) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at < length) y[at] = activate(f, b ? a[at] + b[at] : a[at]);
}

// y = g·f′ + present, all (length); nothing is summed. Floor: 8·length bytes, and 4·length each for f′ and for what is present.
extern "C" __global__ void __launch_bounds__(THREADS) through(int length, const float *g, float *y, const __grid_constant__ Below end) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at < length) y[at] = below(end, g[at], at);
}

// As in nn/pooling.rs: a coarse image (channels, height, width), whose positions each have a cell of rows × columns fine ones.
struct CellSizes { int channels, height, width, rows, columns; };

// Each fine position gets its coarse one's value, times scale: x (coarse features, batch) → y (fine features, batch). Nothing is
// summed. Floor: 4·(coarse + fine)·batch bytes, and what `end` reads.
extern "C" __global__ void __launch_bounds__(THREADS)
spread(const __grid_constant__ CellSizes c, int batch, float scale, const float *x, float *y, const __grid_constant__ Below end) {
    const int at = blockIdx.x * THREADS + threadIdx.x, width = c.width * c.columns, height = c.height * c.rows;
    if (at >= c.channels * height * width * batch) return;
    const int feature = at / batch, column = feature % width / c.columns, row = feature / width % height / c.rows;
    const int coarse = (feature / (width * height) * c.height + row) * c.width + column;
    y[at] = below(end, scale * x[coarse * batch + at % batch], at);
}

// Each coarse position gets the sum over its cell, times scale: x (fine features, batch) → y (coarse features, batch). One thread
// sums a cell, row by row, column by column. Floor: 4·(coarse + fine)·batch bytes, and what `end` reads.
extern "C" __global__ void __launch_bounds__(THREADS)
collect(const __grid_constant__ CellSizes c, int batch, float scale, const float *x, float *y, const __grid_constant__ Below end) {
    const int at = blockIdx.x * THREADS + threadIdx.x, width = c.width * c.columns;
    if (at >= c.channels * c.height * c.width * batch) return;
    const int feature = at / batch, sample = at % batch, above = feature / c.width, first = feature % c.width * c.columns;
    float sum = 0;
    for (int row = 0; row < c.rows; row++)
        for (int column = 0; column < c.columns; column++)
            sum += x[((above * c.rows + row) * width + first + column) * batch + sample];
    y[at] = below(end, scale * sum, at);
}
