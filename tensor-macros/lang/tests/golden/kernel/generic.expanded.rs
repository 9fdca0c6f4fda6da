#[allow(non_camel_case_types, dead_code)]
enum leaky {}
#[allow(dead_code)]
impl leaky {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "leaky",
        template: "(point leaky \"\" (generics (element F)) (params @2 (x scalar F) (slope scalar F)) (results F) (block) (grid) (callees helper) (constants) @3 (return (if (> x (as (float 0.0) F)) () x () (* slope (fn (0 F) x)))))",
        callees: &[&<helper>::SOURCE],
        constants: &[],
    };
}
#[allow(dead_code)]
impl leaky {
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn call<F: Float>(x: F, slope: F) -> F {
        #[allow(unused_imports)]
        use ::formwork::kernel::language::*;
        if x > F::of(0.0) { x } else { slope * <helper>::call::<F>(x) }
    }
}
#[allow(dead_code)]
impl leaky {
    fn gradient<F: Float>() {
        let _: fn(F, F, F) -> (F, F) = <leaky_grad>::call::<F>;
    }
}
#[track_caller]
#[allow(dead_code, clippy::too_many_arguments)]
fn leaky<F: Float, A0: ::formwork::kernel::Arg<F>, A1: ::formwork::kernel::Arg<F>>(
    x: A0,
    slope: A1,
) -> ::formwork::kernel::Lifted<
    (<A0 as ::formwork::kernel::Formed>::Form, <A1 as ::formwork::kernel::Formed>::Form),
    F,
>
where
    (
        <A0 as ::formwork::kernel::Formed>::Form,
        <A1 as ::formwork::kernel::Formed>::Form,
    ): ::formwork::kernel::Forms<F>,
{
    static POINT: ::formwork::kernel::Point = ::formwork::kernel::Point::new(
        &<leaky>::SOURCE,
        ::formwork::kernel::Gradient::Given(&<leaky_grad>::SOURCE),
    );
    ::formwork::kernel::lift((x, slope), <leaky>::call::<F>, &POINT)
}
#[allow(non_camel_case_types, dead_code)]
enum both {}
#[allow(dead_code)]
impl both {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "both",
        template: "(point both \"\" (generics) (params @7 (x scalar f32) (n scalar i64)) (results f32 bool) (block) (grid) (callees) (constants LIMIT) @8 (return (block ((let (matched) _ n)) (if @9 (== matched 0) () (tuple x true) () @8 (if (&& @10 (|| (== matched 1) (== matched 2)) (> x (float 0.5))) () (tuple (* x (float 2.0)) false) () @8 (if @11 (&& (>= matched 3) (<= matched 9)) () (tuple (call pow x (float 2.0)) (call is_nan x)) () @12 (tuple x (&& (< x (float 0.0)) (> n (const 0))))))))))",
        callees: &[],
        constants: &[
            || <::formwork::kernel::Constant as ::core::convert::From<_>>::from(LIMIT),
        ],
    };
}
#[allow(dead_code)]
impl both {
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn call(x: f32, n: i64) -> (f32, bool) {
        #[allow(unused_imports)]
        use ::formwork::kernel::language::*;
        match n {
            0 => (x, true),
            1 | 2 if x > 0.5 => (x * 2.0, false),
            3..=9 => (x.powf(2.0), x.is_nan()),
            _ => (x, x < 0.0 && n > LIMIT),
        }
    }
}
#[track_caller]
#[allow(dead_code, clippy::too_many_arguments)]
fn both<A0: ::formwork::kernel::Arg<f32>, A1: ::formwork::kernel::Arg<i64>>(
    x: A0,
    n: A1,
) -> ::formwork::kernel::Lifted<
    (<A0 as ::formwork::kernel::Formed>::Form, <A1 as ::formwork::kernel::Formed>::Form),
    (f32, bool),
>
where
    (
        <A0 as ::formwork::kernel::Formed>::Form,
        <A1 as ::formwork::kernel::Formed>::Form,
    ): ::formwork::kernel::Forms<(f32, bool)>,
{
    static POINT: ::formwork::kernel::Point = ::formwork::kernel::Point::new(
        &<both>::SOURCE,
        ::formwork::kernel::Gradient::None,
    );
    ::formwork::kernel::lift((x, n), <both>::call, &POINT)
}
