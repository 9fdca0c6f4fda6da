// y[dst(p) + index[idx(p)] * STRIDE] += x[src(p)]. A place holds number of the point, src, idx, dst.

__device__ __forceinline__ void add(float* to, float x) { *to += x; }
__device__ __forceinline__ void add(double* to, double x) { *to += x; }
__device__ __forceinline__ void add(F16* to, F16 x) { *to = x; }
__device__ __forceinline__ void add(BF16* to, BF16 x) { *to = x; }
// Integers are the same in any order.
__device__ __forceinline__ void add(i64* to, i64 x) { atomicAdd((u64*)to, (u64)x); }
__device__ __forceinline__ void add(int* to, int x) { atomicAdd((u32*)to, (u32)x); }
__device__ __forceinline__ void add(bool* to, bool x) { if (x) *(volatile bool*)to = true; }
__device__ __forceinline__ void add(u8* to, u8 x) {
    u32* word = (u32*)((u64)to & ~3ull);
    const u32 shift = ((u32)(u64)to & 3u) * 8, mask = 255u << shift;
    u32 found = *(volatile u32*)word, old;
    do {
        old = found;
        found = atomicCAS(word, old, (old & ~mask) | (((old >> shift) + x << shift) & mask));
    } while (found != old);
}

extern "C" __global__ void __launch_bounds__(256) clear(u8* y, RUN) {
    GUARD;
    const u64 at = (u64)blockIdx.x * 256 + threadIdx.x;
    if (at < BYTES / 16) {
        ((uint4*)y)[at] = make_uint4(0, 0, 0, 0);
    } else if (at - BYTES / 16 < BYTES % 16) {
        y[BYTES / 16 * 16 + (at - BYTES / 16)] = 0;
    }
}

#ifdef LEN
// How far the index moves a point, or -1 if it is outside.
__device__ __forceinline__ i64 checked(i64 value, i64 number, Errors* errors) {
    if ((u64)value < LEN) return value;
    report(errors, CHECK << 44 | (u64)number, value);
    return -1;
}
#endif

#ifdef FREE
// A thread adds the points that may meet each other, one after the other; different threads meet in integers alone.
extern "C" __global__ void __launch_bounds__(256) each(T* y, const T* __restrict__ x, const i64* __restrict__ index, RUN) {
    GUARD;
    const u64 i = (u64)blockIdx.x * 256 + threadIdx.x;
    if (i >= FREE) return;
    i64 at[4] = {START};
    free_point(i, at);
    for (u32 m = 0; m < MEET; m++) {
        i64 to[4] = {at[0], at[1], at[2], at[3]};
        meet_point(m, to);
        const i64 value = checked(index[to[2]], to[0], errors);
        if (value >= 0) add(y + (to[3] + value * STRIDE), x[to[1]]);
    }
}
#endif

#ifdef LANES
// Rows of points with one index each: sorted by where they go, then added up. Points outside come last.
extern "C" __global__ void __launch_bounds__(256) keys(KEY* keys, const i64* __restrict__ index, RUN) {
    GUARD;
    const u64 i = (u64)blockIdx.x * 256 + threadIdx.x;
    if (i >= POINTS) return;
    i64 at[4] = {START};
    point(i, at);
    const i64 value = checked(index[at[2]], at[0], errors);
    keys[i] = value < 0 ? OUTSIDE : (KEY)(BY_INDEX ? value : at[3] + value * STRIDE);
}

// Where in y the points of a key begin.
__device__ __forceinline__ T* row(T* y, KEY key) { return y + (BY_INDEX ? FIRST + (i64)key * STRIDE : (i64)key); }

// A chunk of the sorted points, a thread a lane. A run of points of one key that lies within goes to y; what began before
// goes to `leads`, what goes on to `tails`.
extern "C" __global__ void __launch_bounds__(256)
sums(T* y, const T* __restrict__ x, const KEY* __restrict__ keys, const u32* __restrict__ order, SUM* leads, SUM* tails, RUN) {
    GUARD;
    const u32 lane = blockIdx.x % TILES * TILE + threadIdx.x % TILE;
    const u64 chunk = (u64)(blockIdx.x / TILES) * (256 / TILE) + threadIdx.x / TILE;
    if (lane >= LANES || chunk >= CHUNKS) return;
    i64 along[4] = {0, 0, 0, 0};
    lane_point(lane, along);
    const u64 from = chunk * CHUNK, to = from + CHUNK < POINTS ? from + CHUNK : POINTS;
    KEY run = keys[from];
    bool leads_in = chunk > 0 && keys[from - 1] == run;
    SUM sum = 0;
    for (u64 p = from; p < to; p += 8) {
        KEY key[8];
        T element[8];
#pragma unroll
        for (int k = 0; k < 8; k++) {
            const bool inside = p + k < to;
            key[k] = inside ? keys[p + k] : OUTSIDE;
            if (inside && key[k] != OUTSIDE) {
                i64 at[4] = {START};
                point(order[p + k], at);
                element[k] = x[at[1] + along[1]];
            }
        }
#pragma unroll
        for (int k = 0; k < 8; k++) {
            if (p + k >= to) break;
            if (key[k] != run) {
                if (leads_in) leads[chunk * LANES + lane] = sum;
                else narrow(row(y, run)[along[3]], sum);
                leads_in = false;
                sum = 0;
                run = key[k];
            }
            if (run == OUTSIDE) return;
            sum = plus(sum, widen(element[k]));
        }
    }
    if (leads_in) leads[chunk * LANES + lane] = sum;
    else if (to < POINTS && keys[to] == run) tails[chunk * LANES + lane] = sum;
    else narrow(row(y, run)[along[3]], sum);
}

// Runs over several chunks: a block adds up what lies behind the chunk in which a run begins, in an order that depends on
// the number of chunks alone.
extern "C" __global__ void __launch_bounds__(256) joins(T* y, const KEY* __restrict__ keys, const SUM* __restrict__ leads, const SUM* __restrict__ tails, RUN) {
    GUARD;
    __shared__ SUM parts[256];
    const u32 lane = blockIdx.x % TILES * TILE + threadIdx.x % TILE, team = threadIdx.x / TILE;
    const u64 chunk = blockIdx.x / TILES, from = chunk * CHUNK, to = from + CHUNK;
    if (to >= POINTS) return;
    const KEY run = keys[to];
    if (run == OUTSIDE || keys[to - 1] != run || (chunk > 0 && keys[from - 1] == run)) return;
    SUM sum = 0;
    if (lane < LANES) {
        for (u64 c = chunk + 1 + team; c < CHUNKS && keys[c * CHUNK] == run; c += 256 / TILE) {
            sum = plus(sum, leads[c * LANES + lane]);
        }
    }
    parts[threadIdx.x] = sum;
    __syncthreads();
    if (team > 0 || lane >= LANES) return;
    sum = tails[chunk * LANES + lane];
    for (u32 t = 0; t < 256 / TILE; t++) sum = plus(sum, parts[t * TILE + threadIdx.x]);
    i64 along[4] = {0, 0, 0, 0};
    lane_point(lane, along);
    narrow(row(y, run)[along[3]], sum);
}
#endif
