// rows (a.rs)
extern "C" __global__ void __launch_bounds__(32) rows(const int* __restrict__ x, int* __restrict__ y, int k, unsigned long long N, unsigned long long* fw_error) {
    __shared__ __align__(16) int s[32];
    int v = 0;  // :3
    if ((unsigned long long)blockIdx.x < 64ull && (unsigned long long)FW_LANE < N) { v = x[((unsigned long long)blockIdx.x) * N + (unsigned long long)FW_LANE]; } else fw_fault(fw_error, 3u);
    int t2 = fw_block_reduce<FwSum<FwExact>, 32>(v);  // :4
    v = t2;
    int t3 = fw_warp_scan<FwSum<FwExact>, 32>(v);
    v = t3;
    int t4 = fw_shuffle_xor<32>(v, (unsigned)1);
    v = t4;
    unsigned bits = fw_ballot<32>((v < k));  // :5
    if (((unsigned long long)FW_LANE) == 0ull) {  // :6
        if ((unsigned long long)FW_WARP < 8ull) { s[((unsigned long long)FW_WARP) * 4ull + 1ull] = v; } else fw_fault(fw_error, 6u);
    }
    __syncthreads();  // :7
    __syncwarp(fw_mask<32>());
    int old = 0;  // :8
    old = fw_atomic_max_block(&s[0ull * 4ull + 0ull], v);
    fw_atomic_add(&y[0ull], old);
}

