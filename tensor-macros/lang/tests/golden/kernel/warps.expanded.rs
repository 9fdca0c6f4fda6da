#[allow(non_camel_case_types, dead_code)]
enum rows {}
#[allow(dead_code)]
impl rows {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "rows",
        template: "(grid rows \"\" (generics (dim R) (dim N)) (params @2 (x in f32 R N) (y out f32 R)) (results) (block @1 64) (grid @2 R) (callees) (constants) @3 (let (row) _ (+ (* (call block_idx) 2) (call warp_idx))) @4 (if (>= row R) (@5 (return)) ()) @7 (let (sum) _ (float 0.0)) @8 (for j (call lane_idx) N ((step 32)) @9 (set+= sum (at x row j))) @11 (let (offset) _ 16) @12 (while (> offset 0) @13 (set+= sum (call shuffle_xor sum offset)) @14 (set/= offset 2)) @16 (if (== (call lane_idx) 0) (@17 (set= (at y row) sum)) ()))",
        callees: &[],
        constants: &[],
    };
}
#[allow(dead_code)]
impl rows {
    #[inline(always)]
    #[allow(unused, non_snake_case, clippy::all)]
    fn blocks<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        let R: usize = __k.dim::<R>(0usize);
        let N: usize = __k.dim::<N>(1usize);
        let x_of_block = __k.array::<f32, (R, N)>(0usize, [R, N]);
        let y_of_block = __k.array::<f32, (R,)>(1usize, [R]);
        '__block: for __b in __k.blocks::<{ 64 }, { 1 }, { 1 }>() {
            if __b.first().block_idx() >= R {
                continue '__block;
            }
            #[allow(unused_imports)]
            use ::formwork::kernel::language::*;
            let __t = __b.first();
            let x: &Array<f32, (R, N)> = &x_of_block.at(__t);
            let y: &mut Array<f32, (R,)> = &mut y_of_block.at(__t);
            let mut sum_lanes = ::formwork::kernel::Lanes::<_, { 64 }>::new();
            let mut __q0 = ::formwork::kernel::Lanes::<_, { 64 }>::new();
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let row = __t.block_idx() * 2 + __t.warp_idx();
            }
            '__warp: for __w in __b.warps() {
                let __t = __w.first();
                if {
                    let row = __t.block_idx() * 2 + __t.warp_idx();
                    row >= R
                } {
                    {
                        continue '__warp;
                    }
                }
                '__lane: for __t in __w.threads() {
                    let mut sum = 0.0;
                    sum_lanes.set(__t, sum);
                }
                {
                    let __first: usize = {
                        let row = __t.block_idx() * 2 + __t.warp_idx();
                        __t.lane_idx()
                    };
                    let __last: usize = N;
                    for __round in (__first..__last).step_by(32) {
                        '__lane: for __n in 0..__w.len() {
                            let __j = __round + __n;
                            if __j < __last {
                                let __t = __w.thread(__n);
                                let x: &Array<f32, (R, N)> = &x_of_block.at(__t);
                                let row = __t.block_idx() * 2 + __t.warp_idx();
                                let mut sum = sum_lanes.get(__t);
                                let j = __j;
                                {
                                    sum += x[(row, j)];
                                }
                                sum_lanes.set(__t, sum);
                            }
                        }
                    }
                }
                let mut offset = 16;
                while offset > 0 {
                    '__lane: for __t in __w.threads() {
                        let mut sum = sum_lanes.get(__t);
                        {
                            __q0.set(__t, shuffle_xor(sum, offset));
                        }
                    }
                    __w.shuffle_xor_by(&mut __q0, (offset) as u32);
                    '__lane: for __t in __w.threads() {
                        let mut sum = sum_lanes.get(__t);
                        sum += __q0.get(__t);
                        sum_lanes.set(__t, sum);
                    }
                    offset /= 2;
                }
                '__lane: for __t in __w.threads() {
                    let y: &mut Array<f32, (R,)> = &mut y_of_block.at(__t);
                    let row = __t.block_idx() * 2 + __t.warp_idx();
                    let mut sum = sum_lanes.get(__t);
                    if __t.lane_idx() == 0 {
                        y[row] = sum;
                    }
                }
            }
        }
    }
    fn portable<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <rows>::blocks::<R, N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
    fn avx2<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <rows>::blocks::<R, N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(
        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt"
    )]
    fn avx512<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <rows>::blocks::<R, N>(__k)
    }
}
#[track_caller]
#[allow(unused_parens, clippy::too_many_arguments)]
fn rows<R: Dim, N: Dim>(
    x: impl ::formwork::kernel::View<f32, (R, N)>,
) -> ::formwork::Tensor<(R,), f32> {
    static GRID: ::formwork::kernel::Grid = ::formwork::kernel::Grid::new(
        &<rows>::SOURCE,
    );
    ::formwork::kernel::Launch::new(
            &GRID,
            ::formwork::kernel::Copies {
                portable: <rows>::portable::<R, N>,
                #[cfg(target_arch = "x86_64")]
                avx2: <rows>::avx2::<R, N>,
                #[cfg(target_arch = "x86_64")]
                avx512: <rows>::avx512::<R, N>,
            },
            &[<R as ::formwork::Dim>::EXPR, <N as ::formwork::Dim>::EXPR],
        )
        .array::<f32, (R, N), _>(x)
        .output::<f32, (R,)>()
        .block([64, 1, 1])
        .grid(|__d: &[usize]| {
            #[allow(non_snake_case, unused_variables)]
            let R: usize = __d[0usize];
            #[allow(non_snake_case, unused_variables)]
            let N: usize = __d[1usize];
            [R, 1, 1]
        })
        .tensors()
}
#[allow(non_camel_case_types, dead_code)]
enum votes {}
#[allow(dead_code)]
impl votes {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "votes",
        template: "(grid votes \"\" (generics (dim N)) (params @22 (x in f32 N) (y out f32 N)) (results) (block @21 64) (grid 1) (callees) (constants) @23 (let (i) _ (call thread_idx)) @24 (let (v) _ (at x i)) @25 (if (== (call warp_idx) 0) (@26 (let (before) _ (call warp_scan_sum v)) @27 (set= v (- before v))) ()) @29 (while (call warp_any (> v (float 1.0))) @30 (set*= v (float 0.5)) @31 (do (call sync_warp))) @33 (shared tile f32 N) @34 (set= (at tile i) v) @35 (do (call sync_threads)) @36 (for k 0 4 () @37 (if (> i k) (@38 (continue)) ()) @40 (set= (at y i) (+ (at tile (- (- N 1) i)) (as k f32)))) @42 (do (call sync_threads)) @43 (if (> i 3) (@44 (return)) ()) @46 (set+= (at y i) (float 1.0)))",
        callees: &[],
        constants: &[],
    };
}
#[allow(dead_code)]
impl votes {
    #[inline(always)]
    #[allow(unused, non_snake_case, clippy::all)]
    fn blocks<N: Dim>(__k: &::formwork::kernel::Task) {
        let N: usize = __k.dim::<N>(0usize);
        let x_of_block = __k.array::<f32, (N,)>(0usize, [N]);
        let y_of_block = __k.array::<f32, (N,)>(1usize, [N]);
        '__block: for __b in __k.blocks::<{ 64 }, { 1 }, { 1 }>() {
            if __b.first().block_idx() >= 1 {
                continue '__block;
            }
            #[allow(unused_imports)]
            use ::formwork::kernel::language::*;
            let __t = __b.first();
            let x: &Array<f32, (N,)> = &x_of_block.at(__t);
            let y: &mut Array<f32, (N,)> = &mut y_of_block.at(__t);
            let mut v_lanes = ::formwork::kernel::Lanes::<_, { 64 }>::new();
            let mut __q0 = ::formwork::kernel::Lanes::<_, { 64 }>::new();
            let mut __q1 = ::formwork::kernel::Lanes::<_, { 64 }>::new();
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let x: &Array<f32, (N,)> = &x_of_block.at(__t);
                let i = __t.thread_idx();
                let mut v = x[i];
                v_lanes.set(__t, v);
            }
            '__warp: for __w in __b.warps() {
                let __t = __w.first();
                if __t.warp_idx() == 0 {
                    '__lane: for __t in __w.threads() {
                        let mut v = v_lanes.get(__t);
                        {
                            __q0.set(__t, warp_scan_sum(v));
                        }
                    }
                    __w.warp_scan_sum(&mut __q0);
                    '__lane: for __t in __w.threads() {
                        let mut v = v_lanes.get(__t);
                        let before = __q0.get(__t);
                        v = before - v;
                        v_lanes.set(__t, v);
                    }
                }
            }
            '__warp: for __w in __b.warps() {
                let __t = __w.first();
                loop {
                    '__lane: for __t in __w.threads() {
                        let mut v = v_lanes.get(__t);
                        {
                            __q1.set(__t, warp_any(v > 1.0));
                        }
                    }
                    __w.warp_any(&mut __q1);
                    if !({
                        let mut v = v_lanes.get(__t);
                        __q1.get(__t)
                    }) {
                        break;
                    }
                    '__lane: for __t in __w.threads() {
                        let mut v = v_lanes.get(__t);
                        v *= 0.5;
                        v_lanes.set(__t, v);
                    }
                    __w.sync_warp();
                }
            }
            let tile_of_block = __b.shared_array::<f32, (N,)>([N]);
            let tile: &mut Array<f32, (N,)> = &mut tile_of_block.at(__t);
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let tile = &mut tile_of_block.at(__t);
                let i = __t.thread_idx();
                let mut v = v_lanes.get(__t);
                tile[i] = v;
            }
            __b.sync_threads();
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let y: &mut Array<f32, (N,)> = &mut y_of_block.at(__t);
                let tile = &mut tile_of_block.at(__t);
                let i = __t.thread_idx();
                for k in 0..4 {
                    if i > k {
                        continue;
                    }
                    y[i] = tile[N - 1 - i] + k as f32;
                }
            }
            __b.sync_threads();
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let y: &mut Array<f32, (N,)> = &mut y_of_block.at(__t);
                let i = __t.thread_idx();
                if i > 3 {
                    {
                        continue '__lane;
                    };
                }
                y[i] += 1.0;
            }
        }
    }
    fn portable<N: Dim>(__k: &::formwork::kernel::Task) {
        <votes>::blocks::<N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
    fn avx2<N: Dim>(__k: &::formwork::kernel::Task) {
        <votes>::blocks::<N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(
        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt"
    )]
    fn avx512<N: Dim>(__k: &::formwork::kernel::Task) {
        <votes>::blocks::<N>(__k)
    }
}
#[track_caller]
#[allow(unused_parens, clippy::too_many_arguments)]
fn votes<N: Dim>(
    x: impl ::formwork::kernel::View<f32, (N,)>,
) -> ::formwork::Tensor<(N,), f32> {
    static GRID: ::formwork::kernel::Grid = ::formwork::kernel::Grid::new(
        &<votes>::SOURCE,
    );
    ::formwork::kernel::Launch::new(
            &GRID,
            ::formwork::kernel::Copies {
                portable: <votes>::portable::<N>,
                #[cfg(target_arch = "x86_64")]
                avx2: <votes>::avx2::<N>,
                #[cfg(target_arch = "x86_64")]
                avx512: <votes>::avx512::<N>,
            },
            &[<N as ::formwork::Dim>::EXPR],
        )
        .array::<f32, (N,), _>(x)
        .output::<f32, (N,)>()
        .block([64, 1, 1])
        .grid(|__d: &[usize]| {
            #[allow(non_snake_case, unused_variables)]
            let N: usize = __d[0usize];
            [1, 1, 1]
        })
        .tensors()
}
