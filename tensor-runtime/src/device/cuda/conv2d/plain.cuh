// A convolution by its definition: a thread adds up one element of the result, always in the same order.

__device__ __forceinline__ i64 x_at(i64 n, i64 c, i64 i, i64 j) { return ((n * C + c) * H + i) * W + j; }
__device__ __forceinline__ i64 w_at(i64 o, i64 c, i64 i, i64 j) { return ((o * CG + c) * KH + i) * KW + j; }
__device__ __forceinline__ i64 y_at(i64 n, i64 o, i64 i, i64 j) { return ((n * O + o) * OH + i) * OW + j; }

// Where the filter's element (a, b) meets the image when the result is at (i, j); whether it lies in it.
__device__ __forceinline__ bool meets(i64 i, i64 j, i64 a, i64 b, i64& row, i64& col) {
    row = i * SH - PH + a * DH, col = j * SW - PW + b * DW;
    return row >= 0 && row < H && col >= 0 && col < W;
}

#ifdef STAGE_forward
extern "C" __global__ void __launch_bounds__(256) forward(const T* x, const T* w, T* y, RUN) {
    GUARD;
    const i64 at = (i64)blockIdx.x * 256 + threadIdx.x;
    if (at >= ELEMENTS) return;
    const i64 j = at % OW, i = at / OW % OH, o = at / OW / OH % O, n = at / OW / OH / O;
    i64 row, col;
    SUM sum = 0;
    for (i64 c = 0; c < CG; c++)
        for (i64 a = 0; a < KH; a++)
            for (i64 b = 0; b < KW; b++)
                if (meets(i, j, a, b, row, col))
                    sum += widen(x[x_at(n, o / OG * CG + c, row, col)]) * widen(w[w_at(o, c, a, b)]);
    narrow(y[at], sum);
}
#endif

#ifdef STAGE_data
extern "C" __global__ void __launch_bounds__(256) data(T* x, const T* w, const T* y, RUN) {
    GUARD;
    const i64 at = (i64)blockIdx.x * 256 + threadIdx.x;
    if (at >= ELEMENTS) return;
    const i64 col = at % W, row = at / W % H, c = at / W / H % C, n = at / W / H / C, first = c / CG * OG;
    SUM sum = 0;
    for (i64 o = first; o < first + OG; o++)
        for (i64 a = 0; a < KH; a++)
            for (i64 b = 0; b < KW; b++) {
                const i64 i = row + PH - a * DH, j = col + PW - b * DW;
                if (i < 0 || i % SH != 0 || i / SH >= OH || j < 0 || j % SW != 0 || j / SW >= OW) continue;
                sum += widen(y[y_at(n, o, i / SH, j / SW)]) * widen(w[w_at(o, c % CG, a, b)]);
            }
    narrow(x[at], sum);
}
#endif

#ifdef STAGE_filter
extern "C" __global__ void __launch_bounds__(256) filter(const T* x, T* w, const T* y, RUN) {
    GUARD;
    const i64 at = (i64)blockIdx.x * 256 + threadIdx.x;
    if (at >= ELEMENTS) return;
    const i64 b = at % KW, a = at / KW % KH, c = at / KW / KH % CG, o = at / KW / KH / CG;
    i64 row, col;
    SUM sum = 0;
    for (i64 n = 0; n < N; n++)
        for (i64 i = 0; i < OH; i++)
            for (i64 j = 0; j < OW; j++)
                if (meets(i, j, a, b, row, col))
                    sum += widen(x[x_at(n, o / OG * CG + c, row, col)]) * widen(y[y_at(n, o, i, j)]);
    narrow(w[at], sum);
}
#endif
