//! Windows over a long row of tokens: what a language model learns from.

use super::dataset::check_index;
use super::order::drawn;
use super::{Dataset, Field};
use formwork_runtime::{Error, Result};
use formwork_shapes::{Dim, Shape};
use std::marker::PhantomData;
use std::panic::Location;

/// Windows of `T` tokens, and the `T` tokens that come one place later: `x` and `y` of a model that says what comes next.
///
/// Tokens are any integers that fit an i64, such as the bytes of a text. At first there is a window at every place, in
/// order; [`stride`](Self::stride) and [`random`](Self::random) choose others.
///
/// ```
/// use formwork::data::{DataLoader, TokenWindows};
/// use formwork::prelude::*;
/// dims! { Batch }
///
/// let windows = TokenWindows::<U4, u8>::new(b"formwork".to_vec())?;
/// let first = DataLoader::new(windows).batch::<Batch>(2).into_iter().next().unwrap()?;
/// assert_eq!(first.x.to_vec()?, b"formormw".map(i64::from));
/// assert_eq!(first.y.to_vec()?, b"ormwrmwo".map(i64::from));
/// # Ok::<(), formwork::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TokenWindows<T, E> {
    tokens: Vec<E>,
    places: Places,
    dim: PhantomData<fn() -> T>,
}

/// Where windows begin.
#[derive(Clone, Copy, Debug)]
enum Places {
    /// At every so manieth token.
    Every(usize),
    /// At so many places, drawn from a seed.
    Drawn(usize, u64),
}

impl<T: Dim, E> TokenWindows<T, E> {
    /// Every window of `tokens`.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are fewer than `T + 1` tokens, or `T` is a dim without a size.
    #[track_caller]
    pub fn new(tokens: Vec<E>) -> Result<Self> {
        let windows = TokenWindows { tokens, places: Places::Every(1), dim: PhantomData };
        match T::SIZE {
            Some(size) if windows.tokens.len() > size => Ok(windows),
            size => Err(Error::Shape {
                op: "TokenWindows::new",
                expected: match size {
                    Some(size) => format!("at least {} tokens, a window and one more", size + 1),
                    None => "a literal dim, as in `TokenWindows::<dim!(64), u8>`".to_string(),
                },
                found: format!("{} tokens and windows of `{}`", windows.tokens.len(), <(T,)>::display()),
                at: Location::caller(),
            }),
        }
    }

    /// A window at every `step`-th token: of `T` for windows that don't overlap. A step of 0 counts as 1.
    pub fn stride(self, step: usize) -> Self {
        TokenWindows { places: Places::Every(step.max(1)), ..self }
    }

    /// `count` windows at places drawn at random, which may come twice: the same ones for the same seed, on every machine.
    /// Sample `i` does not depend on `count`.
    pub fn random(self, count: usize, seed: u64) -> Self {
        TokenWindows { places: Places::Drawn(count, seed), ..self }
    }

    /// The tokens.
    pub fn tokens(&self) -> &[E] {
        &self.tokens
    }

    /// Windows that lie in the tokens: at least one.
    fn windows(&self) -> usize {
        self.tokens.len() - T::SIZE.unwrap_or(0)
    }
}

impl<T: Dim<Syms = ()>, E: Copy + Into<i64> + Send + Sync + 'static> Dataset for TokenWindows<T, E> {
    type Sample = (Field<(T,), i64>, Field<(T,), i64>);

    fn len(&self) -> usize {
        match self.places {
            Places::Every(step) => self.windows().div_ceil(step),
            Places::Drawn(count, _) => count,
        }
    }

    fn get(&self, index: usize, (x, y): (&mut [i64], &mut [i64])) -> Result<()> {
        check_index("TokenWindows::get", index, self.len())?;
        let start = match self.places {
            Places::Every(step) => index * step,
            Places::Drawn(_, seed) => drawn(index, seed, self.windows()),
        };
        for (row, first) in [(x, start), (y, start + 1)] {
            let window = &self.tokens[first..first + row.len()];
            row.iter_mut().zip(window).for_each(|(to, &token)| *to = token.into());
        }
        Ok(())
    }
}
