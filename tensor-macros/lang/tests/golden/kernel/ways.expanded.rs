#[allow(non_camel_case_types, dead_code)]
enum ways {}
#[allow(dead_code)]
impl ways {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "ways",
        template: "(grid ways \"\" (generics (dim N)) (params @2 (x in f32 N) (y out f32 N)) (results) (block @1 64) (grid 1) (callees) (constants) @3 (let (i) _ (call thread_idx)) @4 (shared tile f32 N) @5 (do (call sync_threads)) @6 (let (total) _ (float 0.0)) @7 (for k 0 4 () @8 (if (== k 3) (@9 (break)) ()) @11 (do (call sync_threads)) @12 (if (> i k) (@13 (continue)) ()) @15 (set+= total (at tile k))) @17 (let (v) _ (+ total (at tile (- (- N 1) i)))) @18 (do (call sync_threads)) @19 (if (> i 31) (@20 (set= (at y i) (neg (float 1.0))) @21 (return)) ()) @23 (set= (at y i) v))",
        callees: &[],
        constants: &[],
    };
}
#[allow(dead_code)]
impl ways {
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
            let mut total_lanes = ::formwork::kernel::Lanes::<_, { 64 }>::new();
            let mut v_lanes = ::formwork::kernel::Lanes::<_, { 64 }>::new();
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let i = __t.thread_idx();
            }
            let tile_of_block = __b.shared_array::<f32, (N,)>([N]);
            let tile: &mut Array<f32, (N,)> = &mut tile_of_block.at(__t);
            __b.sync_threads();
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let mut total = 0.0;
                total_lanes.set(__t, total);
            }
            for k in 0..4 {
                if k == 3 {
                    break;
                }
                __b.sync_threads();
                '__lane: for __i in 0..64 {
                    let __t = __b.thread(__i, 0, 0);
                    let tile = &mut tile_of_block.at(__t);
                    let i = __t.thread_idx();
                    let mut total = total_lanes.get(__t);
                    if i > k {
                        {
                            continue '__lane;
                        };
                    }
                    total += tile[k];
                    total_lanes.set(__t, total);
                }
            }
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let tile = &mut tile_of_block.at(__t);
                let i = __t.thread_idx();
                let mut total = total_lanes.get(__t);
                let v = total + tile[N - 1 - i];
                v_lanes.set(__t, v);
            }
            __b.sync_threads();
            '__lane: for __i in 0..64 {
                let __t = __b.thread(__i, 0, 0);
                let y: &mut Array<f32, (N,)> = &mut y_of_block.at(__t);
                let i = __t.thread_idx();
                let mut v = v_lanes.get(__t);
                if i > 31 {
                    y[i] = -1.0;
                    {
                        continue '__lane;
                    };
                }
                y[i] = v;
            }
        }
    }
    fn portable<N: Dim>(__k: &::formwork::kernel::Task) {
        <ways>::blocks::<N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
    fn avx2<N: Dim>(__k: &::formwork::kernel::Task) {
        <ways>::blocks::<N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(
        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt"
    )]
    fn avx512<N: Dim>(__k: &::formwork::kernel::Task) {
        <ways>::blocks::<N>(__k)
    }
}
#[track_caller]
#[allow(unused_parens, clippy::too_many_arguments)]
fn ways<N: Dim>(
    x: impl ::formwork::kernel::View<f32, (N,)>,
) -> ::formwork::Tensor<(N,), f32> {
    static GRID: ::formwork::kernel::Grid = ::formwork::kernel::Grid::new(
        &<ways>::SOURCE,
    );
    ::formwork::kernel::Launch::new(
            &GRID,
            ::formwork::kernel::Copies {
                portable: <ways>::portable::<N>,
                #[cfg(target_arch = "x86_64")]
                avx2: <ways>::avx2::<N>,
                #[cfg(target_arch = "x86_64")]
                avx512: <ways>::avx512::<N>,
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
