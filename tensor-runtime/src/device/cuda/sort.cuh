// Elements become whole numbers in the same order, FLIP turns it around. The stable order: equals by place.

#if FLOAT
__device__ __forceinline__ KEY ordered(T x) {
    const BITS bits = *(const BITS*)&x, sign = (BITS)((BITS)1 << (sizeof(BITS) * 8 - 1));
    const BITS key = (BITS)(bits & (BITS)~sign) > INFINITE ? (BITS)~(BITS)0  // A NaN is largest.
        : bits == sign ? sign  // Both zeros are one.
        : bits & sign ? (BITS)~bits : (BITS)(bits | sign);
    return (KEY)(BITS)(key ^ (BITS)FLIP);
}
#else
__device__ __forceinline__ KEY ordered(T x) { return (KEY)(BITS)((BITS)x ^ (BITS)LOWEST ^ (BITS)FLIP); }
#endif

// Lines begin at at[0] of x and at[1] of y.
__device__ __forceinline__ void last(i64* y, u64 line, u32 to, u32 place) {
    if (to - BEGIN >= KEEP) return;
    i64 at[2] = {OFFSET, 0};
    line_at(line, at);
    y[at[1] + (i64)(to - BEGIN) * STEP_Y] = place;
}

#ifdef STAGE_keys
extern "C" __global__ void __launch_bounds__(256) keys(KEY* keys, const T* __restrict__ x, RUN) {
    GUARD;
    const u64 i = (u64)blockIdx.x * 256 + threadIdx.x;
    if (i >= LINES * LEN) return;
    i64 at[2] = {OFFSET, 0};
    line_at(i / LEN, at);
    keys[i] = ordered(x[at[0] + (i64)(i % LEN) * STEP_X]);
}
#endif

#ifdef STAGE_rows
// Whole lines in shared memory, TOGETHER of them in a block, each as long as a power of two: a bitonic sort.
extern "C" __global__ void __launch_bounds__(ROW_THREADS) rows(i64* y, const T* x, RUN) {
    GUARD;
    __shared__ KEY keys[TOGETHER * ROOM];
    __shared__ u16 places[TOGETHER * ROOM];
    const u64 first = (u64)blockIdx.x * TOGETHER;
    for (u32 e = threadIdx.x; e < TOGETHER * ROOM; e += ROW_THREADS) {
        // Neighbours in memory are read by neighbours.
        const u32 row = SIDE_BY_SIDE ? e % TOGETHER : e / ROOM, i = SIDE_BY_SIDE ? e / TOGETHER : e % ROOM;
        KEY key = (KEY)~(KEY)0;
        if (i < LEN && first + row < LINES) {
            i64 at[2] = {OFFSET, 0};
            line_at(first + row, at);
            key = ordered(x[at[0] + (i64)i * STEP_X]);
        }
        keys[row * ROOM + i] = key;
        places[row * ROOM + i] = (u16)i;
    }
    __syncthreads();
    for (u32 size = 2; size <= ROOM; size *= 2) {
        for (u32 by = size / 2; by > 0; by /= 2) {
            for (u32 q = threadIdx.x; q < TOGETHER * ROOM / 2; q += ROW_THREADS) {
                const u32 a = q / by * by * 2 + q % by, b = a + by;
                const bool up = (a & size & (ROOM - 1)) == 0;
                const KEY ka = keys[a], kb = keys[b];
                const u16 pa = places[a], pb = places[b];
                const bool swapped = kb < ka || (kb == ka && pb < pa);
                if (swapped == up) {
                    keys[a] = kb, keys[b] = ka;
                    places[a] = pb, places[b] = pa;
                }
            }
            __syncthreads();
        }
    }
    for (u32 e = threadIdx.x; e < TOGETHER * KEEP; e += ROW_THREADS) {
        const u32 row = SIDE_BY_SIDE ? e % TOGETHER : e / KEEP, i = SIDE_BY_SIDE ? e / TOGETHER : e % KEEP;
        if (first + row < LINES) last(y, first + row, BEGIN + i, places[row * ROOM + BEGIN + i]);
    }
}
#endif
