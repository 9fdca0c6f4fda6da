#[allow(non_camel_case_types, dead_code)]
enum row_softmax {}
#[allow(dead_code)]
impl row_softmax {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "row_softmax",
        template: "(grid row_softmax \"\" (generics (dim R) (dim N)) (params @2 (x in f32 R N) (y out f32 R N)) (results) (block @1 128) (grid @2 R) (callees) (constants) @3 (let (row) _ (call block_idx)) @4 (shared scratch f32 32) @5 (let (m) _ (assoc f32 NEG_INFINITY)) @6 (for j (call thread_idx) N ((step (call block_dim))) @7 (set= m (call max m (at x row j)))) @9 (set= m (call warp_reduce_max m)) @10 (if (== (call lane_idx) 0) (@11 (set= (at scratch (call warp_idx)) m)) ()) @13 (do (call sync_threads)) @14 (let (warps) _ (/ (call block_dim) 32)) @15 (set= m (at scratch 0)) @16 (for w 1 warps () @17 (set= m (call max m (at scratch w)))) @19 (let (sum) _ (float 0.0)) @20 (for j_2 (call thread_idx) N ((step (call block_dim))) @21 (set+= sum (call exp (- (at x row j_2) m)))) @23 (let (total) _ (call block_reduce_sum sum)) @24 (for j_3 (call thread_idx) N ((step (call block_dim))) @25 (set= (at y row j_3) (/ (call exp (- (at x row j_3) m)) total))))",
        callees: &[],
        constants: &[],
    };
}
#[allow(dead_code)]
impl row_softmax {
    #[inline(always)]
    #[allow(unused, non_snake_case, clippy::all)]
    fn blocks<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        let R: usize = __k.dim::<R>(0usize);
        let N: usize = __k.dim::<N>(1usize);
        let x_of_block = __k.array::<f32, (R, N)>(0usize, [R, N]);
        let y_of_block = __k.array::<f32, (R, N)>(1usize, [R, N]);
        '__block: for __b in __k.blocks::<{ 128 }, { 1 }, { 1 }>() {
            if __b.first().block_idx() >= R {
                continue '__block;
            }
            #[allow(unused_imports)]
            use ::formwork::kernel::language::*;
            let __t = __b.first();
            let x: &Array<f32, (R, N)> = &x_of_block.at(__t);
            let y: &mut Array<f32, (R, N)> = &mut y_of_block.at(__t);
            let mut m_lanes = ::formwork::kernel::Lanes::<_, { 128 }>::new();
            let mut sum_lanes = ::formwork::kernel::Lanes::<_, { 128 }>::new();
            let mut __q0 = ::formwork::kernel::Lanes::<_, { 128 }>::new();
            let mut __q1 = ::formwork::kernel::Lanes::<_, { 128 }>::new();
            let row = __t.block_idx();
            let scratch = __b.shared::<[f32; 32]>();
            '__lane: for __i in 0..128 {
                let __t = __b.thread(__i, 0, 0);
                let mut m = f32::NEG_INFINITY;
                m_lanes.set(__t, m);
            }
            {
                let __first: usize = { __t.thread_idx() };
                let __last: usize = N;
                for __round in (__first..__last).step_by(__t.block_dim()) {
                    '__lane: for __n in 0..128 {
                        let __j = __round + __n;
                        if __j < __last {
                            let __t = __b.thread(__n, 0, 0);
                            let x: &Array<f32, (R, N)> = &x_of_block.at(__t);
                            let mut m = m_lanes.get(__t);
                            let j = __j;
                            {
                                m = max(m, x[(row, j)]);
                            }
                            m_lanes.set(__t, m);
                        }
                    }
                }
            }
            '__lane: for __i in 0..128 {
                let __t = __b.thread(__i, 0, 0);
                let mut m = m_lanes.get(__t);
                {
                    __q0.set(__t, warp_reduce_max(m));
                }
            }
            __b.warp_reduce_max(&mut __q0);
            '__lane: for __i in 0..128 {
                let __t = __b.thread(__i, 0, 0);
                let mut m = m_lanes.get(__t);
                m = __q0.get(__t);
                if __t.lane_idx() == 0 {
                    scratch[__t.warp_idx()] = m;
                }
                m_lanes.set(__t, m);
            }
            __b.sync_threads();
            let warps = __t.block_dim() / 32;
            '__lane: for __i in 0..128 {
                let __t = __b.thread(__i, 0, 0);
                let mut m = m_lanes.get(__t);
                m = scratch[0];
                for w in 1..warps {
                    m = max(m, scratch[w]);
                }
                let mut sum = 0.0;
                m_lanes.set(__t, m);
                sum_lanes.set(__t, sum);
            }
            {
                let __first: usize = { __t.thread_idx() };
                let __last: usize = N;
                for __round in (__first..__last).step_by(__t.block_dim()) {
                    '__lane: for __n in 0..128 {
                        let __j = __round + __n;
                        if __j < __last {
                            let __t = __b.thread(__n, 0, 0);
                            let x: &Array<f32, (R, N)> = &x_of_block.at(__t);
                            let mut m = m_lanes.get(__t);
                            let mut sum = sum_lanes.get(__t);
                            let j = __j;
                            {
                                sum += exp(x[(row, j)] - m);
                            }
                            sum_lanes.set(__t, sum);
                        }
                    }
                }
            }
            '__lane: for __i in 0..128 {
                let __t = __b.thread(__i, 0, 0);
                let mut sum = sum_lanes.get(__t);
                {
                    __q1.set(__t, block_reduce_sum(sum));
                }
            }
            __b.block_reduce_sum(&mut __q1);
            let __r2 = __q1.get(__b.first());
            let total = __r2;
            {
                let __first: usize = { __t.thread_idx() };
                let __last: usize = N;
                for __round in (__first..__last).step_by(__t.block_dim()) {
                    '__lane: for __n in 0..128 {
                        let __j = __round + __n;
                        if __j < __last {
                            let __t = __b.thread(__n, 0, 0);
                            let x: &Array<f32, (R, N)> = &x_of_block.at(__t);
                            let y: &mut Array<f32, (R, N)> = &mut y_of_block.at(__t);
                            let mut m = m_lanes.get(__t);
                            let j = __j;
                            {
                                y[(row, j)] = exp(x[(row, j)] - m) / total;
                            }
                        }
                    }
                }
            }
        }
    }
    fn portable<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <row_softmax>::blocks::<R, N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
    fn avx2<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <row_softmax>::blocks::<R, N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(
        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt"
    )]
    fn avx512<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <row_softmax>::blocks::<R, N>(__k)
    }
}
#[track_caller]
#[allow(unused_parens, clippy::too_many_arguments)]
fn row_softmax<R: Dim, N: Dim>(
    x: impl ::formwork::kernel::View<f32, (R, N)>,
) -> ::formwork::Tensor<(R, N), f32> {
    static GRID: ::formwork::kernel::Grid = ::formwork::kernel::Grid::new(
        &<row_softmax>::SOURCE,
    );
    ::formwork::kernel::Launch::new(
            &GRID,
            ::formwork::kernel::Copies {
                portable: <row_softmax>::portable::<R, N>,
                #[cfg(target_arch = "x86_64")]
                avx2: <row_softmax>::avx2::<R, N>,
                #[cfg(target_arch = "x86_64")]
                avx512: <row_softmax>::avx512::<R, N>,
            },
            &[<R as ::formwork::Dim>::EXPR, <N as ::formwork::Dim>::EXPR],
        )
        .array::<f32, (R, N), _>(x)
        .output::<f32, (R, N)>()
        .block([128, 1, 1])
        .grid(|__d: &[usize]| {
            #[allow(non_snake_case, unused_variables)]
            let R: usize = __d[0usize];
            #[allow(non_snake_case, unused_variables)]
            let N: usize = __d[1usize];
            [R, 1, 1]
        })
        .tensors()
}
