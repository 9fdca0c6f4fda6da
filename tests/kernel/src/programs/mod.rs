//! Fused programs: compiled for a GPU without spills, run on one against the reference, and timed.

#[path = "../../../../tensor-ir/tests/schedule/build.rs"]
#[allow(dead_code)] // that of tests there
mod build;
mod list;

use formwork_ir::kernel::cuda;
use formwork_ir::kernel::ir::{Param, ScalarType};
use formwork_ir::schedule::{ParamSource, Schedule, ScheduledLaunch, Target, schedule};
use formwork_ir::{DType, Program};
use formwork_kernels::Size;

use crate::compare::{ARCHITECTURE, number};
use crate::gpu::{Entry, Gpu, Memory, Shape};
use crate::nvrtc::{self, Usage};
use crate::suite::{Counts, Machine};
pub use list::{Case, cases};

type Result<T> = std::result::Result<T, String>;

/// A program that is compiled: its launches with their machine code.
pub struct Compiled {
    schedule: Schedule,
    code: Vec<(Vec<u8>, Usage)>,
}

impl Compiled {
    pub fn new(program: &Program) -> Result<Compiled> {
        let schedule = schedule(program, &Target::H100, false);
        let compile = |launch: &ScheduledLaunch| {
            let text = format!("{}{}", cuda::header(), cuda::emit(&launch.kernel, "entry"));
            let compiled = nvrtc::compile(&text, ARCHITECTURE).map_err(|e| format!("{e}\n{text}"))?;
            let usage = compiled.usage("entry")?;
            Ok((compiled.cubin, usage))
        };
        let code = schedule.launches.iter().map(compile).collect::<Result<_>>()?;
        Ok(Compiled { schedule, code })
    }

    /// What all launches take together: the most registers, spills, shared memory.
    pub fn usage(&self) -> Usage {
        let most = |f: fn(&Usage) -> u32| self.code.iter().map(|c| f(&c.1)).max().unwrap_or(0);
        Usage {
            registers: most(|u| u.registers),
            spills: most(|u| u.spills),
            stack: most(|u| u.stack),
            shared: most(|u| u.shared),
            ..Usage::default()
        }
    }

    /// Bytes of each buffer, and what its elements are.
    fn buffers(&self) -> Vec<(usize, ScalarType)> {
        let mut buffers: Vec<(usize, ScalarType)> = Vec::new();
        for launch in &self.schedule.launches {
            for (param, source) in launch.kernel.params.iter().zip(&launch.params) {
                let (Param::Array { array, .. }, ParamSource::Buffer(b)) = (param, source) else { continue };
                let bytes = array.elements().unwrap_or(0) as usize * array.element.size();
                buffers.resize(buffers.len().max(*b as usize + 1), (0, ScalarType::F32));
                let known = &mut buffers[*b as usize];
                *known = (known.0.max(bytes), array.element);
            }
        }
        buffers
    }
}

/// A program on a GPU, with its memory.
pub struct Loaded {
    entries: Vec<(Entry, Shape, Vec<Vec<u8>>)>,
    memory: Vec<Memory>,
    record: Memory,
    _others: [Memory; 2],
}

impl Loaded {
    pub fn new(compiled: &Compiled, gpu: &Gpu, buffers: &[Vec<u8>], args: &[f64]) -> Result<Loaded> {
        let memory = buffers.iter().map(|b| gpu.upload(b)).collect::<Result<Vec<_>>>()?;
        Loaded::with(compiled, gpu, memory, args)
    }

    fn with(compiled: &Compiled, gpu: &Gpu, memory: Vec<Memory>, args: &[f64]) -> Result<Loaded> {
        let scratch = gpu.alloc(compiled.schedule.scratch)?;
        let table = gpu.upload(&args.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>())?;
        let record =
            gpu.upload(&[u64::MAX, 0, 0, 0, 0, 0, 0, 1].iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>())?;
        let mut entries = Vec::new();
        for (launch, (cubin, _)) in compiled.schedule.launches.iter().zip(&compiled.code) {
            let address = |source: &ParamSource| match source {
                ParamSource::Buffer(b) => memory[*b as usize].ptr,
                ParamSource::Scratch { offset } => scratch.ptr + *offset as u64,
                ParamSource::Args => table.ptr,
                ParamSource::Guard => record.ptr,
            };
            // The error word of the text is not used.
            let addresses = launch.params.iter().map(address).chain([0]);
            let args = addresses.map(|a| a.to_le_bytes().to_vec()).collect();
            let shape = Shape { grid: launch.grid, ..Shape::of(&launch.kernel, &[]) };
            entries.push((gpu.load(cubin, "entry")?, shape, args));
        }
        Ok(Loaded { entries, memory, record, _others: [scratch, table] })
    }

    /// Runs all launches.
    pub fn launch(&self, gpu: &Gpu) -> Result<()> {
        for (entry, shape, args) in &self.entries {
            // SAFETY: the arguments are those that the schedule states, of buffers that are as large as it says.
            unsafe { gpu.launch(entry, *shape, args)? };
        }
        Ok(())
    }
}

/// The bytes of a buffer of `n` elements: numbers around 0; of integers places, or else small numbers.
fn filled(ty: ScalarType, n: usize, salt: usize, indices: i64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(n * ty.size());
    for i in 0..n {
        let x = ((i * 7919 + salt * 104_729) % 10_007) as f64;
        let x = match ty {
            _ if ty.is_float() => (x * 0.37).sin() * 2.0 + 1e-3 * salt as f64,
            ScalarType::I64 => (x as i64 % indices) as f64,
            _ => x % 2.0,
        };
        bytes.extend(crate::compare::bytes_of(ty, x));
    }
    bytes
}

/// Compiles every program, and runs those of test size where there is a GPU. What is wrong.
pub fn test(machine: &Machine, counts: &mut Counts) -> Vec<String> {
    let mut wrong = Vec::new();
    let all =
        cases(Size::Test).into_iter().map(|c| (c, true)).chain(cases(Size::Bench).into_iter().map(|c| (c, false)));
    for (case, runs) in all {
        let name = format!("program {}{}", case.name, if runs { "" } else { " (large)" });
        if machine.nvrtc.is_err() {
            counts.skipped += 1;
            continue;
        }
        counts.nvrtc += 1;
        let compiled = match Compiled::new(&case.program) {
            Ok(compiled) => compiled,
            Err(e) => {
                wrong.push(format!("{name}: {e}"));
                continue;
            }
        };
        let Usage { registers, spills, stack, shared, .. } = compiled.usage();
        if machine.prints {
            println!(
                "{name:60} {registers:3} registers, {spills} bytes spilled, {shared:5} bytes shared ({ARCHITECTURE})"
            );
        }
        if spills + stack > 0 {
            wrong.push(format!(
                "{name}: {spills} bytes of registers are spilled, {stack} bytes of arrays are in memory"
            ));
        }
        match &machine.gpu {
            _ if !runs => {}
            Ok(gpu) => {
                counts.gpu += 1;
                wrong.extend(on_gpu(&case, &compiled, gpu).err().map(|e| format!("{name}: {e}")));
            }
            Err(_) => counts.skipped += 1,
        }
    }
    wrong
}

/// How far a float may be from the reference, as a share of `1 + |x|`.
fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 2e-3,
        DType::BF16 => 1.6e-2,
        _ => 2e-5,
    }
}

fn on_gpu(case: &Case, compiled: &Compiled, gpu: &Gpu) -> Result<()> {
    let buffers = compiled.buffers().into_iter().enumerate();
    let buffers: Vec<Vec<u8>> =
        buffers.map(|(i, (bytes, ty))| filled(ty, bytes / ty.size(), i, case.indices)).collect();
    let loaded = Loaded::new(compiled, gpu, &buffers, &case.args)?;
    loaded.launch(gpu)?;
    gpu.synchronize()?;
    let mut expected = buffers;
    let failed = case.program.reference(&mut expected, &case.args);
    let record = gpu.download(&loaded.record)?;
    if failed.is_some() != record[..8].iter().any(|b| *b != 0xff) {
        return Err(format!("the reference fails {failed:?}, the record is {record:?}"));
    }
    for output in &case.program.outputs {
        let dtype = case.program.steps[output.value.0 as usize].dtype;
        let found = gpu.download(&loaded.memory[output.buffer as usize])?;
        let ty = ScalarType::from(dtype);
        let pairs = expected[output.buffer as usize].chunks(ty.size()).zip(found.chunks(ty.size())).enumerate();
        for (i, (a, b)) in pairs {
            let (x, y) = (number(ty, a), number(ty, b));
            let near = dtype.is_float() && (x - y).abs() <= tolerance(dtype) * (1.0 + x.abs());
            if a != b && !near && !(x.is_nan() && y.is_nan()) {
                return Err(format!("buffer {}, element {i}: {x} by the reference, {y} on the GPU", output.buffer));
            }
        }
    }
    Ok(())
}

/// A program with buffers of its size, to be timed.
pub fn loaded(case: &Case, compiled: &Compiled, gpu: &Gpu) -> Result<Loaded> {
    const COMPUTED: usize = 1 << 20;
    let mut memory = Vec::new();
    for (i, (bytes, ty)) in compiled.buffers().into_iter().enumerate() {
        let mut all = filled(ty, (bytes / ty.size()).min(COMPUTED), i, case.indices);
        while all.len() < bytes {
            let more = (bytes - all.len()).min(all.len());
            all.extend_from_within(..more);
        }
        memory.push(gpu.upload(&all)?);
    }
    Loaded::with(compiled, gpu, memory, &case.args)
}
