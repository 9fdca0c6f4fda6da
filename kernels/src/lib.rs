//! Tuned variants of regions and primitives, and stand-alone kernels, on the API that users have.
//!
//! Nothing here may use what is private to the runtime. There is no kernel yet: on a CPU the planner's own
//! fused programs serve, and kernels written by hand come with the kernel language.
