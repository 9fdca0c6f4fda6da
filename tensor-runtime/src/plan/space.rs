//! The iteration space of a kernel while it is being put together, and where tensors lie in it.
//!
//! A dim of a space has a number that stays. An axis of a tensor is a linear expression over dims.
//! Views rewrite expressions; a reshape may split a dim in two, which rewrites every expression of
//! the kernel that uses it. Knows nothing of graphs.

use smallvec::SmallVec;

/// `offset + sum(factor * index of dim)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Expr {
    pub offset: i64,
    pub terms: SmallVec<[(u16, i64); 3]>,
}

impl Expr {
    pub fn dim(dim: u16) -> Expr {
        Expr { offset: 0, terms: smallvec::smallvec![(dim, 1)] }
    }

    pub fn scaled(&self, by: i64) -> Expr {
        if by == 0 {
            return Expr::default();
        }
        Expr { offset: self.offset * by, terms: self.terms.iter().map(|&(d, c)| (d, c * by)).collect() }
    }

    /// Adds another expression; terms stay sorted by dim and none is zero.
    pub fn add(&mut self, other: &Expr) {
        self.offset += other.offset;
        for &(d, c) in &other.terms {
            match self.terms.binary_search_by_key(&d, |t| t.0) {
                Ok(i) => {
                    self.terms[i].1 += c;
                    if self.terms[i].1 == 0 {
                        self.terms.remove(i);
                    }
                }
                Err(i) => self.terms.insert(i, (d, c)),
            }
        }
    }

    /// The one dim that this is, unmoved.
    pub fn as_dim(&self) -> Option<u16> {
        match (&self.terms[..], self.offset) {
            ([(d, 1)], 0) => Some(*d),
            _ => None,
        }
    }

    fn split(&mut self, dim: u16, high: u16, low: u16, low_size: i64) {
        if let Some(i) = self.terms.iter().position(|t| t.0 == dim) {
            let (_, c) = self.terms.remove(i);
            self.add(&Expr { offset: 0, terms: smallvec::smallvec![(high, c * low_size), (low, c)] });
        }
    }
}

/// Where a tensor's element is read for a point of the space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant)] // nearly every place is `Axes`: on the heap, planning would pay for each
pub(crate) enum Place {
    /// An expression for each axis.
    Axes(SmallVec<[Expr; 6]>),
    /// The row-major number of the element.
    Flat(Expr),
}

/// A place, and the ranges that expressions must lie in; outside them the element is zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Spot {
    pub place: Place,
    pub bounds: Vec<(Expr, i64, i64)>,
}

impl Spot {
    pub fn axes(axes: impl IntoIterator<Item = Expr>) -> Spot {
        Spot { place: Place::Axes(axes.into_iter().collect()), bounds: vec![] }
    }

    fn exprs_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let place = match &mut self.place {
            Place::Axes(axes) => &mut axes[..],
            Place::Flat(expr) => std::slice::from_mut(expr),
        };
        place.iter_mut().chain(self.bounds.iter_mut().map(|b| &mut b.0))
    }

    /// The row-major number of the element in a tensor of `dims`.
    pub fn flat(&self, dims: &[usize]) -> Expr {
        match &self.place {
            Place::Flat(expr) => expr.clone(),
            Place::Axes(axes) => {
                let (mut sum, mut stride) = (Expr::default(), 1);
                for (axis, &n) in axes.iter().zip(dims).rev() {
                    sum.add(&axis.scaled(stride));
                    stride *= n as i64;
                }
                sum
            }
        }
    }

    /// Whether a range is stated in terms of `dim`: it could not be stated if the dim were split.
    fn bounds_use(&self, dim: u16) -> bool {
        self.bounds.iter().any(|b| b.0.terms.iter().any(|t| t.0 == dim))
    }
}

/// The dims of a kernel: sizes by number, and the order of the kept and of the reduced ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    pub sizes: Vec<usize>,
    pub outer: Vec<u16>,
    pub row: Vec<u16>,
}

impl Space {
    pub fn new(outer: &[usize], row: &[usize]) -> Space {
        let mut space = Space::default();
        space.outer = outer.iter().map(|&n| space.add(n)).collect();
        space.row = row.iter().map(|&n| space.add(n)).collect();
        space
    }

    /// A new dim, not yet in any order.
    pub fn add(&mut self, size: usize) -> u16 {
        self.sizes.push(size);
        (self.sizes.len() - 1) as u16
    }

    pub fn size(&self, dim: u16) -> usize {
        self.sizes[dim as usize]
    }

    fn runs_over(&self, dim: u16) -> bool {
        self.outer.contains(&dim) || self.row.contains(&dim)
    }

    pub fn sizes_of(&self, dims: &[u16]) -> Vec<usize> {
        dims.iter().map(|&d| self.size(d)).collect()
    }

    /// Splits `dim` into a high and a low part of `low_size`, in the space and in `spots`.
    fn split<'a>(&mut self, dim: u16, low_size: usize, spots: impl Iterator<Item = &'a mut Spot>) {
        let high = self.add(self.size(dim) / low_size);
        let low = self.add(low_size);
        for order in [&mut self.outer, &mut self.row] {
            if let Some(i) = order.iter().position(|&d| d == dim) {
                order.splice(i..=i, [high, low]);
            }
        }
        spots.for_each(|s| s.exprs_mut().for_each(|e| e.split(dim, high, low, low_size as i64)));
    }
}

/// What stands in the way of writing a linear index as one index an axis.
enum Obstacle {
    /// A dim must be split, its low part of this size.
    Split(u16, usize),
    Impossible,
}

/// `index`, the row-major number in `dims`, as one expression an axis.
fn unflatten(index: &Expr, dims: &[usize], space: &Space) -> Result<SmallVec<[Expr; 6]>, Obstacle> {
    let mut axes: SmallVec<[Expr; 6]> = dims.iter().map(|_| Expr::default()).collect();
    let mut reach: SmallVec<[i64; 6]> = smallvec::smallvec![0; dims.len()];
    let mut strides: SmallVec<[i64; 6]> = smallvec::smallvec![1; dims.len()];
    for a in (1..dims.len()).rev() {
        strides[a - 1] = strides[a] * dims[a] as i64;
    }
    if index.offset != 0 {
        return Err(Obstacle::Impossible);
    }
    for &(dim, factor) in &index.terms {
        let size = space.size(dim) as i64;
        if size <= 1 {
            continue;
        }
        // The axis whose stride is the largest that divides the factor.
        let fits = |a: &usize| dims[*a] > 1 && factor >= strides[*a] && factor % strides[*a] == 0;
        let Some(a) = (0..dims.len()).find(fits) else { return Err(Obstacle::Impossible) };
        let step = factor / strides[a];
        let room = dims[a] as i64;
        if step * (size - 1) >= room {
            // The dim goes on in the axes before this one: there it must be a dim of its own.
            if a == 0 || room % step != 0 || size % (room / step) != 0 || room / step == 1 {
                return Err(Obstacle::Impossible);
            }
            return Err(Obstacle::Split(dim, (room / step) as usize));
        }
        axes[a].add(&Expr { offset: 0, terms: smallvec::smallvec![(dim, step)] });
        reach[a] += step * (size - 1);
    }
    match reach.iter().zip(dims).all(|(&r, &n)| r < n.max(1) as i64) {
        true => Ok(axes),
        false => Err(Obstacle::Impossible),
    }
}

/// The spot in the input of a reshape from `from` to `to`, given the spot in its result. Splits dims
/// of the space where `may_split`; `spots` are all others of the kernel.
pub(crate) fn through_reshape(
    spot: &Spot,
    from: &[usize],
    to: &[usize],
    space: &mut Space,
    may_split: bool,
    spots: &mut [Spot],
) -> Option<Spot> {
    let mut spot = spot.clone();
    loop {
        let obstacle = match group_axes(&spot, from, to, space) {
            Ok(axes) => return Some(Spot { place: Place::Axes(axes), bounds: spot.bounds }),
            Err(obstacle) => obstacle,
        };
        match obstacle {
            Obstacle::Split(dim, low)
                if may_split && space.runs_over(dim) && !spots.iter().chain([&spot]).any(|s| s.bounds_use(dim)) =>
            {
                space.split(dim, low, spots.iter_mut().chain(std::iter::once(&mut spot)));
            }
            _ => return None,
        }
    }
}

/// Axes of `from` and `to` fall into groups of equal products; each group is rewritten for itself,
/// so that offsets in one axis do not hinder the others.
fn group_axes(spot: &Spot, from: &[usize], to: &[usize], space: &Space) -> Result<SmallVec<[Expr; 6]>, Obstacle> {
    let Place::Axes(exprs) = &spot.place else { return Err(Obstacle::Impossible) };
    let mut axes = SmallVec::new();
    let (mut i, mut j) = (0, 0);
    while i < from.len() || j < to.len() {
        let (i0, j0) = (i, j);
        let (mut p, mut q) = (1usize, 1usize);
        loop {
            if p <= q && i < from.len() && (p < q || i == i0) {
                p *= from[i];
                i += 1;
            } else if j < to.len() && (q < p || j == j0) {
                q *= to[j];
                j += 1;
            } else {
                break;
            }
            if p == q && i > i0 && j > j0 {
                break;
            }
        }
        if p != q {
            // What is left on one side are axes of one element, or there are none at all.
            (i, j) = (from.len(), to.len());
        }
        let mut index = Expr::default();
        let mut stride = 1;
        for k in (j0..j).rev() {
            index.add(&exprs[k].scaled(stride));
            stride *= to[k] as i64;
        }
        let group = &from[i0..i];
        match group.iter().filter(|&&n| n != 1).count() {
            0 => axes.extend(group.iter().map(|_| Expr::default())),
            1 => axes.extend(group.iter().map(|&n| if n == 1 { Expr::default() } else { index.clone() })),
            _ => axes.extend(unflatten(&index, group, space)?),
        }
    }
    Ok(axes)
}

/// Expressions for axes of `sizes` that run over `dims` of the space in row-major order.
pub(crate) fn cover(
    sizes: &[usize],
    dims: &[u16],
    space: &mut Space,
    spots: &mut [Spot],
) -> Option<SmallVec<[Expr; 6]>> {
    if sizes.iter().product::<usize>() != dims.iter().map(|&d| space.size(d)).product() {
        return None;
    }
    // As the input of a reshape from one flat axis.
    let (mut index, mut stride) = (Expr::default(), 1i64);
    for &d in dims.iter().rev() {
        index.add(&Expr::dim(d).scaled(stride));
        stride *= space.size(d) as i64;
    }
    let flat = Spot::axes([index]);
    let Spot { place: Place::Axes(axes), .. } = through_reshape(&flat, sizes, &[stride as usize], space, true, spots)?
    else {
        return None;
    };
    Some(axes)
}
