// Dense layers one after the other, none wider than WIDEST: all of them in one launch. A block takes SLAB samples through all
// layers, whose activations stand in shared memory; a thread makes HALF samples of every AT_ONCE-th row.
//
// Each sum is made by one thread, step after step; nothing rounds to TF32. B samples, W weights of all layers gone through.

#define DEEPEST 16
#define WIDEST 256
#define SLAB 8
#define HALF 4
#define AT_ONCE (THREADS * HALF / SLAB)
#define STEPS 32

// A layer W (outputs, inputs), what is done to its sums, and where they go: forward y (outputs, batch), back the gradient of
// x (inputs, batch), where it is wanted.
struct Dense { int outputs, inputs; const float *w; Finish end; float *to; };
struct Run { int count; Dense layer[DEEPEST]; };

// x (I, B) goes through all layers; each y, of N outputs in all, is kept. Floor: 2·B·W operations; 4·(B·(I + N) + W) bytes, and
// the biases; each block reads all W from the cache.
extern "C" __global__ void __launch_bounds__(THREADS)
run_forward(const __grid_constant__ Run run, int batch, const float *x) {
    __shared__ __align__(16) float slabs[2][WIDEST * SLAB];
    __shared__ float tile[STEPS][AT_ONCE + 1];
    const int t = threadIdx.x, first = blockIdx.x * SLAB, lane = t % AT_ONCE, half = t / AT_ONCE * HALF;
    for (int i = t; i < run.layer[0].inputs * SLAB; i += THREADS) {
        const int sample = first + i % SLAB;
        slabs[0][i] = sample < batch ? x[i / SLAB * batch + sample] : 0;
    }
    for (int which = 0; which < run.count; which++) {
        const Dense &l = run.layer[which];
        const float factor = normalizing(l.end.figures), *from = slabs[which % 2];
        float *to = slabs[1 - which % 2];
        for (int row0 = 0; row0 < l.outputs; row0 += AT_ONCE) {
            const int row = row0 + lane;
            float sums[HALF] = {};
            for (int k0 = 0; k0 < l.inputs; k0 += STEPS) {
                const int depth = min(STEPS, l.inputs - k0);
                __syncthreads();
                for (int i = t; i < STEPS * AT_ONCE; i += THREADS) {
                    const int r = row0 + i / STEPS, k = i % STEPS;
                    if (k < depth && r < l.outputs) tile[k][i / STEPS] = l.w[r * l.inputs + k0 + k];
                }
                __syncthreads();
                for (int k = 0; row < l.outputs && k < depth; k++) {
                    const float w = tile[k][lane];
                    const float4 a = *(const float4 *)&from[(k0 + k) * SLAB + half];
                    sums[0] = fmaf(w, a.x, sums[0]);
                    sums[1] = fmaf(w, a.y, sums[1]);
                    sums[2] = fmaf(w, a.z, sums[2]);
                    sums[3] = fmaf(w, a.w, sums[3]);
                }
            }
            for (int j = 0; row < l.outputs && j < HALF; j++) {
                const int sample = first + half + j, at = row * batch + sample;
                const float y = sample < batch ? finished(l.end, factor, sums[j], row, at) : 0;
                to[row * SLAB + half + j] = y;
                if (sample < batch) l.to[at] = y;
            }
        }
        __syncthreads();
    }
}

// `upstream` (O, B) of the last layer goes back to the first; a thread makes HALF samples of every AT_ONCE-th column, row after
// row. Floor with G gradients written for each sample: 2·B·W operations; 4·(B·(O + 2·G) + W) bytes, as f′ reads one number for
// each, and one more where there is one present.
extern "C" __global__ void __launch_bounds__(THREADS)
run_backward(const __grid_constant__ Run run, int batch, const float *upstream) {
    __shared__ __align__(16) float slabs[2][WIDEST * SLAB];
    const int t = threadIdx.x, first = blockIdx.x * SLAB, lane = t % AT_ONCE, half = t / AT_ONCE * HALF;
    for (int i = t; i < run.layer[run.count - 1].outputs * SLAB; i += THREADS) {
        const int sample = first + i % SLAB;
        slabs[(run.count - 1) % 2][i] = sample < batch ? upstream[i / SLAB * batch + sample] : 0;
    }
    __syncthreads();
    for (int which = run.count - 1; which >= 0 && run.layer[which].to; which--) {
        const Dense &l = run.layer[which];
        const float factor = normalizing(l.end.figures), *from = slabs[which % 2];
        float *to = slabs[1 - which % 2];
        for (int column = lane; column < l.inputs; column += AT_ONCE) {
            float sums[HALF] = {};
            const float *own = l.w + column;
            for (int row = 0; row < l.outputs; row++, own += l.inputs) {
                const float w = *own;
                const float4 g = *(const float4 *)&from[row * SLAB + half];
                sums[0] = fmaf(w, g.x, sums[0]);
                sums[1] = fmaf(w, g.y, sums[1]);
                sums[2] = fmaf(w, g.z, sums[2]);
                sums[3] = fmaf(w, g.w, sums[3]);
            }
            for (int j = 0; j < HALF; j++) {
                const int sample = first + half + j, at = column * batch + sample;
                const float g = sample < batch ? finished(l.end, factor, sums[j], column, at) : 0;
                to[column * SLAB + half + j] = g;
                if (sample < batch) l.to[at] = g;
            }
        }
        __syncthreads();
    }
}
