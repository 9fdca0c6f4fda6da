#[allow(non_camel_case_types, dead_code)]
enum scale {}
#[allow(dead_code)]
impl scale {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "scale",
        template: "(grid scale \"\" (generics (dim R) (dim N)) (params @2 (x in f32 R N) (factor scalar f32) (y out f32 R N)) (results) (block @1 128) (grid @2 (call div_ceil (* R N) @1 128)) (callees) (constants) @2 (if (>= (call global_idx) (* R N)) ((return)) ()) @3 (let (i) _ (call global_idx)) @4 (set= (at y (/ i N) (% i N)) (* factor (at x (/ i N) (% i N)))))",
        callees: &[],
        constants: &[],
    };
}
#[allow(dead_code)]
impl scale {
    #[inline(always)]
    #[allow(
        non_snake_case,
        unused_parens,
        clippy::too_many_arguments,
        clippy::needless_range_loop
    )]
    fn thread<R: Dim, N: Dim>(
        __t: ::formwork::kernel::Thread,
        #[allow(unused_variables)]
        R: usize,
        #[allow(unused_variables)]
        N: usize,
        x: &Array<f32, (R, N)>,
        factor: f32,
        y: &mut Array<f32, (R, N)>,
    ) {
        #[allow(unused_imports)]
        use ::formwork::kernel::language::*;
        __t.inside((R * N));
        let i = __t.global_idx();
        y[(i / N, i % N)] = factor * x[(i / N, i % N)];
    }
    #[inline(always)]
    #[allow(unused_variables, unused_labels, unused_parens, non_snake_case, clippy::all)]
    fn blocks<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        let R: usize = __k.dim::<R>(0usize);
        let N: usize = __k.dim::<N>(1usize);
        let x_of_block = __k.array::<f32, (R, N)>(0usize, [R, N]);
        let factor_of_block = __k.scalar::<f32>(1usize);
        let y_of_block = __k.array::<f32, (R, N)>(2usize, [R, N]);
        '__block: for __b in __k.blocks::<{ 128 }, { 1 }, { 1 }>() {
            if __b.first().block_idx()
                >= ::core::primitive::usize::div_ceil((R * N), 128)
            {
                continue '__block;
            }
            '__lane: for __i in 0..__b.live((R * N)) {
                let __t = __b.thread(__i, 0, 0);
                <scale>::thread::<
                    R,
                    N,
                >(
                    __t,
                    R,
                    N,
                    &x_of_block.at(__t),
                    factor_of_block,
                    &mut y_of_block.at(__t),
                );
            }
        }
    }
    fn portable<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <scale>::blocks::<R, N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
    fn avx2<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <scale>::blocks::<R, N>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(
        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt"
    )]
    fn avx512<R: Dim, N: Dim>(__k: &::formwork::kernel::Task) {
        <scale>::blocks::<R, N>(__k)
    }
}
#[track_caller]
#[allow(unused_parens, clippy::too_many_arguments)]
fn scale<R: Dim, N: Dim>(
    x: impl ::formwork::kernel::View<f32, (R, N)>,
    factor: f32,
) -> ::formwork::Tensor<(R, N), f32> {
    static GRID: ::formwork::kernel::Grid = ::formwork::kernel::Grid::new(
        &<scale>::SOURCE,
    );
    ::formwork::kernel::Launch::new(
            &GRID,
            ::formwork::kernel::Copies {
                portable: <scale>::portable::<R, N>,
                #[cfg(target_arch = "x86_64")]
                avx2: <scale>::avx2::<R, N>,
                #[cfg(target_arch = "x86_64")]
                avx512: <scale>::avx512::<R, N>,
            },
            &[<R as ::formwork::Dim>::EXPR, <N as ::formwork::Dim>::EXPR],
        )
        .array::<f32, (R, N), _>(x)
        .scalar(factor)
        .output::<f32, (R, N)>()
        .block([128, 1, 1])
        .grid(|__d: &[usize]| {
            #[allow(non_snake_case, unused_variables)]
            let R: usize = __d[0usize];
            #[allow(non_snake_case, unused_variables)]
            let N: usize = __d[1usize];
            [::core::primitive::usize::div_ceil((R * N), 128), 1, 1]
        })
        .tensors()
}
