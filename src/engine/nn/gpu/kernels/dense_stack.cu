// Consecutive dense layers in one launch. No layer has more than MAX_WIDTH inputs or outputs. A block takes SAMPLES samples
// through all layers, with activations or gradients in shared memory. A thread computes THREAD_SAMPLES samples of every
// ROWS-th output (backward: of every ROWS-th input).
//
// One thread computes a sum, step by step, and never rounds to TF32. Below, B is the batch, and W the number of weights of
// all layers that are computed.

// MAX_WIDTH and SAMPLES are as in dense_stack.rs.
#define MAX_WIDTH 256
#define SAMPLES 8
#define THREAD_SAMPLES 4
#define ROWS (THREADS * THREAD_SAMPLES / SAMPLES)
#define STEPS 32    // inputs of a tile of W in shared memory

// A layer with weight W (outputs, inputs). `to` is its output (outputs, batch), in the backward pass the gradient of its
// input (inputs, batch); null if that is not needed.
struct Dense { int outputs, inputs; const float *weight; ProductEpilogue epilogue; float *to; };
struct DenseStack { int count; Dense layer[MAX_DENSE_LAYERS]; };

// The outputs of all layers, from x (inputs of the first layer, batch). Block b computes the samples from b·SAMPLES on.
// Minimum, with I inputs of the first layer and N outputs of all layers: 2·B·W operations; 4·(B·(I + N) + W) bytes, and the
// biases. Every block reads all weights, mostly from the cache.
extern "C" __global__ void __launch_bounds__(THREADS)
dense_stack_forward(const __grid_constant__ DenseStack stack, int batch, const float *x) {
    __shared__ __align__(16) float activations[2][MAX_WIDTH * SAMPLES];
    __shared__ float tile[STEPS][ROWS + 1];
    const int t = threadIdx.x, first = blockIdx.x * SAMPLES, lane = t % ROWS, sample0 = t / ROWS * THREAD_SAMPLES;
    for (int i = t; i < stack.layer[0].inputs * SAMPLES; i += THREADS) {
        const int sample = first + i % SAMPLES;
        activations[0][i] = sample < batch ? x[i / SAMPLES * batch + sample] : 0;
    }
    for (int index = 0; index < stack.count; index++) {
        const Dense &l = stack.layer[index];
        const float factor = normalization_factor(l.epilogue.figures), *from = activations[index % 2];
        float *to = activations[1 - index % 2];
        for (int row0 = 0; row0 < l.outputs; row0 += ROWS) {
            const int row = row0 + lane;
            float sums[THREAD_SAMPLES] = {};
            for (int k0 = 0; k0 < l.inputs; k0 += STEPS) {
                const int depth = min(STEPS, l.inputs - k0);
                __syncthreads();
                for (int i = t; i < STEPS * ROWS; i += THREADS) {
                    const int r = row0 + i / STEPS, k = i % STEPS;
                    if (k < depth && r < l.outputs) tile[k][i / STEPS] = l.weight[r * l.inputs + k0 + k];
                }
                __syncthreads();
                for (int k = 0; row < l.outputs && k < depth; k++) {
                    const float w = tile[k][lane];
                    const float4 a = *(const float4 *)&from[(k0 + k) * SAMPLES + sample0];
                    sums[0] = fmaf(w, a.x, sums[0]);
                    sums[1] = fmaf(w, a.y, sums[1]);
                    sums[2] = fmaf(w, a.z, sums[2]);
                    sums[3] = fmaf(w, a.w, sums[3]);
                }
            }
            for (int j = 0; row < l.outputs && j < THREAD_SAMPLES; j++) {
                const int sample = first + sample0 + j, at = row * batch + sample;
                const float y = sample < batch ? apply(l.epilogue, factor, sums[j], row, at) : 0;
                to[row * SAMPLES + sample0 + j] = y;
                if (sample < batch) l.to[at] = y;
            }
        }
        __syncthreads();
    }
}

// The gradients of the inputs of all layers, from the last to the first, from upstream (outputs of the last layer, batch).
// Stops at a layer whose `to` is null. Block b computes the samples from b·SAMPLES on; a sum runs over the rows of W in
// order. Minimum, with O outputs of the last layer and G gradients for each sample: 2·B·W operations;
// 4·(B·(O + 2·G) + W) bytes, f′ included, and 4 bytes for each accumulated value.
extern "C" __global__ void __launch_bounds__(THREADS)
dense_stack_backward(const __grid_constant__ DenseStack stack, int batch, const float *upstream) {
    __shared__ __align__(16) float gradients[2][MAX_WIDTH * SAMPLES];
    const int t = threadIdx.x, first = blockIdx.x * SAMPLES, lane = t % ROWS, sample0 = t / ROWS * THREAD_SAMPLES;
    for (int i = t; i < stack.layer[stack.count - 1].outputs * SAMPLES; i += THREADS) {
        const int sample = first + i % SAMPLES;
        gradients[(stack.count - 1) % 2][i] = sample < batch ? upstream[i / SAMPLES * batch + sample] : 0;
    }
    __syncthreads();
    for (int index = stack.count - 1; index >= 0 && stack.layer[index].to; index--) {
        const Dense &l = stack.layer[index];
        const float factor = normalization_factor(l.epilogue.figures), *from = gradients[index % 2];
        float *to = gradients[1 - index % 2];
        for (int column = lane; column < l.inputs; column += ROWS) {
            float sums[THREAD_SAMPLES] = {};
            const float *own = l.weight + column;
            for (int row = 0; row < l.outputs; row++, own += l.inputs) {
                const float w = *own;
                const float4 g = *(const float4 *)&from[row * SAMPLES + sample0];
                sums[0] = fmaf(w, g.x, sums[0]);
                sums[1] = fmaf(w, g.y, sums[1]);
                sums[2] = fmaf(w, g.z, sums[2]);
                sums[3] = fmaf(w, g.w, sums[3]);
            }
            for (int j = 0; j < THREAD_SAMPLES; j++) {
                const int sample = first + sample0 + j, at = column * batch + sample;
                const float g = sample < batch ? apply(l.epilogue, factor, sums[j], column, at) : 0;
                to[column * SAMPLES + sample0 + j] = g;
                if (sample < batch) l.to[at] = g;
            }
        }
        __syncthreads();
    }
}
