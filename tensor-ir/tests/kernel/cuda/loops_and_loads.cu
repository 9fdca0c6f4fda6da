#ifndef FW_OP_MAX_FLOAT
#define FW_OP_MAX_FLOAT
__device__ __forceinline__ float fw_op_max_float(float a, float b) { return (a > b || a != a ? a : b); }
#endif
// rows (a.rs)
extern "C" __global__ void __launch_bounds__(32) rows(const float* __restrict__ x, float* __restrict__ y, float k, unsigned long long N, unsigned long long* fw_error) {
    unsigned long long row = (unsigned long long)blockIdx.x;  // :3
    float sum = (float)0;
    for (unsigned long long j = (unsigned long long)threadIdx.x; j < N; j += 32ull) {  // :4
        float t1 = 0;  // :5
        if (row < 64ull && j < N) { t1 = x[row * N + j]; } else fw_fault(fw_error, 5u);
        sum = sum + t1;
    }
    for (unsigned long long fw_left_q = fw_trips<unsigned long long>(0ull, 3ull, 1ull, true), fw_at_q = (unsigned long long)(3ull); fw_left_q > 0; --fw_left_q, fw_at_q -= 1ull) {  // :6
        const unsigned long long q = (unsigned long long)fw_at_q;
        float t2 = x[row * N + q];
        sum = fw_op_max_float(sum, t2);
    }
    while (sum > k) {  // :7
        sum = expf((-sum));
        if (sum < k) {
            break;
        }
        else {  // :7
            continue;
        }
    }
    if (row < 64ull) { y[row] = sum; } else fw_fault(fw_error, 8u);  // :8
}

