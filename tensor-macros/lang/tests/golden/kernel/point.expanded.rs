/// x * sigmoid(beta * x), elementwise.
#[allow(non_camel_case_types, dead_code)]
pub enum swish {}
#[allow(dead_code)]
impl swish {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "swish",
        template: "(point swish \"\" (generics) (params @3 (x scalar f32) (beta scalar f32)) (results f32) (block) (grid) (callees poly) (constants EPS) @4 (return (/ (* x (call sigmoid (* beta x))) (fn 0 x (const 0)))))",
        callees: &[&<poly>::SOURCE],
        constants: &[
            || <::formwork::kernel::Constant as ::core::convert::From<_>>::from(EPS),
        ],
    };
}
#[allow(dead_code)]
impl swish {
    /// x * sigmoid(beta * x), elementwise.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn call(x: f32, beta: f32) -> f32 {
        #[allow(unused_imports)]
        use ::formwork::kernel::language::*;
        x * sigmoid(beta * x) / <poly>::call(x, EPS)
    }
}
/// x * sigmoid(beta * x), elementwise.
#[track_caller]
#[allow(dead_code, clippy::too_many_arguments)]
pub fn swish<A0: ::formwork::kernel::Arg<f32>, A1: ::formwork::kernel::Arg<f32>>(
    x: A0,
    beta: A1,
) -> ::formwork::kernel::Lifted<
    (<A0 as ::formwork::kernel::Formed>::Form, <A1 as ::formwork::kernel::Formed>::Form),
    f32,
>
where
    (
        <A0 as ::formwork::kernel::Formed>::Form,
        <A1 as ::formwork::kernel::Formed>::Form,
    ): ::formwork::kernel::Forms<f32>,
{
    static POINT: ::formwork::kernel::Point = ::formwork::kernel::Point::new(
        &<swish>::SOURCE,
        ::formwork::kernel::Gradient::Derived,
    );
    ::formwork::kernel::lift((x, beta), <swish>::call, &POINT)
}
#[allow(non_camel_case_types, dead_code)]
enum poly {}
#[allow(dead_code)]
impl poly {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "poly",
        template: "(device poly \"\" (generics) (params @8 (x scalar f32) (e scalar f32)) (results f32) (block) (grid) (callees) (constants) @9 (let (sum) _ (float 0.0)) @10 (for i 0 4 () @11 (set= sum (+ (* sum x) (* (call exp e) (as i f32))))) @13 (return sum))",
        callees: &[],
        constants: &[],
    };
}
#[allow(dead_code)]
impl poly {
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    pub fn call(x: f32, e: f32) -> f32 {
        #[allow(unused_imports)]
        use ::formwork::kernel::language::*;
        let mut sum = 0.0;
        for i in 0..4 {
            sum = sum * x + e.exp() * i as f32;
        }
        return sum;
    }
}
#[allow(dead_code, clippy::too_many_arguments)]
fn poly(x: f32, e: f32) -> f32 {
    <poly>::call(x, e)
}
