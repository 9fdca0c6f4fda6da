//! Temporaries of plans: a range of addresses as large as the GPU's memory, backed from its start as far as a plan ever
//! needed. It grows without moving, so captured graphs stay right.

use super::gpu::said;
use crate::device::Device;
use crate::error::{Error, Result};
use cudarc::driver::{result, sys};

pub(crate) struct Arena {
    device: sys::CUdevice,
    base: u64,
    reserved: usize,
    backed: usize,
    granularity: usize,
}

impl Arena {
    /// An arena without memory. The device's context is current.
    pub fn new(device: sys::CUdevice) -> Result<Arena> {
        let reserving = |e| said("reserving addresses", e);
        // SAFETY: the device is valid.
        let total = unsafe { result::device::total_mem(device) }.map_err(reserving)?;
        let mut granularity = 0;
        let properties = properties(device);
        let flags = sys::CUmemAllocationGranularity_flags::CU_MEM_ALLOC_GRANULARITY_RECOMMENDED;
        // SAFETY: both are alive; the size is written.
        unsafe { sys::cuMemGetAllocationGranularity(&mut granularity, &properties, flags) }
            .result()
            .map_err(reserving)?;
        let granularity = granularity.max(1 << 21);
        let reserved = total.next_multiple_of(granularity);
        let mut base = 0;
        // SAFETY: the address is written.
        unsafe { sys::cuMemAddressReserve(&mut base, reserved, 0, 0, 0) }.result().map_err(reserving)?;
        Ok(Arena { device, base, reserved, backed: 0, granularity })
    }

    /// Its start, once `bytes` bytes from there are backed.
    ///
    /// # Errors
    /// The GPU has not so much memory left.
    pub fn ensure(&mut self, bytes: usize) -> Result<u64> {
        if bytes > self.backed {
            let ordinal = self.device as u8;
            let more = (bytes - self.backed).next_multiple_of(self.granularity);
            let none = Error::OutOfMemory { device: Device::Cuda(ordinal), bytes: more };
            if self.backed + more > self.reserved {
                return Err(none);
            }
            self.back(more).map_err(|e| match e.0 {
                sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => none,
                _ => said("getting memory for temporaries", e),
            })?;
            self.backed += more;
        }
        Ok(self.base)
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.backed
    }

    fn back(&self, bytes: usize) -> std::result::Result<(), result::DriverError> {
        let properties = properties(self.device);
        let at = self.base + self.backed as u64;
        let mut handle = 0;
        // SAFETY: the range lies in the reserved one and is not backed; the handle is written, and released once the
        // mapping holds the memory.
        unsafe {
            sys::cuMemCreate(&mut handle, bytes, &properties, 0).result()?;
            let mapped = sys::cuMemMap(at, bytes, 0, handle, 0).result();
            sys::cuMemRelease(handle).result()?;
            mapped?;
            let access = sys::CUmemAccessDesc {
                location: properties.location,
                flags: sys::CUmemAccess_flags::CU_MEM_ACCESS_FLAGS_PROT_READWRITE,
            };
            let opened = sys::cuMemSetAccess(at, bytes, &access, 1).result();
            if opened.is_err() {
                let _ = sys::cuMemUnmap(at, bytes);
            }
            opened
        }
    }
}

fn properties(device: sys::CUdevice) -> sys::CUmemAllocationProp {
    // SAFETY: all zeros are a value of this plain struct.
    let mut properties: sys::CUmemAllocationProp = unsafe { std::mem::zeroed() };
    properties.type_ = sys::CUmemAllocationType::CU_MEM_ALLOCATION_TYPE_PINNED;
    properties.location.type_ = sys::CUmemLocationType::CU_MEM_LOCATION_TYPE_DEVICE;
    properties.location.id = device;
    properties
}
