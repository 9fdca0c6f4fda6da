//! Kernels on a GPU: compiled by NVRTC, which needs none, and run beside the interpreter where there is one.
mod gpu;
mod nvrtc;

fn main() {
    println!("{}", nvrtc::is_present());
    println!("{:?}", gpu::Gpu::open().map(|g| g.name()));
}
