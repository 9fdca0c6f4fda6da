// Integers wrap, and a division by zero gives zero; signed overflow is undefined in C++, so the
// arithmetic goes through unsigned types.
template <class T> struct fw_unsigned { typedef T type; };
template <> struct fw_unsigned<int> { typedef unsigned type; };
template <> struct fw_unsigned<long long> { typedef unsigned long long type; };
#define FW_U(T, x) ((typename fw_unsigned<T>::type)(x))
template <class T> __device__ __forceinline__ T fw_add(T a, T b) { return (T)(FW_U(T, a) + FW_U(T, b)); }
template <class T> __device__ __forceinline__ T fw_sub(T a, T b) { return (T)(FW_U(T, a) - FW_U(T, b)); }
template <class T> __device__ __forceinline__ T fw_mul(T a, T b) { return (T)(FW_U(T, a) * FW_U(T, b)); }
template <class T> __device__ __forceinline__ T fw_neg(T a) { return (T)(FW_U(T, 0) - FW_U(T, a)); }
template <class T> __device__ __forceinline__ T fw_div(T a, T b) {
    return b == 0 ? (T)0 : (T)-1 < (T)0 && b == (T)-1 ? fw_neg(a) : (T)(a / b);
}
template <class T> __device__ __forceinline__ T fw_rem(T a, T b) {
    return b == 0 || ((T)-1 < (T)0 && b == (T)-1) ? (T)0 : (T)(a % b);
}
template <class T> __device__ __forceinline__ T fw_shl(T a, T b) {
    return (T)(FW_U(T, a) << ((unsigned)b & (unsigned)(sizeof(T) * 8 - 1)));
}
template <class T> __device__ __forceinline__ T fw_shr(T a, T b) {
    return (T)(a >> ((unsigned)b & (unsigned)(sizeof(T) * 8 - 1)));
}
__device__ __forceinline__ bool fw_not(bool a) { return !a; }
template <class T> __device__ __forceinline__ T fw_not(T a) { return (T)~a; }

// Philox4x32-10 (Salmon et al. 2011): the block of four words at counter / 4.
__device__ __forceinline__ void fw_philox(long long seed, long long counter, unsigned c[4]) {
    unsigned long long block = (unsigned long long)counter >> 2;
    unsigned k0 = (unsigned)seed, k1 = (unsigned)((unsigned long long)seed >> 32);
    c[0] = (unsigned)block; c[1] = (unsigned)(block >> 32); c[2] = 0u; c[3] = 0u;
    for (int round = 0; round < 10; ++round) {
        unsigned long long p0 = 0xD2511F53ull * c[0], p1 = 0xCD9E8D57ull * c[2];
        unsigned n0 = (unsigned)(p1 >> 32) ^ c[1] ^ k0, n2 = (unsigned)(p0 >> 32) ^ c[3] ^ k1;
        c[1] = (unsigned)p1; c[3] = (unsigned)p0; c[0] = n0; c[2] = n2;
        k0 += 0x9E3779B9u; k1 += 0xBB67AE85u;
    }
}
__device__ __forceinline__ float fw_philox_uniform(long long seed, long long counter) {
    unsigned c[4];
    fw_philox(seed, counter, c);
    unsigned lane = (unsigned)counter & 3u;
    unsigned word = lane == 0u ? c[0] : lane == 1u ? c[1] : lane == 2u ? c[2] : c[3];
    return (float)(word >> 8) * 5.9604644775390625e-8f;
}
__device__ __forceinline__ float fw_philox_normal(long long seed, long long counter) {
    unsigned c[4];
    fw_philox(seed, counter, c);
    bool high = ((unsigned)counter & 2u) != 0u;
    float u = (float)(((high ? c[2] : c[0]) >> 8) + 1u) * 5.9604644775390625e-8f;
    float t = (float)((high ? c[3] : c[1]) >> 8) * 1.1920928955078125e-7f;
    float r = sqrtf(-2.0f * logf(u));
    return r * (((unsigned)counter & 1u) ? sinpif(t) : cospif(t));
}
