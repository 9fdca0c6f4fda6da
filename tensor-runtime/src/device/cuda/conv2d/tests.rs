//! Convolutions by definition, run by a C++ compiler, against the CPU's; their texts by NVRTC.

use super::{operands, plain};
use crate::device::cuda::emulate::Emulated;
use crate::device::cuda::{library::Library, nvrtc};
use crate::device::{Conv2d, ConvMode, Device, ErrorWord, Kernel};
use formwork_ir::DType;

struct Window {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
}

fn case([n, c, h, w]: [usize; 4], o: usize, groups: usize, window: Window) -> Conv2d {
    let Window { kernel, stride, padding, dilation } = window;
    let out = |size: usize, d: usize| (size + 2 * padding[d] - (kernel[d] - 1) * dilation[d] - 1) / stride[d] + 1;
    let (mode, dtype, epilogue) = (ConvMode::Forward, DType::F32, None);
    let ([kh, kw], oh, ow) = (kernel, out(h, 0), out(w, 1));
    Conv2d { mode, dtype, n, c, h, w, o, kh, kw, oh, ow, stride, padding, dilation, groups, epilogue }
}

fn cases() -> Vec<Conv2d> {
    let window = |kernel, stride, padding, dilation| Window { kernel, stride, padding, dilation };
    let shapes = [
        case([3, 1, 9, 9], 4, 1, window([5, 5], [1, 1], [0, 0], [1, 1])),
        case([2, 4, 9, 11], 6, 2, window([2, 3], [2, 3], [1, 2], [1, 1])),
        case([2, 6, 10, 9], 12, 6, window([3, 3], [1, 1], [1, 1], [1, 1])),
        case([2, 3, 13, 12], 4, 1, window([3, 2], [1, 2], [2, 0], [2, 3])),
        case([2, 2, 7, 7], 3, 1, window([1, 1], [2, 2], [0, 0], [1, 1])),
    ];
    let modes = [ConvMode::Forward, ConvMode::Data, ConvMode::Filter];
    let of = |k: Conv2d| modes.map(|mode| Conv2d { mode, ..k.clone() });
    let mut cases: Vec<Conv2d> = shapes.into_iter().flat_map(of).collect();
    let others = [DType::F64, DType::F16, DType::BF16].map(|dtype| Conv2d { dtype, ..cases[0].clone() });
    cases.extend(others);
    cases
}

/// `len` whole numbers from -2 to 2, of which sums and products are exact.
fn numbers(dtype: DType, seed: usize, len: usize) -> Vec<u128> {
    let values = (0..len).map(|i| ((i * 7919 + seed * 31) % 5) as f64 - 2.0);
    let bytes: Vec<u8> = values
        .flat_map(|x| match dtype {
            DType::F32 => (x as f32).to_le_bytes().to_vec(),
            DType::F64 => x.to_le_bytes().to_vec(),
            DType::F16 => half::f16::from_f64(x).to_le_bytes().to_vec(),
            _ => half::bf16::from_f64(x).to_le_bytes().to_vec(),
        })
        .collect();
    let word = |chunk: &[u8]| u128::from_ne_bytes(std::array::from_fn(|i| chunk.get(i).copied().unwrap_or(0)));
    bytes.chunks(16).map(word).collect()
}

#[test]
fn convolutions_by_definition_are_those_of_the_cpu() {
    let cases = cases();
    let all: Vec<_> = cases.iter().map(plain::stages).collect();
    let Some(emulated) = Emulated::new("conv2d", &all) else { return };
    for (kernel, stages) in cases.iter().zip(&all) {
        let (written, lens) = operands(kernel);
        let run = |launch: &dyn Fn(&[*mut u8])| {
            let mut buffers: Vec<_> = (0..3).map(|i| numbers(kernel.dtype, i, lens[i])).collect();
            let pointers: Vec<_> = buffers.iter_mut().map(|b| b.as_mut_ptr().cast::<u8>()).collect();
            launch(&pointers);
            buffers.swap_remove(written)
        };
        let found = run(&|b| assert!(emulated.run(stages, b, false, false).is_none()));
        let cpu = Device::Cpu.compile(&[&Kernel::Conv2d(kernel.clone())], 1).unwrap().remove(0);
        // SAFETY: the buffers are the kernel's.
        let wanted = run(&|b| unsafe { cpu.launch(b, &[], &ErrorWord::default()) });
        assert_eq!(found, wanted, "{kernel:?}");
    }
}

#[test]
fn every_text_compiles() {
    if !Library::Nvrtc.is_present() {
        return println!("skipped: there is no NVRTC");
    }
    for kernel in cases() {
        for stage in plain::stages(&kernel).stages {
            nvrtc::compile(&stage.text, "sm_90").unwrap_or_else(|e| panic!("{e}\n{}", stage.text));
        }
    }
}
