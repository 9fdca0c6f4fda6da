// Enough of CUDA C++ for a C++ compiler, so that texts run without a GPU: blocks one after the other, the threads of a block
// in turn, each until it waits for others.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <ucontext.h>
#include <utility>
#include <vector>

#define EMULATED
#define __global__
#define __device__
#define __shared__ static
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define threadIdx (emulation::current->index)
#define blockIdx (emulation::block)

struct dim3 { unsigned x, y, z; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

namespace emulation {
enum State { READY, WARP, BLOCK, DONE };
struct Thread { ucontext_t context; std::vector<char> stack; State state; dim3 index; uint64_t slot; };
static std::vector<Thread> threads;
static Thread* current;
static dim3 block;
static ucontext_t scheduler;
static const std::function<void()>* body;

static void start() { (*body)(); current->state = DONE; }
inline void wait(State state) { current->state = state; swapcontext(&current->context, &scheduler); }

// Lets go those of a range that wait for each other, once all of them do; threads that are done are waited for no more.
static void release(size_t from, size_t to, State state) {
    for (size_t i = from; i < to; i++) if (threads[i].state != state && threads[i].state != DONE) return;
    for (size_t i = from; i < to; i++) if (threads[i].state == state) threads[i].state = READY;
}

static void run(unsigned blocks, unsigned count, const std::function<void()>& work) {
    body = &work;
    threads.resize(count);
    for (unsigned b = 0; b < blocks; b++) {
        block = {b, 0, 0};
        for (unsigned i = 0; i < count; i++) {
            Thread& t = threads[i];
            t.stack.resize(1 << 16);
            t.state = READY;
            t.index = {i, 0, 0};
            getcontext(&t.context);
            t.context.uc_stack.ss_sp = t.stack.data();
            t.context.uc_stack.ss_size = t.stack.size();
            t.context.uc_link = &scheduler;
            makecontext(&t.context, start, 0);
        }
        for (size_t done = 0; done < count;) {
            bool moved = false;
            for (Thread& t : threads) {
                if (t.state != READY) continue;
                current = &t;
                swapcontext(&scheduler, &t.context);
                done += t.state == DONE;
                moved = true;
            }
            if (!moved) abort();
            for (size_t w = 0; w < count; w += 32) release(w, w + 32 < count ? w + 32 : count, WARP);
            release(0, count, BLOCK);
        }
    }
}

template <class T> inline uint64_t bits(T x) { uint64_t b = 0; memcpy(&b, &x, sizeof x); return b; }
template <class T> inline T from_bits(uint64_t b) { T x; memcpy(&x, &b, sizeof x); return x; }
// What `f` makes of the values of the warp.
template <class T, class F> inline auto exchanged(T x, F f) {
    current->slot = bits(x);
    wait(WARP);
    const unsigned lane = current->index.x % 32;
    auto found = f(&threads[current->index.x - lane], lane);
    wait(WARP);
    return found;
}
template <class... P, size_t... I> void call(void (*f)(P...), uint64_t* args, std::index_sequence<I...>) { f(from_bits<P>(args[I])...); }
template <class... P> void launch(void (*f)(P...), unsigned blocks, unsigned count, uint64_t* args) {
    run(blocks, count, [&] { call(f, args, std::index_sequence_for<P...>()); });
}
}

inline void __syncthreads() { emulation::wait(emulation::BLOCK); }
inline void __syncwarp() { emulation::wait(emulation::WARP); }
inline void __threadfence() {}
template <class T> inline T __shfl_up_sync(unsigned, T x, unsigned by) {
    return emulation::exchanged(x, [=](emulation::Thread* warp, unsigned lane) { return emulation::from_bits<T>(warp[lane >= by ? lane - by : lane].slot); });
}
template <class T> inline unsigned __match_any_sync(unsigned, T x) {
    return emulation::exchanged(x, [](emulation::Thread* warp, unsigned lane) {
        unsigned same = 0;
        for (unsigned i = 0; i < 32; i++) same |= (unsigned)(warp[i].slot == warp[lane].slot) << i;
        return same;
    });
}
template <class T> inline T atomicAdd(T* at, T x) { T old = *at; *at += x; return old; }
template <class T> inline T atomicCAS(T* at, T was, T x) { T old = *at; if (old == was) *at = x; return old; }
template <class T> inline T atomicExch(T* at, T x) { T old = *at; *at = x; return old; }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline float __uint_as_float(unsigned x) { return emulation::from_bits<float>(x); }
inline unsigned __float_as_uint(float x) { return (unsigned)emulation::bits(x); }
inline double __longlong_as_double(long long x) { return emulation::from_bits<double>((uint64_t)x); }
inline float __double2float_rz(double x) { float y = (float)x; return std::fabs((double)y) > std::fabs(x) ? std::nextafterf(y, 0.0f) : y; }
inline float f16_to_f32(unsigned short x) { return (float)emulation::from_bits<_Float16>(x); }
inline unsigned short f32_to_f16(float x) { return (unsigned short)emulation::bits((_Float16)x); }
inline unsigned short f32_to_bf16(float x) {
    const unsigned b = __float_as_uint(x);
    return x != x ? 0x7fff : (unsigned short)((b + 0x7fff + (b >> 16 & 1)) >> 16);
}
