//! Which of a row's threads agree on conditions.

use std::ops::Range;

/// A run of neighbouring threads along x, narrowed to those of which conditions hold. A condition compares `a`, whose value
/// is told for the row's first thread and is one more for each next, with `b`, which is the same for all.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Span {
    threads: usize,
    start: usize,
    end: usize,
}

impl Span {
    /// All threads of a row.
    #[inline(always)]
    pub fn new(threads: usize) -> Span {
        Span { threads, start: 0, end: threads }
    }

    /// Those with `a < b`.
    #[inline(always)]
    pub fn below(self, a: usize, b: usize) -> Span {
        self.counted(a).until(b.saturating_sub(a))
    }

    /// Those with `a >= b`.
    #[inline(always)]
    pub fn from(self, a: usize, b: usize) -> Span {
        self.counted(a).after(b.saturating_sub(a))
    }

    /// Those with `a > b`.
    #[inline(always)]
    pub fn above(self, a: usize, b: usize) -> Span {
        self.even(b < usize::MAX).from(a, b.wrapping_add(1))
    }

    /// Those with `a != b` before the one that is equal, or those after it, whichever are more.
    #[inline(always)]
    pub fn apart(self, a: usize, b: usize) -> Span {
        let equal = b.wrapping_sub(a);
        if !self.inner().contains(&equal) {
            self
        } else if equal - self.start > self.end - 1 - equal {
            self.until(equal)
        } else {
            self.after(equal + 1)
        }
    }

    /// All or none of them.
    #[inline(always)]
    pub fn even(self, condition: bool) -> Span {
        if condition { self } else { self.until(0) }
    }

    /// None of them if the last one's `a` wraps.
    #[inline(always)]
    fn counted(self, a: usize) -> Span {
        self.even(a.checked_add(self.threads).is_some())
    }

    #[inline(always)]
    fn until(self, end: usize) -> Span {
        Span { end: Ord::min(self.end, end), ..self }
    }

    #[inline(always)]
    fn after(self, start: usize) -> Span {
        Span { start: Ord::max(self.start, start), ..self }
    }

    /// The threads of which all conditions hold.
    #[inline(always)]
    pub fn inner(self) -> Range<usize> {
        self.start..self.end
    }

    /// The threads before and after those.
    #[inline(always)]
    pub fn edges(self) -> [Range<usize>; 2] {
        if self.start < self.end { [0..self.start, self.end..self.threads] } else { [0..0, 0..self.threads] }
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn conditions_hold_of_the_inner_threads_and_no_thread_is_lost() {
        let numbers = [0, 1, 2, 5, usize::MAX - 3, usize::MAX - 1, usize::MAX];
        for threads in [0, 1, 4] {
            for a in numbers {
                for b in numbers {
                    let all = Span::new(threads);
                    let a_of = |t: usize| a.wrapping_add(t);
                    let holds = |span: Span, condition: &dyn Fn(usize) -> bool| {
                        assert!(span.inner().all(|t| condition(a_of(t))), "{span:?} of a = {a}, b = {b}");
                        let [before, after] = span.edges();
                        assert!(before.chain(span.inner()).chain(after).eq(0..threads), "{span:?}");
                    };
                    holds(all.below(a, b), &|a| a < b);
                    holds(all.from(a, b), &|a| a >= b);
                    holds(all.above(a, b), &|a| a > b);
                    holds(all.apart(a, b), &|a| a != b);
                    holds(all.from(a, 2).below(a, b).apart(a, 3), &|a| 2 <= a && a < b && a != 3);
                    holds(all.even(a == b).above(a, b), &|x| a == b && x > b);
                }
            }
        }
    }

    #[test]
    fn a_span_has_all_threads_of_which_a_comparison_holds() {
        assert_eq!(Span::new(8).below(10, 13).inner(), 0..3);
        assert_eq!(Span::new(8).from(10, 13).inner(), 3..8);
        assert_eq!(Span::new(8).above(10, 13).below(10, 99).inner(), 4..8);
        assert_eq!(Span::new(8).apart(10, 11).inner(), 2..8);
        assert_eq!(Span::new(8).apart(10, 17).inner(), 0..7);
    }
}
