#[allow(non_camel_case_types, dead_code)]
enum transpose {}
#[allow(dead_code)]
impl transpose {
    #[doc(hidden)]
    pub const SOURCE: renamed::kernel::Source = renamed::kernel::Source {
        name: "transpose",
        template: "(grid transpose \"\" (generics (element E) (dim N) (dim M)) (params @2 (x in E N M) (y out E M N) (count zeroed i32 1)) (results) (block @1 16 (const 0)) (grid (call div_ceil M 16) (call div_ceil N (const 0))) (callees) (constants TILE) @3 (let (i) _ (+ (* (call block_idx_y) 16) (call thread_idx_y))) @4 (let (j) _ (+ (* (call block_idx) 16) (call thread_idx))) @5 (if (|| (>= i N) (>= j M)) (@6 (return)) ()) @8 (set= (at y j i) (at x i j)) @9 (do (call atomic_add (ref (at count 0)) 1)))",
        callees: &[],
        constants: &[
            || <renamed::kernel::Constant as ::core::convert::From<_>>::from(TILE),
        ],
    };
}
#[allow(dead_code)]
impl transpose {
    #[inline(always)]
    #[allow(
        non_snake_case,
        unused_parens,
        clippy::too_many_arguments,
        clippy::needless_range_loop
    )]
    fn thread<E: Element, N: Dim, M: Dim>(
        __t: renamed::kernel::Thread,
        __inner: bool,
        #[allow(unused_variables)]
        N: usize,
        #[allow(unused_variables)]
        M: usize,
        x: &Array<E, (N, M)>,
        y: &mut Array<E, (M, N)>,
        count: &mut Array<i32, (U1,)>,
    ) {
        #[allow(unused_imports)]
        use renamed::kernel::language::*;
        if __inner {
            __t.holds(
                ::core::primitive::usize::wrapping_add(
                    ::core::primitive::usize::wrapping_mul(__t.block_idx_y(), 16usize),
                    __t.thread_idx_y(),
                ) < N,
            );
            __t.holds(
                ::core::primitive::usize::wrapping_add(
                    ::core::primitive::usize::wrapping_mul(__t.block_idx(), 16usize),
                    __t.thread_idx(),
                ) < M,
            );
        }
        let i = __t.block_idx_y() * 16 + __t.thread_idx_y();
        let j = __t.block_idx() * 16 + __t.thread_idx();
        if i >= N || j >= M {
            return;
        }
        y[(j, i)] = x[(i, j)];
        atomic_add(&mut count[0], 1);
    }
    #[inline(always)]
    #[allow(unused_variables, unused_labels, unused_parens, non_snake_case, clippy::all)]
    fn blocks<E: Element, N: Dim, M: Dim>(__k: &renamed::kernel::Task) {
        let N: usize = __k.dim::<N>(0usize);
        let M: usize = __k.dim::<M>(1usize);
        let x_of_block = __k.array::<E, (N, M)>(0usize, [N, M]);
        let y_of_block = __k.array::<E, (M, N)>(1usize, [M, N]);
        let count_of_block = __k.array::<i32, (U1,)>(2usize, [1]);
        '__block: for __b in __k.blocks::<{ 16 }, { (TILE) }, { 1 }>() {
            if __b.first().block_idx() >= M.div_ceil(16) {
                continue '__block;
            }
            if __b.first().block_idx_y() >= N.div_ceil(TILE) {
                continue '__block;
            }
            for __j in 0..(TILE) {
                let __run = {
                    let __t = __b.thread(0, __j, 0);
                    renamed::kernel::Span::new(16)
                        .even(
                            ::core::primitive::usize::wrapping_add(
                                ::core::primitive::usize::wrapping_mul(
                                    __t.block_idx_y(),
                                    16usize,
                                ),
                                __t.thread_idx_y(),
                            ) < N,
                        )
                        .below(
                            ::core::primitive::usize::wrapping_add(
                                ::core::primitive::usize::wrapping_mul(
                                    __t.block_idx(),
                                    16usize,
                                ),
                                __t.thread_idx(),
                            ),
                            M,
                        )
                };
                for __rest in __run.edges() {
                    '__lane: for __i in __rest {
                        let __t = __b.thread(__i, __j, 0);
                        <transpose>::thread::<
                            E,
                            N,
                            M,
                        >(
                            __t,
                            false,
                            N,
                            M,
                            &x_of_block.at(__t),
                            &mut y_of_block.at(__t),
                            &mut count_of_block.at(__t),
                        );
                    }
                }
                '__lane: for __i in __run.inner() {
                    let __t = __b.thread(__i, __j, 0);
                    <transpose>::thread::<
                        E,
                        N,
                        M,
                    >(
                        __t,
                        true,
                        N,
                        M,
                        &x_of_block.at(__t),
                        &mut y_of_block.at(__t),
                        &mut count_of_block.at(__t),
                    );
                }
            }
        }
    }
    fn portable<E: Element, N: Dim, M: Dim>(__k: &renamed::kernel::Task) {
        <transpose>::blocks::<E, N, M>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
    fn avx2<E: Element, N: Dim, M: Dim>(__k: &renamed::kernel::Task) {
        <transpose>::blocks::<E, N, M>(__k)
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(
        enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt"
    )]
    fn avx512<E: Element, N: Dim, M: Dim>(__k: &renamed::kernel::Task) {
        <transpose>::blocks::<E, N, M>(__k)
    }
    #[allow(clippy::needless_borrow)]
    fn pull<E: Element, N: Dim, M: Dim>(
        __p: &renamed::kernel::Pull,
    ) -> ::std::vec::Vec<renamed::kernel::Cotangent> {
        __p.give(
            transpose_grad(
                &__p.input::<E, (N, M)>(0usize),
                &__p.output::<E, (M, N)>(0usize),
                &__p.output::<i32, (U1,)>(1usize),
            ),
        )
    }
}
const _: () = ::core::assert!(
    16 * (TILE) * 1 >= 1 && 16 * (TILE) * 1 <= 1024, "a block has 1 to 1024 threads"
);
#[track_caller]
#[allow(unused_parens, clippy::too_many_arguments)]
fn transpose<E: Element, N: Dim, M: Dim>(
    x: impl renamed::kernel::View<E, (N, M)>,
) -> (renamed::Tensor<(M, N), E>, renamed::Tensor<(U1,), i32>) {
    static GRID: renamed::kernel::Grid = renamed::kernel::Grid::new(
        &<transpose>::SOURCE,
    );
    renamed::kernel::Launch::new(
            &GRID,
            renamed::kernel::Copies {
                portable: <transpose>::portable::<E, N, M>,
                #[cfg(target_arch = "x86_64")]
                avx2: <transpose>::avx2::<E, N, M>,
                #[cfg(target_arch = "x86_64")]
                avx512: <transpose>::avx512::<E, N, M>,
            },
            &[<N as renamed::Dim>::EXPR, <M as renamed::Dim>::EXPR],
        )
        .elements(&[<E as renamed::Element>::DTYPE])
        .array::<E, (N, M), _>(x)
        .output::<E, (M, N)>()
        .output::<i32, (U1,)>()
        .block([16, (TILE), 1])
        .grid(|__d: &[usize]| {
            #[allow(non_snake_case, unused_variables)]
            let N: usize = __d[0usize];
            #[allow(non_snake_case, unused_variables)]
            let M: usize = __d[1usize];
            [M.div_ceil(16), N.div_ceil(TILE), 1]
        })
        .gradient(<transpose>::pull::<E, N, M>)
        .tensors()
}
