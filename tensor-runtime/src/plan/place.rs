//! Where temporaries lie in the arena: a place is free again after the last launch that uses it.

use crate::device::Buffer;

/// A temporary: its bytes, and the first and the last launch that use it.
pub(crate) struct Life {
    pub bytes: usize,
    pub first: usize,
    pub last: usize,
}

/// By temporary its offset, and the bytes of the whole arena.
pub(crate) fn place(lives: &[Life]) -> (Vec<usize>, usize) {
    // What has no bytes lies anywhere.
    let mut order: Vec<usize> = (0..lives.len()).filter(|&i| lives[i].bytes > 0).collect();
    order.sort_by_key(|&i| (lives[i].first, i));
    let mut offsets = vec![0; lives.len()];
    // Occupied ranges, by offset: start, end, last launch.
    let mut taken: Vec<(usize, usize, usize)> = vec![];
    let mut whole = 0;
    for i in order {
        let life = &lives[i];
        let bytes = life.bytes.next_multiple_of(Buffer::ALIGN);
        taken.retain(|t| t.2 >= life.first);
        // The smallest gap that is large enough.
        let mut best: Option<(usize, usize)> = None;
        let mut free = 0;
        for &(start, end, _) in &taken {
            let gap = start - free;
            if gap >= bytes && best.is_none_or(|(_, g)| gap < g) {
                best = Some((free, gap));
            }
            free = end;
        }
        let at = best.map_or(free, |b| b.0);
        let slot = taken.partition_point(|t| t.0 < at);
        taken.insert(slot, (at, at + bytes, life.last));
        offsets[i] = at;
        whole = whole.max(at + bytes);
    }
    (offsets, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_do_not_overlap_while_alive() {
        let lives: Vec<Life> =
            (0..200usize).map(|i| Life { bytes: (i * 37) % 501, first: i, last: i + (i * 7) % 13 }).collect();
        let (offsets, whole) = place(&lives);
        for (i, a) in lives.iter().enumerate() {
            assert!(offsets[i] + a.bytes <= whole && offsets[i] % Buffer::ALIGN == 0);
            for (j, b) in lives.iter().enumerate().skip(i + 1) {
                let together = a.first <= b.last && b.first <= a.last;
                let apart = offsets[i] + a.bytes <= offsets[j] || offsets[j] + b.bytes <= offsets[i];
                assert!(!together || apart, "{i} and {j} overlap");
            }
        }
        assert!(whole < lives.iter().map(|l| l.bytes).sum());
    }
}
