::core::compile_error! {
    "a kernel cannot take a `String`\nhelp: a parameter is a scalar (`f32`, `i64`, `usize`, ..), `&Array<f32, (R, N)>` that is read, or `&mut Array<f32, (R, N)>` that is written"
}
::core::compile_error! {
    "no closures in a kernel\nhelp: write a `#[device]` function and call it"
}
::core::compile_error! {
    "`f` is a variable, and no function\nhelp: write a `#[device]` function outside, and call that"
}
#[allow(non_camel_case_types, dead_code)]
enum wrong {}
#[allow(dead_code)]
impl wrong {
    #[doc(hidden)]
    pub const SOURCE: ::formwork::kernel::Source = ::formwork::kernel::Source {
        name: "wrong",
        template: "",
        callees: &[],
        constants: &[],
    };
}
#[allow(unused_variables, dead_code)]
#[track_caller]
#[allow(unused_parens, clippy::too_many_arguments)]
fn wrong<N: Dim>(
    x: impl ::formwork::kernel::View<f32, (N,)>,
    n: impl ::core::marker::Sized,
) -> ::formwork::Tensor<(N,), f32> {
    ::core::unreachable!()
}
