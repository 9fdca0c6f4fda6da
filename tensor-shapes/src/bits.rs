//! Subtraction and division of typenum numbers. typenum's own `Sub` costs ten times this, its `Div` a hundred times,
//! and neither is total: here a difference below zero and a division by zero have results, so that one leaf rule
//! reports them.
use typenum::{B0, B1, UInt, UTerm};

/// `Self - K - Borrow`, where `Over` is `B1` if that is below zero.
pub trait Minus<K, Borrow> {
    type Out;
    type Over;
}
impl<B> Minus<UTerm, B> for UTerm {
    type Out = UTerm;
    type Over = B;
}
impl<V, B> Minus<UInt<V, B0>, B> for UTerm
where
    UTerm: Minus<V, B>,
{
    type Out = UTerm;
    type Over = <UTerm as Minus<V, B>>::Over;
}
impl<V, B> Minus<UInt<V, B1>, B> for UTerm {
    type Out = UTerm;
    type Over = B1;
}
impl<U, A> Minus<UTerm, B0> for UInt<U, A> {
    type Out = UInt<U, A>;
    type Over = B0;
}
impl<U> Minus<UTerm, B1> for UInt<U, B1> {
    type Out = UInt<U, B0>;
    type Over = B0;
}
impl<U: Minus<UTerm, B1>> Minus<UTerm, B1> for UInt<U, B0> {
    type Out = UInt<U::Out, B1>;
    type Over = U::Over;
}
macro_rules! minus { ($($a:ident $k:ident $b:ident = $out:ident $borrow:ident;)*) => { $(
    impl<U: Minus<V, $borrow>, V> Minus<UInt<V, $k>, $b> for UInt<U, $a> { type Out = UInt<U::Out, $out>; type Over = U::Over; }
)* } }
minus! {
    B0 B0 B0 = B0 B0; B0 B0 B1 = B1 B1; B0 B1 B0 = B1 B1; B0 B1 B1 = B0 B1;
    B1 B0 B0 = B1 B0; B1 B0 B1 = B0 B0; B1 B1 B0 = B0 B0; B1 B1 B1 = B1 B1;
}

/// Floor division, a shift for powers of two; by zero it gives zero.
pub trait FloorDiv<D> {
    type Out;
}
impl<N> FloorDiv<UTerm> for N {
    type Out = UTerm;
}
impl<N> FloorDiv<UInt<UTerm, B1>> for N {
    type Out = N;
}
impl<D, B> FloorDiv<UInt<UInt<D, B>, B0>> for UTerm {
    type Out = UTerm;
}
impl<D, B, N: FloorDiv<UInt<D, B>>, M> FloorDiv<UInt<UInt<D, B>, B0>> for UInt<N, M> {
    type Out = N::Out;
}
impl<D, B, N: DivMod<UInt<UInt<D, B>, B1>>> FloorDiv<UInt<UInt<D, B>, B1>> for N {
    type Out = N::Quot;
}

/// Long division: `Self = Quot * D + Rest`. Numbers may come out with leading zeros.
pub trait DivMod<D> {
    type Quot;
    type Rest;
}
impl<D> DivMod<D> for UTerm {
    type Quot = UTerm;
    type Rest = UTerm;
}
impl<U: DivMod<D>, B, D> DivMod<D> for UInt<U, B>
where
    UInt<U::Rest, B>: Minus<D, B0>,
    Over<UInt<U::Rest, B>, D>: Digit<U::Quot, UInt<U::Rest, B>, D>,
{
    type Quot = <Over<UInt<U::Rest, B>, D> as Digit<U::Quot, UInt<U::Rest, B>, D>>::Quot;
    type Rest = <Over<UInt<U::Rest, B>, D> as Digit<U::Quot, UInt<U::Rest, B>, D>>::Rest;
}
type Over<N, D> = <N as Minus<D, B0>>::Over;

/// The next digit of a long division: `Self` tells whether `N - D` is below zero.
pub trait Digit<Q, N, D> {
    type Quot;
    type Rest;
}
impl<Q, N: Minus<D, B0>, D> Digit<Q, N, D> for B0 {
    type Quot = UInt<Q, B1>;
    type Rest = N::Out;
}
impl<Q, N, D> Digit<Q, N, D> for B1 {
    type Quot = UInt<Q, B0>;
    type Rest = N;
}
