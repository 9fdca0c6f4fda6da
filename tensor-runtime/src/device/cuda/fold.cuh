// A thread adds up one element of y: the windows that reach it, in row-major order of x.

extern "C" __global__ void __launch_bounds__(256) fold(T* __restrict__ y, const T* __restrict__ x, RUN) {
    GUARD;
    INDEX at = (INDEX)blockIdx.x * 256 + threadIdx.x;
    if (at >= ELEMENTS) return;
    const int j = at % W, i = at / W % H;
    const T* plane = x + at / (W * H) * (INDEX)(OH * OW * KH * KW);
    const int reach_i = i - (KH - 1) * DH, reach_j = j - (KW - 1) * DW;
    const int last_i = i / SH < OH - 1 ? i / SH : OH - 1, last_j = j / SW < OW - 1 ? j / SW : OW - 1;
    SUM sum = 0;
    for (int oi = reach_i > 0 ? (reach_i + SH - 1) / SH : 0; oi <= last_i; oi++) {
        const int ki = (i - oi * SH) / DH;
        if ((i - oi * SH) % DH != 0) continue;
        for (int oj = reach_j > 0 ? (reach_j + SW - 1) / SW : 0; oj <= last_j; oj++) {
            const int kj = (j - oj * SW) / DW;
            if ((j - oj * SW) % DW != 0) continue;
            sum = plus(sum, widen(plane[((oi * OW + oj) * KH + ki) * KW + kj]));
        }
    }
    narrow(y[at], sum);
}
