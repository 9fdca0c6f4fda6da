// rows (a.rs)
extern "C" __global__ void __launch_bounds__(32) rows(unsigned short* __restrict__ y, unsigned short k_bits, unsigned long long N, unsigned long long* fw_error) {
    float k = fw_from_bf16(k_bits);
    extern __shared__ __align__(16) unsigned char fw_shared[];
    long long* const count = reinterpret_cast<long long*>(fw_shared);
    unsigned short* const tile = reinterpret_cast<unsigned short*>(fw_shared + ((64ull * 8ull + 15ull) & ~15ull));
    unsigned short* const row = reinterpret_cast<unsigned short*>(fw_shared + ((64ull * 8ull + 15ull) & ~15ull) + ((N * 5ull * 2ull + 15ull) & ~15ull));
    unsigned long long t = (unsigned long long)threadIdx.x;  // :3
    if (t < 64ull) { count[t] = 1ll; } else fw_fault(fw_error, 4u);  // :4
    if (t < N) { tile[t * 5ull + 4ull] = fw_to_bf16(k); } else fw_fault(fw_error, 4u);
    float t1 = 0;
    if (t < N) { t1 = fw_from_bf16(tile[t * 5ull + 4ull]); } else fw_fault(fw_error, 4u);
    if (t < N) { row[t] = fw_to_bf16(t1); } else fw_fault(fw_error, 4u);
    float t2 = 0;
    if (t < N) { t2 = fw_from_bf16(row[t]); } else fw_fault(fw_error, 4u);
    if (t < 64ull) { y[t] = fw_to_bf16(t2); } else fw_fault(fw_error, 4u);
}

