// What emitted kernels call beside the functions of the intrinsics.

// The error word holds the smallest key of those that failed, block first: so it is the same at every run.
__device__ __noinline__ void fw_fault(unsigned long long* error, unsigned line) {
    unsigned long long block = blockIdx.x + (unsigned long long)gridDim.x * (blockIdx.y + (unsigned long long)gridDim.y * blockIdx.z);
    unsigned long long thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    atomicMin(error, (block << 32) | (thread << 22) | (unsigned long long)(line & 0x3fffffu));
}

// Keeps the smallest of the keys that failed, and its value: a record of key, value, a lock and the number of the run it was (which is kept at 7).
__device__ __noinline__ void fw_fail(unsigned long long* record, unsigned long long key, long long value) {
    volatile unsigned long long* kept = record;
    for (bool done = kept[0] <= key; !done;) {
        if (atomicCAS((unsigned*)(record + 2), 0u, 1u) == 0u) {
            __threadfence();
            if (kept[0] > key) {
                kept[1] = (unsigned long long)value;
                kept[3] = kept[7];
                kept[0] = key;
            }
            __threadfence();
            atomicExch((unsigned*)(record + 2), 0u);
            done = true;
        }
    }
}

// 16-bit floats are held as floats that are exactly representable. Two are converted at once, one of them a zero: the
// instruction for one alone has a quarter of the throughput.
__device__ __forceinline__ unsigned fw_bf16_bits(float high, float low) { unsigned y; asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low)); return y; }
__device__ __forceinline__ unsigned fw_f16_bits(float high, float low) { unsigned y; asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low)); return y; }
__device__ __forceinline__ float fw_from_f16(unsigned short x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x)); return y; }
__device__ __forceinline__ unsigned short fw_to_f16(float x) { return (unsigned short)fw_f16_bits(0.0f, x); }
__device__ __forceinline__ float fw_from_bf16(unsigned short x) { return __uint_as_float((unsigned)x << 16); }
__device__ __forceinline__ unsigned short fw_to_bf16(float x) { return (unsigned short)fw_bf16_bits(0.0f, x); }
__device__ __forceinline__ float fw_f16(float x) { return fw_from_f16(fw_to_f16(x)); }
__device__ __forceinline__ float fw_bf16(float x) { return __uint_as_float(fw_bf16_bits(x, 0.0f)); }

// Rust's `as` from a float: towards zero, the nearest end where it does not fit, a NaN to 0.
template <class F> __device__ __forceinline__ int fw_i32(F x) { return x != x ? 0 : x >= (F)2147483648.0 ? 2147483647 : x <= (F)-2147483648.0 ? -2147483647 - 1 : (int)x; }
template <class F> __device__ __forceinline__ long long fw_i64(F x) { return x != x ? 0 : x >= (F)9223372036854775808.0 ? 0x7fffffffffffffffll : x <= (F)-9223372036854775808.0 ? -0x7fffffffffffffffll - 1 : (long long)x; }
template <class F> __device__ __forceinline__ unsigned char fw_u8(F x) { return x > (F)0 ? x >= (F)255 ? (unsigned char)255 : (unsigned char)x : (unsigned char)0; }
template <class F> __device__ __forceinline__ unsigned fw_u32(F x) { return x > (F)0 ? x >= (F)4294967296.0 ? 0xffffffffu : (unsigned)x : 0u; }
template <class F> __device__ __forceinline__ unsigned long long fw_u64(F x) { return x > (F)0 ? x >= (F)18446744073709551616.0 ? 0xffffffffffffffffull : (unsigned long long)x : 0ull; }

template <class T> __device__ __forceinline__ T fw_div_ceil(T a, T b) { return b == 0 ? (T)0 : (T)(a / b + (a % b != 0)); }

// Consecutive elements, moved by 16 bytes at once.
template <class T, int N> struct __align__(sizeof(T) * N > 16 ? 16 : sizeof(T) * N) FwVector { T at[N]; };

// How often a loop over a range runs.
template <class T> __device__ __forceinline__ unsigned long long fw_trips(T start, T end, unsigned long long step, bool inclusive) {
    if (start > end || (start == end && !inclusive) || step == 0) return 0;
    unsigned long long span = (unsigned long long)end - (unsigned long long)start;
    return inclusive ? span / step + 1 : (span - 1) / step + 1;
}

// What a reduction or scan does with two values, and how it rounds: FW_ROUND is the identity, fw_f16 or fw_bf16.
struct FwExact { template <class T> static __device__ __forceinline__ T round(T x) { return x; } };
struct FwF16 { static __device__ __forceinline__ float round(float x) { return fw_f16(x); } };
struct FwBf16 { static __device__ __forceinline__ float round(float x) { return fw_bf16(x); } };
__device__ __forceinline__ float fw_plus(float a, float b) { return a + b; }
__device__ __forceinline__ double fw_plus(double a, double b) { return a + b; }
template <class T> __device__ __forceinline__ T fw_plus(T a, T b) { return fw_add(a, b); }
template <class R> struct FwSum { template <class T> static __device__ __forceinline__ T of(T a, T b) { return R::round(fw_plus(a, b)); } };
struct FwMax { template <class T> static __device__ __forceinline__ T of(T a, T b) { return a > b || a != a ? a : b; } };
struct FwMin { template <class T> static __device__ __forceinline__ T of(T a, T b) { return a < b || a != a ? a : b; } };

// The larger and the smaller: a NaN if one is a NaN, and 0 above -0.
__device__ __forceinline__ float fw_largest(float a, float b) { float y; asm("max.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b)); return y; }
__device__ __forceinline__ float fw_smallest(float a, float b) { float y; asm("min.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b)); return y; }
__device__ __forceinline__ double fw_largest(double a, double b) { return a > b || a != a || (a == b && __double_as_longlong(a) >= 0) ? a : b; }
__device__ __forceinline__ double fw_smallest(double a, double b) { return a < b || a != a || (a == b && __double_as_longlong(a) < 0) ? a : b; }

// THREADS are those of a block. Lanes of a last warp that is not full are absent.
#define FW_THREAD (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z))
#define FW_LANE (FW_THREAD & 31u)
#define FW_WARP (FW_THREAD >> 5)
template <int THREADS> __device__ __forceinline__ unsigned fw_lanes() { if (THREADS % 32 == 0) return 32u; unsigned left = THREADS - (FW_THREAD & ~31u); return left < 32u ? left : 32u; }
template <int THREADS> __device__ __forceinline__ unsigned fw_mask() { return THREADS % 32 == 0 ? 0xffffffffu : 0xffffffffu >> (32u - fw_lanes<THREADS>()); }
__device__ __forceinline__ bool fw_lane_of(unsigned mask, bool v, unsigned lane) { return __shfl_sync(mask, (int)v, lane) != 0; }
__device__ __forceinline__ unsigned char fw_lane_of(unsigned mask, unsigned char v, unsigned lane) { return (unsigned char)__shfl_sync(mask, (int)v, lane); }
template <class T> __device__ __forceinline__ T fw_lane_of(unsigned mask, T v, unsigned lane) { return __shfl_sync(mask, v, lane); }
// The value of `v` in `lane`, this thread's own where there is no such lane.
template <int THREADS, class T> __device__ __forceinline__ T fw_from_lane(T v, unsigned lane) {
    bool present = lane < fw_lanes<THREADS>();
    T other = fw_lane_of(fw_mask<THREADS>(), v, present ? lane : FW_LANE);
    return present ? other : v;
}
template <int THREADS, class T> __device__ __forceinline__ T fw_shuffle(T v, unsigned lane) { return fw_from_lane<THREADS>(v, lane & 31u); }
template <int THREADS, class T> __device__ __forceinline__ T fw_shuffle_up(T v, unsigned d) { return fw_from_lane<THREADS>(v, d > FW_LANE ? 32u : FW_LANE - d); }
template <int THREADS, class T> __device__ __forceinline__ T fw_shuffle_down(T v, unsigned d) { return fw_from_lane<THREADS>(v, d > 31u ? 32u : FW_LANE + d); }
template <int THREADS, class T> __device__ __forceinline__ T fw_shuffle_xor(T v, unsigned bits) { return fw_from_lane<THREADS>(v, bits > 31u ? 32u : FW_LANE ^ bits); }
template <int THREADS> __device__ __forceinline__ unsigned fw_ballot(bool p) { return __ballot_sync(fw_mask<THREADS>(), p); }
template <int THREADS> __device__ __forceinline__ bool fw_any(bool p) { return __any_sync(fw_mask<THREADS>(), p) != 0; }
template <int THREADS> __device__ __forceinline__ bool fw_all(bool p) { return __all_sync(fw_mask<THREADS>(), p) != 0; }

// Lane 0's tree over the first `lanes` lanes of a warp.
template <class Op, class T> __device__ __forceinline__ T fw_tree(T v, unsigned mask, unsigned lanes) {
    unsigned lane = FW_LANE;
    for (unsigned d = 16; d > 0; d >>= 1) {
        T other = fw_lane_of(mask, v, lane + d < 32u && (mask >> (lane + d) & 1u) ? lane + d : lane);
        if (lane + d < lanes) v = Op::of(v, other);
    }
    return fw_lane_of(mask, v, 0u);
}
template <class Op, int THREADS, class T> __device__ __forceinline__ T fw_warp_reduce(T v) {
    return fw_tree<Op>(v, fw_mask<THREADS>(), fw_lanes<THREADS>());
}
template <class Op, int THREADS, class T> __device__ __forceinline__ T fw_block_reduce(T v) {
    v = fw_warp_reduce<Op, THREADS>(v);
    if (THREADS <= 32) return v;
    __shared__ T warps[33];
    __syncthreads();
    if (FW_LANE == 0u) warps[FW_WARP] = v;
    __syncthreads();
    const unsigned count = (THREADS + 31) / 32;
    // The first warp of several is full.
    if (FW_WARP == 0u) {
        T sum = fw_tree<Op>(warps[FW_LANE < count ? FW_LANE : 0u], 0xffffffffu, count);
        if (FW_LANE == 0u) warps[32] = sum;
    }
    __syncthreads();
    return warps[32];
}
template <class Op, class T> __device__ __forceinline__ T fw_steps(T v, unsigned mask) {
    unsigned lane = FW_LANE;
    for (unsigned d = 1; d < 32; d <<= 1) {
        T other = fw_lane_of(mask, v, lane >= d ? lane - d : lane);
        if (lane >= d) v = Op::of(other, v);
    }
    return v;
}
template <class Op, int THREADS, class T> __device__ __forceinline__ T fw_warp_scan(T v) { return fw_steps<Op>(v, fw_mask<THREADS>()); }
template <class Op, int THREADS, class T> __device__ __forceinline__ T fw_block_scan(T v) {
    v = fw_warp_scan<Op, THREADS>(v);
    if (THREADS <= 32) return v;
    __shared__ T warps[32];
    __syncthreads();
    if (FW_LANE == fw_lanes<THREADS>() - 1u) warps[FW_WARP] = v;
    __syncthreads();
    if (FW_WARP == 0u) {
        T sum = fw_steps<Op>(warps[FW_LANE < (THREADS + 31) / 32 ? FW_LANE : 0u], 0xffffffffu);
        warps[FW_LANE] = sum;
    }
    __syncthreads();
    return FW_WARP == 0u ? v : Op::of(warps[FW_WARP - 1u], v);
}

// Atomics that CUDA has under other types.
__device__ __forceinline__ long long fw_cast(unsigned long long x) { return (long long)x; }
__device__ __forceinline__ unsigned long long* fw_bits(long long* p) { return (unsigned long long*)p; }
#define FW_ATOMICS(SCOPE) \
    __device__ __forceinline__ float fw_atomic_add##SCOPE(float* p, float v) { return atomicAdd##SCOPE(p, v); } \
    __device__ __forceinline__ double fw_atomic_add##SCOPE(double* p, double v) { return atomicAdd##SCOPE(p, v); } \
    __device__ __forceinline__ int fw_atomic_add##SCOPE(int* p, int v) { return atomicAdd##SCOPE(p, v); } \
    __device__ __forceinline__ unsigned fw_atomic_add##SCOPE(unsigned* p, unsigned v) { return atomicAdd##SCOPE(p, v); } \
    __device__ __forceinline__ unsigned long long fw_atomic_add##SCOPE(unsigned long long* p, unsigned long long v) { return atomicAdd##SCOPE(p, v); } \
    __device__ __forceinline__ long long fw_atomic_add##SCOPE(long long* p, long long v) { return (long long)atomicAdd##SCOPE(fw_bits(p), (unsigned long long)v); } \
    template <class T> __device__ __forceinline__ T fw_atomic_min##SCOPE(T* p, T v) { return atomicMin##SCOPE(p, v); } \
    template <class T> __device__ __forceinline__ T fw_atomic_max##SCOPE(T* p, T v) { return atomicMax##SCOPE(p, v); } \
    template <class T> __device__ __forceinline__ T fw_atomic_exchange##SCOPE(T* p, T v) { return atomicExch##SCOPE(p, v); } \
    __device__ __forceinline__ long long fw_atomic_exchange##SCOPE(long long* p, long long v) { return (long long)atomicExch##SCOPE(fw_bits(p), (unsigned long long)v); } \
    __device__ __forceinline__ double fw_atomic_exchange##SCOPE(double* p, double v) { return __longlong_as_double((long long)atomicExch##SCOPE((unsigned long long*)p, (unsigned long long)__double_as_longlong(v))); } \
    template <class T> __device__ __forceinline__ T fw_atomic_compare_exchange##SCOPE(T* p, T e, T v) { return atomicCAS##SCOPE(p, e, v); } \
    __device__ __forceinline__ long long fw_atomic_compare_exchange##SCOPE(long long* p, long long e, long long v) { return (long long)atomicCAS##SCOPE(fw_bits(p), (unsigned long long)e, (unsigned long long)v); } \
    __device__ __forceinline__ float fw_atomic_compare_exchange##SCOPE(float* p, float e, float v) { return __int_as_float(atomicCAS##SCOPE((int*)p, __float_as_int(e), __float_as_int(v))); } \
    __device__ __forceinline__ float fw_atomic_min##SCOPE(float* p, float v) { \
        float old = *(volatile float*)p; \
        while (FwMin::of(old, v) != old || (v != v && old == old)) { \
            float seen = __int_as_float(atomicCAS##SCOPE((int*)p, __float_as_int(old), __float_as_int(FwMin::of(old, v)))); \
            if (__float_as_int(seen) == __float_as_int(old)) break; \
            old = seen; \
        } \
        return old; \
    } \
    __device__ __forceinline__ float fw_atomic_max##SCOPE(float* p, float v) { \
        float old = *(volatile float*)p; \
        while (FwMax::of(old, v) != old || (v != v && old == old)) { \
            float seen = __int_as_float(atomicCAS##SCOPE((int*)p, __float_as_int(old), __float_as_int(FwMax::of(old, v)))); \
            if (__float_as_int(seen) == __float_as_int(old)) break; \
            old = seen; \
        } \
        return old; \
    }
FW_ATOMICS()
FW_ATOMICS(_block)
