// Numbers in memory and how they are computed with, and the run's error word.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

// What a kernel ends with: the error word, and whether it does nothing once a check has failed.
struct Errors { u64 key; i64 value; u64 lock, failed_run, reserved[3], this_run; };
#define RUN Errors* errors, u32 guarded
#define GUARD if (guarded && *(volatile u64*)&errors->key != ~0ull) return

// The smallest key is kept, with its value: so the word is the same at every run.
__device__ __noinline__ void report(Errors* errors, u64 key, i64 value) {
    if (*(volatile u64*)&errors->key <= key) return;
    while (atomicCAS(&errors->lock, 0ull, 1ull) != 0ull) {}
    __threadfence();
    if (key < *(volatile u64*)&errors->key) {
        *(volatile i64*)&errors->value = value;
        *(volatile u64*)&errors->failed_run = errors->this_run;
        *(volatile u64*)&errors->key = key;
    }
    __threadfence();
    atomicExch(&errors->lock, 0ull);
}

#ifndef EMULATED
__device__ __forceinline__ float f16_to_f32(u16 x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x)); return y; }
__device__ __forceinline__ u16 f32_to_f16(float x) { u16 y; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x)); return y; }
__device__ __forceinline__ u16 f32_to_bf16(float x) { u16 y; asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y) : "f"(x)); return y; }
#endif

// An f32 that rounds to 16 bits as x does: inexact ones are made odd.
__device__ __forceinline__ float odd(double x) {
    float y = __double2float_rz(x);
    return (double)y == x ? y : __uint_as_float(__float_as_uint(y) | 1u);
}

struct F16 { u16 bits; };
struct BF16 { u16 bits; };
__device__ __forceinline__ float widen(float x) { return x; }
__device__ __forceinline__ double widen(double x) { return x; }
__device__ __forceinline__ float widen(F16 x) { return f16_to_f32(x.bits); }
__device__ __forceinline__ float widen(BF16 x) { return __uint_as_float((u32)x.bits << 16); }
__device__ __forceinline__ u64 widen(i64 x) { return (u64)x; }
__device__ __forceinline__ u64 widen(int x) { return (u64)(i64)x; }
__device__ __forceinline__ u64 widen(u8 x) { return x; }
__device__ __forceinline__ bool widen(bool x) { return x; }

__device__ __forceinline__ void narrow(float& to, float x) { to = x; }
__device__ __forceinline__ void narrow(double& to, double x) { to = x; }
__device__ __forceinline__ void narrow(float& to, double x) { to = (float)x; }
__device__ __forceinline__ void narrow(F16& to, float x) { to.bits = f32_to_f16(x); }
__device__ __forceinline__ void narrow(BF16& to, float x) { to.bits = f32_to_bf16(x); }
__device__ __forceinline__ void narrow(F16& to, double x) { to.bits = f32_to_f16(odd(x)); }
__device__ __forceinline__ void narrow(BF16& to, double x) { to.bits = f32_to_bf16(odd(x)); }
__device__ __forceinline__ void narrow(i64& to, u64 x) { to = (i64)x; }
__device__ __forceinline__ void narrow(int& to, u64 x) { to = (int)(u32)x; }
__device__ __forceinline__ void narrow(u8& to, u64 x) { to = (u8)x; }
__device__ __forceinline__ void narrow(bool& to, bool x) { to = x; }

// Sums: 16-bit floats in f32, integers modulo a power of two, booleans by `or`.
__device__ __forceinline__ float plus(float a, float b) { return a + b; }
__device__ __forceinline__ double plus(double a, double b) { return a + b; }
__device__ __forceinline__ u64 plus(u64 a, u64 b) { return a + b; }
__device__ __forceinline__ bool plus(bool a, bool b) { return a || b; }
