// What is carried: STATE, how two neighbouring runs are joined, and what a run gives.

#if PAIR
struct STATE { WIDE of; SECOND at; };
#else
struct STATE { WIDE of; };
#endif

__device__ __forceinline__ bool is_nan(double x) { return x != x; }
__device__ __forceinline__ bool is_nan(i64) { return false; }

// Integers wrap; those of fewer bits are the same after they wrapped in 64.
__device__ __forceinline__ double add(double a, double b) { return a + b; }
__device__ __forceinline__ i64 add(i64 a, i64 b) { return (i64)((u64)a + (u64)b); }
__device__ __forceinline__ double times(double a, double b) { return a * b; }
__device__ __forceinline__ i64 times(i64 a, i64 b) { return (i64)((u64)a * (u64)b); }
__device__ __forceinline__ double wide(float x) { return x; }
__device__ __forceinline__ double wide(double x) { return x; }
__device__ __forceinline__ double wide(F16 x) { return widen(x); }
__device__ __forceinline__ double wide(BF16 x) { return widen(x); }
__device__ __forceinline__ i64 wide(i64 x) { return x; }
__device__ __forceinline__ i64 wide(int x) { return x; }
__device__ __forceinline__ i64 wide(u8 x) { return x; }
__device__ __forceinline__ void put(i64& to, i64 x) { to = x; }
__device__ __forceinline__ void put(int& to, i64 x) { to = (int)(u32)(u64)x; }
__device__ __forceinline__ void put(u8& to, i64 x) { to = (u8)x; }
template <class V> __device__ __forceinline__ void put(V& to, double x) { narrow(to, x); }

#if OP == 0
__device__ __forceinline__ STATE join(STATE a, STATE b) { return {add(a.of, b.of)}; }
#elif OP == 1
__device__ __forceinline__ STATE join(STATE a, STATE b) { return {times(a.of, b.of)}; }
#elif OP == 2
__device__ __forceinline__ STATE join(STATE a, STATE b) { return is_nan(a.of) || a.of > b.of ? a : b; }
#elif OP == 3
__device__ __forceinline__ STATE join(STATE a, STATE b) { return is_nan(a.of) || a.of < b.of ? a : b; }
#elif OP == 4
// The largest exponent, and the sum of the exponentials over its own. Of two equal infinities the difference is none.
__device__ __forceinline__ STATE join(STATE a, STATE b) {
    if (a.of == b.of) return {a.of, a.at + b.at};
    const STATE low = a.of > b.of ? b : a, high = a.of > b.of ? a : b;
    return {high.of, high.at + low.at * exp(low.of - high.of)};
}
#elif OP == 5
// No element has a place below 0.
__device__ __forceinline__ STATE join(STATE a, STATE b) { return b.at < 0 || (a.at >= 0 && !is_nan(b.of) && (is_nan(a.of) || b.of < a.of)) ? a : b; }
#else
__device__ __forceinline__ STATE join(STATE a, STATE b) { return b.at < 0 || (a.at >= 0 && !is_nan(b.of) && (is_nan(a.of) || b.of > a.of)) ? a : b; }
#endif

#if OP == 4
__device__ __forceinline__ STATE state(T x, i64) { return {wide(x), 1.0}; }
__device__ __forceinline__ double result(STATE s) { return s.of + log(s.at); }
#elif PAIR
__device__ __forceinline__ STATE state(T x, i64 place) { return {wide(x), place}; }
__device__ __forceinline__ i64 result(STATE s) { return s.at; }
#else
__device__ __forceinline__ STATE state(T x, i64) { return {wide(x)}; }
__device__ __forceinline__ WIDE result(STATE s) { return s.of; }
#endif

// Element k in the direction of the scan.
__device__ __forceinline__ i64 place(u64 k) { return REVERSE ? (i64)(LEN - 1 - k) : (i64)k; }

#ifdef STAGE_columns
// A thread a line.
extern "C" __global__ void __launch_bounds__(256) columns(U* y, const T* x, RUN) {
    GUARD;
    const u64 line = (u64)blockIdx.x * 256 + threadIdx.x;
    if (line >= LINES) return;
    i64 at[2] = {OFFSET, 0};
    line_at(line, at);
    STATE carry = {START};
    for (u64 k = 0; k < LEN; k += 4) {
        T element[4];
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (k + j < LEN) element[j] = x[at[0] + place(k + j) * STEP_X];
        }
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (k + j >= LEN) break;
            carry = join(carry, state(element[j], place(k + j)));
            put(y[at[1] + place(k + j) * STEP_Y], result(carry));
        }
    }
}
#endif

#if defined STAGE_rows || defined STAGE_totals
#define WARPS (ROW_THREADS / 32)
#define TILE (ROW_THREADS * ITEMS)

__device__ __forceinline__ STATE shuffled_up(STATE s, u32 by) {
    s.of = __shfl_up_sync(~0u, s.of, by);
#if PAIR
    s.at = __shfl_up_sync(~0u, s.at, by);
#endif
    return s;
}

// Of the threads' states in order: what stands before this thread's, in `all` the join of all. Every thread calls it.
__device__ __forceinline__ STATE before(STATE own, STATE& all) {
    __shared__ STATE totals[WARPS];
    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    for (u32 by = 1; by < 32; by *= 2) {
        const STATE left = shuffled_up(own, by);
        if (lane >= by) own = join(left, own);
    }
    __syncthreads();
    if (lane == 31) totals[warp] = own;
    __syncthreads();
    STATE found = {START};
    all = {START};
    for (u32 w = 0; w < WARPS; w++) {
        if (w == warp) found = all;
        all = join(all, totals[w]);
    }
    const STATE left = shuffled_up(own, 1);
    return lane > 0 ? join(found, left) : found;
}

// A block a piece of a line, tile after tile; elements change places in shared memory, so that each thread has neighbours
// and each access of memory too. `states` has what the pieces of each line join to, if there are several.
#ifdef STAGE_totals
extern "C" __global__ void __launch_bounds__(ROW_THREADS) totals(STATE* states, const T* x, RUN) {
#else
extern "C" __global__ void __launch_bounds__(ROW_THREADS) rows(U* y, const T* x, const STATE* states, RUN) {
#endif
    GUARD;
    __shared__ T elements[TILE + TILE / 32];
    const u64 line = blockIdx.x / PIECES, piece = blockIdx.x % PIECES;
    const u64 from = piece * PIECE, to = from + PIECE < LEN ? from + PIECE : LEN;
    i64 at[2] = {OFFSET, 0};
    line_at(line, at);
    STATE carry = {START}, all;
#ifdef STAGE_rows
    __shared__ U results[TILE + TILE / 32];
    if (PIECES > 1) {
        STATE own = {START};
        const u64 share = (PIECES + ROW_THREADS - 1) / ROW_THREADS;
        for (u64 p = threadIdx.x * share; p < (threadIdx.x + 1) * share && p < piece; p++) {
            own = join(own, states[line * PIECES + p]);
        }
        before(own, carry);
    }
#endif
    for (u64 tile = from; tile < to; tile += TILE) {
        __syncthreads();
        for (u32 e = threadIdx.x; e < TILE && tile + e < to; e += ROW_THREADS) {
            elements[e + e / 32] = x[at[0] + place(tile + e) * STEP_X];
        }
        __syncthreads();
        STATE run[ITEMS], own = {START};
#pragma unroll
        for (u32 k = 0; k < ITEMS; k++) {
            const u32 e = threadIdx.x * ITEMS + k;
            if (tile + e < to) own = k == 0 ? state(elements[e + e / 32], place(tile + e)) : join(own, state(elements[e + e / 32], place(tile + e)));
            run[k] = own;
        }
        const STATE left = join(carry, before(own, all));
        carry = join(carry, all);
#ifdef STAGE_rows
#pragma unroll
        for (u32 k = 0; k < ITEMS; k++) {
            const u32 e = threadIdx.x * ITEMS + k;
            if (tile + e < to) put(results[e + e / 32], result(join(left, run[k])));
        }
        __syncthreads();
        for (u32 e = threadIdx.x; e < TILE && tile + e < to; e += ROW_THREADS) {
            y[at[1] + place(tile + e) * STEP_Y] = results[e + e / 32];
        }
#endif
    }
#ifdef STAGE_totals
    if (threadIdx.x == 0) states[line * PIECES + piece] = carry;
#endif
}
#endif
