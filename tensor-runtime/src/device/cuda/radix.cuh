// A stable sort of lines of keys by their digits of 8 bits, from the lowest on: of each digit how many each tile has, where
// those of each tile begin, then to their places. 256 threads; a tile is ITEMS elements a thread.

#define SORT_TILE (256u * ITEMS)

#ifdef STAGE_count
extern "C" __global__ void __launch_bounds__(256) count(const KEY* __restrict__ keys, u32* counts, u32 shift, RUN) {
    GUARD;
    __shared__ u32 found[256];
    const u32 tile = blockIdx.x % SORT_TILES, line = blockIdx.x / SORT_TILES;
    found[threadIdx.x] = 0;
    __syncthreads();
    for (u32 k = 0; k < ITEMS; k++) {
        const u64 i = (u64)tile * SORT_TILE + k * 256 + threadIdx.x;
        if (i < SORT_LEN) atomicAdd(&found[(u32)(keys[line * SORT_LEN + i] >> shift) & 255u], 1u);
    }
    __syncthreads();
    counts[(u64)blockIdx.x * 256 + threadIdx.x] = found[threadIdx.x];
}
#endif

#ifdef STAGE_offsets
// A block a line: the counts become sums of all before.
extern "C" __global__ void __launch_bounds__(256) offsets(u32* counts, RUN) {
    GUARD;
    __shared__ u32 sums[256];
    u32* own = counts + (u64)blockIdx.x * SORT_TILES * 256 + threadIdx.x;
    u32 sum = 0;
#pragma unroll 8
    for (u32 k = 0; k < SORT_TILES; k++) sum += own[k * 256];
    sums[threadIdx.x] = sum;
    __syncthreads();
    for (u32 by = 1; by < 256; by *= 2) {
        const u32 before = threadIdx.x >= by ? sums[threadIdx.x - by] : 0;
        __syncthreads();
        sums[threadIdx.x] += before;
        __syncthreads();
    }
    u32 before = sums[threadIdx.x] - sum;
#pragma unroll 8
    for (u32 k = 0; k < SORT_TILES; k++) {
        const u32 here = own[k * 256];
        own[k * 256] = before;
        before += here;
    }
}
#endif

#ifdef STAGE_move
// A warp takes 32 * ITEMS elements that lie together, 32 at a time. Without `order` the place is that in the line; without
// `to_keys` this is the last digit.
extern "C" __global__ void __launch_bounds__(256) move(const KEY* __restrict__ keys, const u32* __restrict__ order, const u32* __restrict__ counts,
     KEY* to_keys, u32* to_order, LAST* y, u32 shift, RUN) {
    GUARD;
    __shared__ u32 seen[8][256];
    const u32 tile = blockIdx.x % SORT_TILES, line = blockIdx.x / SORT_TILES, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    for (u32 w = 0; w < 8; w++) seen[w][threadIdx.x] = 0;
    __syncthreads();
    const u64 first = (u64)tile * SORT_TILE + warp * 32 * ITEMS + lane;
    KEY key[ITEMS];
    u32 rank[ITEMS];
#pragma unroll
    for (u32 k = 0; k < ITEMS; k++) {
        const u64 i = first + k * 32;
        key[k] = i < SORT_LEN ? keys[line * SORT_LEN + i] : 0;
    }
#pragma unroll
    for (u32 k = 0; k < ITEMS; k++) {
        // Those past the end are of no digit.
        const u32 digit = first + k * 32 < SORT_LEN ? (u32)(key[k] >> shift) & 255u : 256u;
        const u32 same = __match_any_sync(~0u, digit), before = __popc(same & ((1u << lane) - 1));
        rank[k] = before + (digit < 256 ? seen[warp][digit] : 0);
        __syncwarp();
        if (digit < 256 && before == 0) seen[warp][digit] += __popc(same);
        __syncwarp();
    }
    __syncthreads();
    u32 base = counts[(u64)blockIdx.x * 256 + threadIdx.x];
    for (u32 w = 0; w < 8; w++) {
        const u32 here = seen[w][threadIdx.x];
        seen[w][threadIdx.x] = base;
        base += here;
    }
    __syncthreads();
#pragma unroll
    for (u32 k = 0; k < ITEMS; k++) {
        const u64 i = first + k * 32;
        if (i >= SORT_LEN) continue;
        const u32 to = rank[k] + seen[warp][(u32)(key[k] >> shift) & 255u];
        const u32 place = order ? order[line * SORT_LEN + i] : (u32)i;
        if (to_keys) to_keys[line * SORT_LEN + to] = key[k];
        if (to_order) to_order[line * SORT_LEN + to] = place;
        else last(y, line, to, place);
    }
}
#endif
