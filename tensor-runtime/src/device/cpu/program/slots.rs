//! Where results lie: lane buffers that are used again once their last reader is done.

use super::code::*;
use super::geometry::{Geometry, Layout};
use std::collections::HashMap;

/// Lanes that loops work on at once: fewer cost as much, and a detour.
pub(super) const PADDING: usize = 64;

/// What a slot holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub span: Span,
    /// Bytes of an element.
    pub size: usize,
    /// Whether it is an outer value: of these, what several lists use is kept per outer block.
    pub is_frame: bool,
}

/// Which lists name a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    Nowhere,
    List(usize),
    /// Several lists, and not two bodies.
    Many,
    /// Several bodies.
    Bodies,
}

/// Gives each slot its place, lets values be made in the buffers that they are stored to, and fills
/// in all offsets.
pub(super) fn place(code: &mut Listing, sizes: &[Size], geometry: &Geometry, [outer_len, row_len]: [usize; 2]) {
    let homes = homes(code, sizes.len());
    let is_local = |slot: SlotId| matches!(homes[slot as usize], Home::List(_));
    let reads = reads(code);
    if outer_len * row_len >= PADDING {
        lists(code).for_each(|list| insert_direct(list, &is_local, &reads));
    }
    pad(code, sizes.len());
    let bytes = |slot: usize| {
        let Size { span, size, .. } = sizes[slot];
        let count = match span {
            Span::One => 1,
            Span::Lanes => geometry.lanes,
            Span::Block if homes[slot] == Home::Bodies && !geometry.whole => geometry.lanes * row_len,
            Span::Block => geometry.lanes * geometry.chunk,
        };
        // Room for whole chunks of the loops, and a line more, so that buffers of whole pages do not
        // share their low address bits.
        if span == Span::One { 64 } else { count.next_multiple_of(PADDING) * size + 64 }
    };
    code.slots = sizes.iter().map(|s| Slot { room: Room::Scratch, offset: 0, size: s.size }).collect();
    let mut slots = std::mem::take(&mut code.slots);
    let mut locals = 0;
    for list in lists(code) {
        locals = locals.max(place_locals(list, &mut slots, &is_local, &bytes));
    }
    let (mut frame, mut scratch) = (0, locals);
    for (i, slot) in slots.iter_mut().enumerate() {
        if is_local(i as SlotId) || homes[i] == Home::Nowhere {
            continue;
        }
        let room = if sizes[i].is_frame { &mut frame } else { &mut scratch };
        slot.room = if sizes[i].is_frame { Room::Frame } else { Room::Scratch };
        slot.offset = *room;
        *room += bytes(i);
        if homes[i] == Home::Bodies && !geometry.whole {
            code.kept.push(i as SlotId);
        }
    }
    code.slots = slots;
    for reduction in &mut code.reductions {
        let state = match geometry.layout {
            Layout::Rows => reduction.reducer.row_bytes,
            Layout::Lanes => (reduction.reducer.lane_bytes)(geometry.lanes),
        };
        reduction.state = scratch;
        scratch += state.next_multiple_of(64) + 64;
    }
    code.raw = scratch;
    // An accumulator and an index a lane, or a block of the widest elements.
    code.scratch_bytes = scratch + 16 * geometry.lanes * geometry.chunk + 128;
    code.frame_bytes = frame;
}

fn lists(code: &mut Listing) -> impl Iterator<Item = &mut Vec<Instr>> {
    let passes = code.passes.iter_mut().flat_map(|p| [&mut p.prologue, &mut p.body]);
    std::iter::once(&mut code.scalars).chain(&mut code.outer).chain(passes)
}

fn homes(code: &mut Listing, slots: usize) -> Vec<Home> {
    let mut homes = vec![Home::Nowhere; slots];
    let outer = code.outer.len();
    // In the order of `lists`, bodies have these numbers.
    let is_body = |list: usize| list > outer && (list - outer).is_multiple_of(2);
    let mut note = |slot: SlotId, list: Option<usize>| {
        let Some(home) = homes.get_mut(slot as usize) else { return };
        *home = match (*home, list) {
            (Home::Nowhere, Some(list)) => Home::List(list),
            (Home::List(a), Some(b)) if a == b => Home::List(a),
            (Home::List(a), Some(b)) if is_body(a) && is_body(b) => Home::Bodies,
            (Home::Bodies, Some(_)) => Home::Bodies,
            _ => Home::Many,
        };
    };
    for (number, list) in lists(code).enumerate() {
        for instr in list {
            note(instr.out, Some(number));
            instr.uses().for_each(|slot| note(slot, Some(number)));
        }
    }
    code.numbers.iter().for_each(|(_, slot)| note(*slot, None));
    code.splats.iter().for_each(|s| [s.src, s.out].iter().for_each(|slot| note(*slot, None)));
    code.reductions.iter().for_each(|r| note(r.out, None));
    homes
}

/// How many instructions read each buffer.
fn reads(code: &mut Listing) -> HashMap<u32, usize> {
    let mut reads = HashMap::new();
    for instr in lists(code).flatten() {
        match &instr.code {
            Code::Load(load) => *reads.entry(load.buffer).or_default() += 1,
            Code::Pieces { loads, .. } => loads.iter().for_each(|l| *reads.entry(l.buffer).or_default() += 1),
            Code::Index(index) => *reads.entry(index.load.buffer).or_default() += 1,
            _ => {}
        }
    }
    reads
}

/// Puts a `Direct` before an instruction whose result is only stored as it is.
fn insert_direct(list: &mut Vec<Instr>, is_local: &impl Fn(SlotId) -> bool, reads: &HashMap<u32, usize>) {
    let mut at = 0;
    while at < list.len() {
        let slot = list[at].out;
        if matches!(list[at].code, Code::Apply { .. } | Code::Rows { .. } | Code::Pieces { .. } | Code::Index(_))
            && is_local(slot)
        {
            let store = list[at..].iter().find_map(|i| match &i.code {
                Code::Store(s) if s.src == slot && s.convert.is_none() => Some(s.clone()),
                _ => None,
            });
            if let Some(mut store) = store.filter(|s| matches!(s.place, Place::Flat(_))) {
                if store.twins.iter().all(|buffer| is_done(list, at, *buffer, reads)) {
                    store.twins = Box::default();
                }
                let span = list[at].span;
                list.insert(at, Instr { code: Code::Direct(store), span, out: slot, padded: false });
                at += 1;
            }
        }
        at += 1;
    }
}

/// Whether all that is read from a buffer is used by instructions up to `at`.
fn is_done(list: &[Instr], at: usize, buffer: u32, reads: &HashMap<u32, usize>) -> bool {
    let loads = |i: &&Instr| matches!(&i.code, Code::Load(l) if l.buffer == buffer);
    let slots: Vec<SlotId> = list[..at].iter().filter(loads).map(|i| i.out).collect();
    let later = list[at + 1..].iter().flat_map(Instr::uses).any(|slot| slots.contains(&slot));
    !later && reads.get(&buffer).is_none_or(|all| *all == slots.len())
}

/// Marks the instructions that have room to work on whole chunks: all slots but scalars are their own.
fn pad(code: &mut Listing, slots: usize) {
    let mut is_own = vec![true; slots];
    for instr in lists(code).flatten() {
        match &instr.code {
            Code::Load(load) if load.in_place => is_own[instr.out as usize] = false,
            Code::Direct(_) => is_own[instr.out as usize] = false,
            _ => {}
        }
    }
    for instr in lists(code).flatten() {
        let own = instr.uses().chain([instr.out]).all(|slot| slot != NONE && is_own[slot as usize]);
        instr.padded = own && instr.span != Span::One && matches!(instr.code, Code::Apply { .. });
    }
}

/// Gives the slots of one list their offsets and returns the bytes that they need together.
fn place_locals(
    list: &[Instr],
    slots: &mut [Slot],
    is_local: &impl Fn(SlotId) -> bool,
    bytes: &impl Fn(usize) -> usize,
) -> usize {
    let mut last = vec![0; slots.len()];
    for (at, instr) in list.iter().enumerate() {
        for slot in instr.uses().chain([instr.out]).filter(|s| *s != NONE) {
            last[slot as usize] = at;
        }
    }
    let mut placed = vec![false; slots.len()];
    let mut free: Vec<(usize, usize)> = Vec::new();
    let mut total = 0;
    for (at, instr) in list.iter().enumerate() {
        let mut ended: Vec<SlotId> = instr.uses().chain([instr.out]).filter(|s| *s != NONE && is_local(*s)).collect();
        ended.sort_unstable();
        ended.dedup();
        ended.retain(|s| last[*s as usize] == at);
        // A loop may write over an argument of its result's size.
        if matches!(instr.code, Code::Apply { .. }) && is_local(instr.out) && !placed[instr.out as usize] {
            let same = |s: &SlotId| *s != instr.out && slots[*s as usize].size == slots[instr.out as usize].size;
            if let Some(i) = ended.iter().position(same).filter(|_| instr.span != Span::One) {
                let slot = ended.swap_remove(i) as usize;
                if bytes(slot) == bytes(instr.out as usize) {
                    slots[instr.out as usize].offset = slots[slot].offset;
                    placed[instr.out as usize] = true;
                } else {
                    ended.push(slot as SlotId);
                }
            }
        }
        if instr.out != NONE && is_local(instr.out) && !placed[instr.out as usize] {
            let slot = instr.out as usize;
            placed[slot] = true;
            let size = bytes(slot);
            let found = free.iter().rposition(|(_, room)| *room == size);
            slots[slot].offset = match found {
                Some(i) => free.swap_remove(i).0,
                None => {
                    total += size;
                    total - size
                }
            };
        }
        for slot in ended {
            free.push((slots[slot as usize].offset, bytes(slot as usize)));
        }
    }
    total
}
