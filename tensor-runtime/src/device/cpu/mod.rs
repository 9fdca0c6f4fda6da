//! The CPU: fused programs run as an interpreter over blocks that fit in L1, contractions by `gemm`,
//! convolutions by tiles. One rayon pool. Work is split by shape, never by the number of threads,
//! so the bits do not depend on it.
