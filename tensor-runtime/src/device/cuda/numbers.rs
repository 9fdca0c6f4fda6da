//! What a run reads beside its buffers, at places of the device's memory that never change: the argument table and the
//! error word. So a captured run needs no update.

use super::gpu::said;
use crate::device::{Failure, Report};
use crate::error::{Error, Result};
use cudarc::driver::{result, sys};
use std::collections::VecDeque;

/// Bytes before the table: `{ key: u64, value: i64, lock: u64, failed_run: u64, .., this_run: u64 }`.
const HEAD: usize = 64;
/// Where `this_run` stands; the table follows.
const THIS_RUN: usize = 56;
/// Numbers that a run may have.
const MAX_NUMBERS: usize = 1 << 17;
/// Bytes of host memory through which numbers go.
const RING: usize = 4 << 20;
/// Runs with checks that the host is ahead of what it knows of the device at most.
const MAX_AHEAD: usize = 1024;

pub(crate) struct Numbers {
    stream: sys::CUstream,
    device: u64,
    /// Pinned.
    ring: *mut u8,
    used: usize,
    run: u64,
    open: VecDeque<(u64, Report)>,
}

// SAFETY: the memory belongs to this alone.
unsafe impl Send for Numbers {}

impl Numbers {
    pub fn new(stream: sys::CUstream) -> Result<Numbers> {
        let bytes = HEAD + MAX_NUMBERS * 8;
        let getting = |e| said("getting memory for arguments", e);
        // SAFETY: the context is current; the memory is used by this alone.
        let (device, ring) = unsafe {
            let device = result::malloc_async(stream, bytes).map_err(getting)?;
            result::memset_d8_async(device, 0, bytes, stream).map_err(getting)?;
            result::memset_d8_async(device, 0xff, 8, stream).map_err(getting)?;
            (device, result::malloc_host(RING, 0).map_err(getting)?.cast::<u8>())
        };
        Ok(Numbers { stream, device, ring, used: 0, run: 0, open: VecDeque::new() })
    }

    /// Where the error word is.
    pub fn errors(&self) -> u64 {
        self.device
    }

    /// Where the table is.
    pub fn table(&self) -> u64 {
        self.device + HEAD as u64
    }

    /// Begins a run: the table is `args`, and `report` says what a failed check of it means.
    pub fn begin(&mut self, args: &[f64], report: Option<Report>) -> Result<()> {
        if args.len() > MAX_NUMBERS {
            let (found, expected) = (format!("{} in one evaluation", args.len()), format!("at most {MAX_NUMBERS}"));
            return Err(Error::Setting { name: "numbers of an expression", found, expected });
        }
        if args.is_empty() && report.is_none() {
            return Ok(());
        }
        if self.open.len() >= MAX_AHEAD {
            self.check()?;
        }
        self.run += 1;
        let bytes = 8 + args.len() * 8;
        if self.used + bytes > RING {
            // SAFETY: the stream is alive.
            unsafe { result::stream::synchronize(self.stream) }.map_err(|e| said("waiting for the GPU", e))?;
            self.used = 0;
        }
        // SAFETY: the ring has room from `used` on, and what was there has been copied.
        unsafe {
            let at = self.ring.add(self.used).cast::<u64>();
            at.write(self.run);
            at.add(1).cast::<f64>().copy_from_nonoverlapping(args.as_ptr(), args.len());
            let from = std::slice::from_raw_parts(at.cast::<u8>(), bytes);
            result::memcpy_htod_async(self.device + THIS_RUN as u64, from, self.stream)
                .map_err(|e| said("copying arguments", e))?;
        }
        self.used += bytes;
        if let Some(report) = report {
            self.open.push_back((self.run, report));
        }
        Ok(())
    }

    /// Waits for the device.
    ///
    /// # Errors
    /// The first check that failed since the last time, or what the driver says. The word is clear afterwards.
    pub fn check(&mut self) -> Result<()> {
        let mut word = [0u64; 4];
        // SAFETY: the head has as many bytes; the copy is done when the stream is.
        unsafe {
            result::memcpy_dtoh_async(&mut word, self.device, self.stream)
                .map_err(|e| said("reading the error word", e))?;
            result::stream::synchronize(self.stream).map_err(|e| said("running kernels", e))?;
        }
        self.used = 0;
        let [key, value, _, run] = word;
        let mut open = std::mem::take(&mut self.open);
        if key == u64::MAX {
            return Ok(());
        }
        // SAFETY: as above.
        unsafe { result::memset_d8_async(self.device, 0xff, 8, self.stream) }.map_err(|e| said("the error word", e))?;
        let failure = Failure { check: (key >> 44) as u32, at: (key & ((1 << 44) - 1)) as usize, value: value as i64 };
        let at = open.iter().position(|o| o.0 == run);
        Err(match at.and_then(|at| open.remove(at)) {
            Some((_, report)) => report(failure, None),
            None => Error::other(format!("a check of values failed on the GPU: {failure:?}")),
        })
    }
}
