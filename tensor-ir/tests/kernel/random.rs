//! Random kernels: no check finds anything, and what is proven in bounds changes nothing.

use formwork_ir::Scalar;
use formwork_ir::kernel::interp::{Check, Launch, run};
use formwork_ir::kernel::ir::Kernel;
use formwork_ir::kernel::link::{Bound, Source};
use formwork_ir::kernel::{Template, random, range};

const BLOCKS: usize = 2;

fn outputs(kernel: &Kernel, seed: u64, check: Check) -> (Vec<u8>, Vec<u8>) {
    let elements = BLOCKS * kernel.threads() as usize;
    let mut x: Vec<u8> = (0..elements).flat_map(|i| ((i as f32 - 30.0) / 16.0).to_ne_bytes()).collect();
    let mut k: Vec<u8> = (0..elements).flat_map(|i| (i as i32 * 37 % 1000).to_ne_bytes()).collect();
    let (mut y, mut z) = (vec![0; 4 * elements], vec![0; 4 * elements]);
    let scalars = vec![Scalar::Float(0.75), Scalar::Int((seed % 8) as i64)];
    let launch = Launch { arrays: vec![&mut x, &mut k, &mut y, &mut z], scalars, dims: vec![BLOCKS as u64] };
    if let Err(found) = run(kernel, launch, check) {
        panic!("seed {seed}: {}\n{}\n{kernel}", found[0], random::source(&random::template(seed)));
    }
    (y, z)
}

#[test]
fn random_kernels_are_free_of_findings() {
    for seed in 0..200 {
        let template = random::template(seed);
        assert_eq!(Template::parse(&template.print()).as_ref(), Ok(&template));
        let source = Source::new(template);
        let kernel = |bound| source.kernel(&[bound]).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let plain = kernel(Bound::Argument);
        let mut proven = kernel(Bound::Literal(BLOCKS as u64));
        range::prove(&mut proven);
        proven.arguments.push("R".into());
        assert_eq!(outputs(&plain, seed, Check::On), outputs(&proven, seed, Check::Off), "seed {seed}");
    }
}
