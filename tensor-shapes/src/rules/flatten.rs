use crate::{Absent, Axis, Compact, DimMul, Prod, Shape, Six, Slot, Yes};

/// Merges axes `FROM` to `TO`, both included, into one: their product.
///
/// ```
/// use formwork_shapes::{FlattenAxes, Shape, U3, U4, U8};
/// assert_eq!(<<(U8, U3, U4, U4) as FlattenAxes<1, -1>>::Out>::display(), "[8, 48]");
/// ```
pub trait FlattenAxes<const FROM: isize, const TO: isize> {
    /// The first and the last axis counted from 0.
    const AXES: [usize; 2];
    type Out: Shape;
}
type At<S, const I: isize> = <S as Axis<I>>::Slot;
impl<S: Shape + Axis<FROM> + Axis<TO>, const FROM: isize, const TO: isize> FlattenAxes<FROM, TO> for S
where
    At<S, FROM>: MergeSlots<At<S, TO>, Six<S>>,
    <At<S, FROM> as MergeSlots<At<S, TO>, Six<S>>>::Ordered: InOrder<S, FROM, TO>,
    <At<S, FROM> as MergeSlots<At<S, TO>, Six<S>>>::Out: Compact,
{
    const AXES: [usize; 2] = [<S as Axis<FROM>>::INDEX, <S as Axis<TO>>::INDEX];
    type Out = <<At<S, FROM> as MergeSlots<At<S, TO>, Six<S>>>::Out as Compact>::Out;
}

/// The leaf of [`FlattenAxes`].
#[diagnostic::on_unimplemented(
    message = "flatten: axis {FROM} of `{S}` comes after axis {TO}",
    label = "axis {FROM} comes after axis {TO}",
    note = "`flatten::<FROM, TO>()` merges the axes from the first to the last one, both included"
)]
pub trait InOrder<S, const FROM: isize, const TO: isize> {}
#[diagnostic::do_not_recommend]
impl<S, const FROM: isize, const TO: isize> InOrder<S, FROM, TO> for Yes {}

/// `Acc` times all dims of a list.
pub trait MulAll<Acc> {
    type Out;
}
impl<Acc> MulAll<Acc> for () {
    type Out = Acc;
}
impl<Acc: DimMul<H>, H, T: MulAll<Prod<Acc, H>>> MulAll<Acc> for (H, T) {
    type Out = T::Out;
}

/// The six slots `X` with those from `Self` to `TO` merged; unchanged, and `Ordered = No`, if `TO` is first.
// `Self` is a slot, unknown while rustc looks a method up: it then tries no impl.
pub trait MergeSlots<TO, X> {
    type Ordered;
    type Out;
}
macro_rules! merge {
    ($($from:literal $to:literal: ($($l:ident)*) $m:ident ($($t:ident)*) ($($r:ident)*);)*) => { $(
        impl<$($l,)* $m, $($t,)* $($r),*> MergeSlots<Slot<$to>, ($($l,)* $m, $($t,)* $($r,)*)> for Slot<$from>
        where
            $crate::shape::list!($($t;)*): MulAll<$m>,
        {
            type Ordered = Yes;
            type Out = ($(merge!(@ $t),)* $($l,)* <$crate::shape::list!($($t;)*) as MulAll<$m>>::Out, $($r,)*);
        }
    )* };
    (@ $t:ident) => { Absent };
}
merge! {
    -6 -6: () A () (B C D E F); -6 -5: () A (B) (C D E F); -6 -4: () A (B C) (D E F); -6 -3: () A (B C D) (E F);
    -6 -2: () A (B C D E) (F); -6 -1: () A (B C D E F) ();
    -5 -5: (A) B () (C D E F); -5 -4: (A) B (C) (D E F); -5 -3: (A) B (C D) (E F); -5 -2: (A) B (C D E) (F);
    -5 -1: (A) B (C D E F) ();
    -4 -4: (A B) C () (D E F); -4 -3: (A B) C (D) (E F); -4 -2: (A B) C (D E) (F); -4 -1: (A B) C (D E F) ();
    -3 -3: (A B C) D () (E F); -3 -2: (A B C) D (E) (F); -3 -1: (A B C) D (E F) ();
    -2 -2: (A B C D) E () (F); -2 -1: (A B C D) E (F) ();
    -1 -1: (A B C D E) F () ();
}
macro_rules! disordered { ($($from:literal: $($to:literal)*;)*) => { $($(
    impl<X> MergeSlots<Slot<$to>, X> for Slot<$from> {
        type Ordered = crate::No;
        type Out = X;
    }
)*)* } }
disordered! { -5: -6; -4: -6 -5; -3: -6 -5 -4; -2: -6 -5 -4 -3; -1: -6 -5 -4 -3 -2; }
impl<X> MergeSlots<Slot<0>, X> for Slot<0> {
    type Ordered = Yes;
    type Out = X;
}
