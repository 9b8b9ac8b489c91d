// Losses, the record of an update, and updates of weights.

// Offsets in `knobs`, as in nn/knobs.rs.

enum { GAIN, BETA1, BETA2, STEP_SIZE, ROOT_CORRECTION, CLIP, HISTORY_ROW = 9 };
#define ADAM_EPSILON 1e-8f

// Losses, and the fields of Objective in nn/record.rs; as in arguments/update.rs.
enum { HINGE, NON_SATURATING, WASSERSTEIN, LEAST_SQUARES };
struct LossArguments { int loss, linear, real, batch; };

// The term of one score in the loss, and its derivative. `side` is 1 for samples that D should call real, else −1.
static __device__ void term(const LossArguments &arguments, float score, float side, float *loss, float *slope) {
    const float margin = score * side;
    if (arguments.linear || arguments.loss == WASSERSTEIN) {
        *loss = -margin;
        *slope = -side;
    } else if (arguments.loss == HINGE) {
        // NaN stays NaN: a comparison with it is false.
        *loss = margin >= 1 ? 0 : 1 - margin;
        *slope = margin >= 1 ? 0 : -side;
    } else if (arguments.loss == NON_SATURATING) {
        *loss = fmaxf(-margin, 0) + log1pf(expf(-fabsf(margin))) + 0 * margin;
        *slope = -side / (1 + expf(margin));
    } else {
        const float error = score - (side + 1) * 0.5f;
        *loss = 0.5f * error * error;
        *slope = error;
    }
}

// The scores gain·raw, the loss, and its derivative by each raw output; raw, scores and slopes are (1, samples). There is
// one block: a thread sums every THREADS-th term, then the block. Minimum: 12·samples bytes; the launch takes longer.
extern "C" __global__ void __launch_bounds__(THREADS)
loss(int samples, const __grid_constant__ LossArguments arguments, const float *raw, const float *knobs, float *scores, float *total,
     float *slopes) {
    __shared__ float scratch[WARPS];
    const float gain = knobs[GAIN];
    float sum = 0;
    for (int i = threadIdx.x; i < samples; i += THREADS) {
        float own, slope;
        scores[i] = gain * raw[i];
        term(arguments, gain * raw[i], i < arguments.real ? 1 : -1, &own, &slope);
        sum += own;
        slopes[i] = gain * slope / arguments.batch;
    }
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) *total = sum / arguments.batch;
}

// norms (1, batch) = |gain| · the norm of each sample's gradient. Then multiplies gradients (features, batch) by slopes
// (1, batch), in place. A block computes 32 samples: warp w sums the squares of features w, w + WARPS, …, then the sums of
// the warps are added in order, in single precision. Minimum: 8·features·batch bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
scale_samples(int features, int batch, float *gradients, const float *slopes, const float *knobs, float *norms) {
    __shared__ float squares[WARPS][32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, sample = blockIdx.x * 32 + lane;
    const float slope = sample < batch ? slopes[sample] : 0;
    float square = 0;
    for (int feature = warp; sample < batch && feature < features; feature += WARPS) {
        float *g = gradients + feature * batch + sample;
        square = fmaf(*g, *g, square);
        *g *= slope;
    }
    squares[warp][lane] = square;
    __syncthreads();
    if (warp || sample >= batch) return;
    for (int other = 1; other < WARPS; other++) square += squares[other][lane];
    norms[sample] = fabsf(knobs[GAIN]) * sqrtf(square);
}

// The most parts of a gradient in a launch, as in arguments/update.rs. Each is cut into SHARES shares, as in measure.rs:
// one for each lane of a warp.
#define PARTS 128
#define SHARES 32
struct Parts { int count, start[PARTS], length[PARTS]; };

// Offsets in a record, as in nn/record.rs.
enum { LOSS, NORM, PART_NORMS };

// What the last block needs to complete the record. `parts` is the number of parts of all launches, −1 if another launch
// follows. The record has `length` values. Copies of the `counts` figures of one or two networks start at `place`.
struct MeasureArguments {
    int parts, length, place, counts[2];
    const float *figures[2], *shares, *knobs;
    float *record, *history, *guard;
    int *ticket;
};

// Completes the record: the norms of all parts and of the whole gradient, and the figures. The guard falls if the loss or
// the norm is not finite; else, if it has not fallen before, it counts the update. Then the record is copied to its row of
// the history. Runs in one block. A warp adds the SHARES squares of a part, one in each lane; warp w adds the sums of its
// parts w, w + WARPS, …; then the sums of the warps are added in order.
static __device__ void complete_record(const MeasureArguments &m, double *warp_sums) {
    const volatile float *shares = m.shares;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    double total_square = 0;
    for (int part = warp; part < m.parts; part += WARPS) {
        const double share = shares[part * SHARES + lane], sum = warp_sum(share * share);
        total_square += sum;
        if (lane == 0) m.record[PART_NORMS + part] = (float)sqrt(sum);
    }
    if (lane == 0) warp_sums[warp] = total_square;
    for (int i = threadIdx.x; i < m.counts[0] + m.counts[1]; i += THREADS)
        m.record[m.place + i] = i < m.counts[0] ? m.figures[0][i] : m.figures[1][i - m.counts[0]];
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int other = 1; other < WARPS; other++) total_square += warp_sums[other];
        const float norm = m.record[NORM] = (float)sqrt(total_square);
        if (!isfinite(m.record[LOSS]) || !isfinite(norm)) m.guard[FLAG] = 0;
        m.guard[APPLIED] += m.guard[FLAG];
    }
    __syncthreads();
    float *kept = m.history + (size_t)m.knobs[HISTORY_ROW] * m.length;
    for (int i = threadIdx.x; i < m.length; i += THREADS) kept[i] = m.record[i];
}

// The norms of the shares of each part of the gradient: shares (parts, SHARES). Block (share, part) computes one: a thread
// sums every (SHARES·THREADS)-th square in double precision, then the block. The last block of the last launch completes
// the record. Minimum for each value: 4 bytes and two double-precision instructions.
extern "C" __global__ void __launch_bounds__(THREADS)
part_norms(const __grid_constant__ Parts parts, const float *gradients, float *shares, const __grid_constant__ MeasureArguments arguments) {
    __shared__ double scratch[WARPS];
    if (blockIdx.y < parts.count) {
        const float *own = gradients + parts.start[blockIdx.y];
        double sum = 0;
        for (int i = blockIdx.x * THREADS + threadIdx.x; i < parts.length[blockIdx.y]; i += SHARES * THREADS)
            sum += (double)own[i] * own[i];
        sum = block_sum(sum, scratch);
        if (threadIdx.x == 0) shares[blockIdx.y * SHARES + blockIdx.x] = (float)sqrt(sum);
    }
    if (arguments.parts >= 0 && is_last(arguments.ticket, gridDim.x * gridDim.y)) complete_record(arguments, scratch);
}

// One step of Adam (Kingma & Ba 2015) in PyTorch's form, then clipping. Does nothing if the guard has fallen. Weights,
// gradients, and the first and second moments have `length` values. A thread computes one value. Minimum: 28·length bytes,
// to read the gradient, and to read and write the weight and both moments.
extern "C" __global__ void __launch_bounds__(THREADS)
adam(int length, float *weights, const float *gradients, float *first, float *second, const float *knobs, const float *guard) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= length || guard[FLAG] == 0) return;
    const float g = gradients[at], beta1 = knobs[BETA1], beta2 = knobs[BETA2], bound = knobs[CLIP];
    const float m = first[at] = beta1 * first[at] + (1 - beta1) * g;
    const float v = second[at] = beta2 * second[at] + (1 - beta2) * g * g;
    const float updated = weights[at] - knobs[STEP_SIZE] * m / (sqrtf(v) / knobs[ROOT_CORRECTION] + ADAM_EPSILON);
    // NaN stays NaN: a comparison with it is false.
    const float raised = updated < -bound ? -bound : updated;
    weights[at] = raised > bound ? bound : raised;
}

// to ← decay·to + (1 − decay)·from. Does nothing if the guard has fallen. `to` and `from` have `length` values, `decay` has
// one. A thread computes one value. Minimum: 12·length bytes.
extern "C" __global__ void __launch_bounds__(THREADS)
blend(int length, float *to, const float *from, const float *decay, const float *guard) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at < length && guard[FLAG] != 0) to[at] = *decay * to[at] + (1 - *decay) * from[at];
}
