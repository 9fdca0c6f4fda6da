//! Instruction sets, and compiling a loop for each.

use std::sync::OnceLock;

use super::BlockFn;
use crate::intrinsic::lane::{Machine, Plain};

/// The instruction sets that loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Isa {
    /// What every processor of the target has.
    Portable,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2,
    /// x86-64 with AVX-512 F, BW, DQ, VL and CD.
    Avx512,
}

impl Isa {
    /// The best instruction set of this processor, or the one that the environment variable
    /// `FORMWORK_ISA` (`portable`, `avx2`, `avx512`) limits it to. Looked up once.
    pub fn best() -> Isa {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| best_of(&Isa::available(), std::env::var("FORMWORK_ISA").ok().as_deref().map(str::trim)))
    }

    /// The instruction sets of this processor, in ascending order.
    pub fn available() -> Vec<Isa> {
        let mut available = vec![Isa::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            macro_rules! has {
                ($($feature:tt)+) => { $(std::is_x86_feature_detected!($feature))&&+ };
            }
            if has!("avx2" "fma" "f16c" "bmi1" "bmi2" "lzcnt" "popcnt") {
                available.push(Isa::Avx2);
                if has!("avx512f" "avx512bw" "avx512dq" "avx512vl" "avx512cd") {
                    available.push(Isa::Avx512);
                }
            }
        }
        available
    }

    /// The instruction set of this name.
    pub fn named(name: &str) -> Option<Isa> {
        [Isa::Portable, Isa::Avx2, Isa::Avx512].into_iter().find(|isa| isa.name() == name)
    }

    /// Its name as `FORMWORK_ISA` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }
}

/// The best instruction set that is not above the one of this name; an unknown name is no limit.
fn best_of(available: &[Isa], limit: Option<&str>) -> Isa {
    let limit = limit.and_then(Isa::named).unwrap_or(Isa::Avx512);
    available.iter().copied().filter(|isa| *isa <= limit).max().unwrap_or(Isa::Portable)
}

/// A loop that can be compiled for any machine.
pub(super) trait Loop {
    /// # Safety
    /// As [`BlockFn`]; `this` is the same loop compiled as it is here.
    unsafe fn run<M: Machine>(n: usize, args: &[*const u8], out: *mut u8, this: BlockFn);
}

/// The loop compiled for an instruction set.
pub(super) fn compile<L: Loop>(isa: Isa) -> BlockFn {
    match isa {
        Isa::Portable => portable::<L>,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => avx2::<L>,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => avx512::<L>,
        #[cfg(not(target_arch = "x86_64"))]
        _ => portable::<L>,
    }
}

/// As [`compile`] without a copy for AVX-512, for loops that are not worth one.
pub(super) fn compile_narrow<L: Loop>(isa: Isa) -> BlockFn {
    match isa {
        Isa::Portable => portable::<L>,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 | Isa::Avx512 => avx2::<L>,
        #[cfg(not(target_arch = "x86_64"))]
        _ => portable::<L>,
    }
}

unsafe fn portable<L: Loop>(n: usize, args: &[*const u8], out: *mut u8) {
    // SAFETY: the caller keeps the contract.
    unsafe { L::run::<Plain>(n, args, out, portable::<L>) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn avx2<L: Loop>(n: usize, args: &[*const u8], out: *mut u8) {
    // SAFETY: the caller keeps the contract.
    unsafe { L::run::<crate::intrinsic::lane::Fused>(n, args, out, avx2::<L>) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn avx512<L: Loop>(n: usize, args: &[*const u8], out: *mut u8) {
    // SAFETY: the caller keeps the contract.
    unsafe { L::run::<crate::intrinsic::lane::Fused>(n, args, out, avx512::<L>) }
}

#[cfg(test)]
mod tests {
    use super::{Isa, best_of};

    #[test]
    fn the_environment_limits_what_the_processor_has() {
        let all = [Isa::Portable, Isa::Avx2, Isa::Avx512];
        assert_eq!(best_of(&all, None), Isa::Avx512);
        assert_eq!(best_of(&all, Some("avx2")), Isa::Avx2);
        assert_eq!(best_of(&all, Some("portable")), Isa::Portable);
        assert_eq!(best_of(&all[..2], Some("avx512")), Isa::Avx2);
        assert_eq!(best_of(&all, Some("neon")), Isa::Avx512);
    }
}
