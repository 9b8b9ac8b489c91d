// Losses, measures, and updates of what a network has learned. Places in `knobs` as in nn/knobs.rs.

enum { GAIN, BETA1, BETA2, STEP_SIZE, ROOT_CORRECTION, CLIP, TURN = 9 };
#define ADAM_EPSILON 1e-8f

// As in arguments.rs.
enum { HINGE, NON_SATURATING, WASSERSTEIN, LEAST_SQUARES };
struct Aim { int loss, linear, real, batch; };

// The loss of one score and its derivative; side is 1 where D should say real, else −1.
static __device__ void term(const Aim &objective, float score, float side, float *loss, float *slope) {
    const float margin = score * side;
    if (objective.linear || objective.loss == WASSERSTEIN) {
        *loss = -margin;
        *slope = -side;
    } else if (objective.loss == HINGE) {
        // Written so that a NaN stays one.
        *loss = margin >= 1 ? 0 : 1 - margin;
        *slope = margin >= 1 ? 0 : -side;
    } else if (objective.loss == NON_SATURATING) {
        *loss = fmaxf(-margin, 0) + log1pf(expf(-fabsf(margin))) + 0 * margin;
        *slope = -side / (1 + expf(margin));
    } else {
        const float error = score - (side + 1) * 0.5f;
        *loss = 0.5f * error * error;
        *slope = error;
    }
}

// One block: scores, the loss, and its derivative by each raw output (1, samples); a thread sums every THREADS-th term, then the
// block. Floor: 12·samples bytes; the launch costs more.
extern "C" __global__ void __launch_bounds__(THREADS)
loss(int samples, const __grid_constant__ Aim objective, const float *raw, const float *knobs, float *scores, float *total,
     float *slopes) {
    __shared__ float scratch[WARPS];
    const float gain = knobs[GAIN];
    float sum = 0;
    for (int i = threadIdx.x; i < samples; i += THREADS) {
        float own, slope;
        scores[i] = gain * raw[i];
        term(objective, gain * raw[i], i < objective.real ? 1 : -1, &own, &slope);
        sum += own;
        slopes[i] = gain * slope / objective.batch;
    }
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) *total = sum / objective.batch;
}

// |gain| times the norm of each sample's gradient, which is then multiplied by its slope: gradients (features, batch), slopes and
// norms (1, batch). A block takes 32 samples; warp w sums the features w, w + WARPS, …, then the warps' sums are added in their
// order, in single precision. Floor: 8·features·batch bytes.
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

#define PARTS 128
#define SHARES 32    // a warp's lanes
struct Parts { int count, start[PARTS], length[PARTS]; };

// What the last block does: `parts` of all launches, −1 where another launch follows; the record of `length` numbers,
// and where copies of the figures of one or two networks begin in it.
enum { LOSS, NORM, PART_NORMS };
struct Judgement {
    int parts, length, place, count[2];
    const float *figures[2], *shares, *knobs;
    float *record, *history, *guard;
    int *ticket;
};

// A warp for each part: norms of all parts and of the whole; the guard falls unless loss and norm are finite, and counts;
// the record goes to its turn in the history. Of one block.
static __device__ void judge(const Judgement &j, double *wholes) {
    const volatile float *shares = j.shares;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    double whole = 0;
    for (int part = warp; part < j.parts; part += WARPS) {
        const double share = shares[part * SHARES + lane], sum = warp_sum(share * share);
        whole += sum;
        if (lane == 0) j.record[PART_NORMS + part] = (float)sqrt(sum);
    }
    if (lane == 0) wholes[warp] = whole;
    for (int i = threadIdx.x; i < j.count[0] + j.count[1]; i += THREADS)
        j.record[j.place + i] = i < j.count[0] ? j.figures[0][i] : j.figures[1][i - j.count[0]];
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int other = 1; other < WARPS; other++) whole += wholes[other];
        const float norm = j.record[NORM] = (float)sqrt(whole);
        if (!isfinite(j.record[LOSS]) || !isfinite(norm)) j.guard[FLAG] = 0;
        j.guard[APPLIED] += j.guard[FLAG];
    }
    __syncthreads();
    float *kept = j.history + (size_t)j.knobs[TURN] * j.length;
    for (int i = threadIdx.x; i < j.length; i += THREADS) kept[i] = j.record[i];
}

// Norms of SHARES shares of each part of the gradient: shares (parts, SHARES). Block (share, part): a thread sums every
// SHARES·THREADS-th square in double precision, then the block. The last block judges: a warp adds the SHARES squares of a part,
// lane with lane; warp w adds up its parts w, w + WARPS, …; then the warps are added in their order. Floor: 4 bytes and two
// double-precision instructions a number.
extern "C" __global__ void __launch_bounds__(THREADS)
part_norms(const __grid_constant__ Parts parts, const float *gradients, float *shares, const __grid_constant__ Judgement judgement) {
    __shared__ double scratch[WARPS];
    if (blockIdx.y < parts.count) {
        const float *own = gradients + parts.start[blockIdx.y];
        double sum = 0;
        for (int i = blockIdx.x * THREADS + threadIdx.x; i < parts.length[blockIdx.y]; i += SHARES * THREADS) sum += (double)own[i] * own[i];
        sum = block_sum(sum, scratch);
        if (threadIdx.x == 0) shares[blockIdx.y * SHARES + blockIdx.x] = (float)sqrt(sum);
    }
    if (judgement.parts >= 0 && is_last(judgement.ticket, gridDim.x * gridDim.y)) judge(judgement, scratch);
}

// Adam (Kingma & Ba 2015) in PyTorch's form, then clipping; nothing where the guard is down. weights, gradients, first,
// second: (length) each; a thread for each number, nothing is summed. Floor: the gradient read, weights and both moments read and written: 28 bytes a number.
extern "C" __global__ void __launch_bounds__(THREADS)
adam(int length, float *weights, const float *gradients, float *first, float *second, const float *knobs, const float *guard) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at >= length || guard[FLAG] == 0) return;
    const float g = gradients[at], beta1 = knobs[BETA1], beta2 = knobs[BETA2], bound = knobs[CLIP];
    const float m = first[at] = beta1 * first[at] + (1 - beta1) * g;
    const float v = second[at] = beta2 * second[at] + (1 - beta2) * g * g;
    const float moved = weights[at] - knobs[STEP_SIZE] * m / (sqrtf(v) / knobs[ROOT_CORRECTION] + ADAM_EPSILON);
    // Comparisons that are false for NaN, which stays one.
    const float above = moved < -bound ? -bound : moved;
    weights[at] = above > bound ? bound : above;
}

// to ← decay·to + (1 − decay)·from; nothing where the guard is down. to, from (length), decay one number; a thread for each
// number, nothing is summed. Floor: 12 bytes a number.
extern "C" __global__ void __launch_bounds__(THREADS)
blend(int length, float *to, const float *from, const float *decay, const float *guard) {
    const int at = blockIdx.x * THREADS + threadIdx.x;
    if (at < length && guard[FLAG] != 0) to[at] = *decay * to[at] + (1 - *decay) * from[at];
}
