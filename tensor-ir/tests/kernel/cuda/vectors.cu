// rows (a.rs)
extern "C" __global__ void __launch_bounds__(32) rows(const float* __restrict__ x, float* __restrict__ y, unsigned long long N, unsigned long long* fw_error) {
    unsigned long long i = 4ull * ((unsigned long long)(blockIdx.x * (unsigned long long)blockDim.x + threadIdx.x));  // :3
    float v[4] = { 0 };
    if (i < N && N - i >= 4ull && (0ull * N + i) % 4ull == 0ull) { { const FwVector<float, 4> fw_v = *(const FwVector<float, 4>*)&x[0ull * N + i]; for (int fw_i = 0; fw_i < 4; ++fw_i) v[fw_i] = fw_v.at[fw_i]; } } else fw_fault(fw_error, 3u);
    if (i < N && N - i >= 4ull && (i) % 4ull == 0ull) { { FwVector<float, 4> fw_v; for (int fw_i = 0; fw_i < 4; ++fw_i) fw_v.at[fw_i] = v[fw_i]; *(FwVector<float, 4>*)&y[i] = fw_v; } } else fw_fault(fw_error, 4u);  // :4
}

