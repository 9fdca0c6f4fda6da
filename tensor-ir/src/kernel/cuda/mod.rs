//! Typed kernels as CUDA C++, without a header.
//!
//! The text follows the IR statement by statement, keeps the author's names and tells source lines in comments. Values
//! of f16 and bf16 are held as floats, rounded after each operation. It is meant to be compiled with `--fmad=false`: then
//! what is no transcendental function has the CPU's bits, and `fma` says where a product is not rounded.
//!
//! A kernel's parameters are those of [`Kernel::params`](super::ir::Kernel) in order (of arrays the address, of f16 and
//! bf16 scalars the bits), its run-time dims as 64-bit numbers, and the address of the error word, 64 bits that are all
//! set while nothing has failed: else the number of the block, 10 bits for the thread, 22 for the line. A kernel that
//! [asks for shared memory](Kernel::asks_for_shared) is launched with [`Kernel::shared_bytes`] of it.

mod expr;
mod stmt;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::Mode;
use super::ir::{Array, Body, Function, Kernel, Param, SHARED_ALIGN, ScalarType, Size, SizeOp, Storage};
use crate::{CUDA_PREAMBLE, Intrinsic};

/// What precedes the kernels of a program.
pub fn header() -> String {
    format!("{CUDA_PREAMBLE}{}", include_str!("kernel.cuh"))
}

/// How a kernel gets its scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalars {
    /// As arguments.
    Given,
    /// In device memory: the argument is the address of an `f64`, or of the bits of an `i64`. So a launch that was captured
    /// may be given others.
    InMemory,
}

/// A kernel's text, to be put behind [`header`]. It is an `extern "C"` function named `entry`.
pub fn emit(kernel: &Kernel, entry: &str) -> String {
    emit_with(kernel, entry, Scalars::Given)
}

/// As [`emit`], with scalars from elsewhere.
pub fn emit_with(kernel: &Kernel, entry: &str, scalars: Scalars) -> String {
    let mut names = BTreeMap::new();
    let mut text = String::new();
    let mut operations = BTreeSet::new();
    for (i, function) in kernel.functions.iter().enumerate() {
        let name = format!("{entry}_{}", identifier(&function.name));
        names.insert(i as u32, name.clone());
        let mut writer = Writer::new(kernel, &function.body, &names, &mut operations);
        text.push_str(&writer.function(function, &name));
    }
    let mut writer = Writer::new(kernel, &kernel.body, &names, &mut operations);
    let body = writer.kernel(entry, scalars);
    let operations: String = operations.iter().map(|(op, ty)| expr::definition(*op, *ty)).collect();
    format!("{operations}{text}{body}")
}

/// Writes one body.
struct Writer<'a> {
    kernel: &'a Kernel,
    body: &'a Body,
    /// Of the functions that may be called.
    names: &'a BTreeMap<u32, String>,
    /// Operations that are written as calls: those whose text needs an argument twice.
    operations: &'a mut BTreeSet<(Intrinsic, ScalarType)>,
    out: String,
    depth: usize,
    line: u32,
}

impl<'a> Writer<'a> {
    fn new(
        kernel: &'a Kernel,
        body: &'a Body,
        names: &'a BTreeMap<u32, String>,
        operations: &'a mut BTreeSet<(Intrinsic, ScalarType)>,
    ) -> Writer<'a> {
        Writer { kernel, body, names, operations, out: String::new(), depth: 1, line: 0 }
    }

    fn function(&mut self, function: &Function, name: &str) -> String {
        let mut params: Vec<String> = function
            .params
            .iter()
            .map(|v| format!("{} {}", value_type(self.body.variable(*v).ty), identifier(&self.body.variable(*v).name)))
            .collect();
        let result = match function.results.as_slice() {
            [one] => value_type(*one),
            several => {
                params.extend(several.iter().enumerate().map(|(i, ty)| format!("{}& fw_result{i}", value_type(*ty))));
                "void"
            }
        };
        params.push("unsigned long long* fw_error".into());
        let head = format!(
            "// {} ({})\n__device__ __forceinline__ {result} {name}({}) {{\n",
            function.name,
            function.file,
            params.join(", ")
        );
        self.stmts(&function.body.stmts);
        format!("{head}{}}}\n\n", std::mem::take(&mut self.out))
    }

    fn kernel(&mut self, entry: &str, scalars: Scalars) -> String {
        let kernel = self.kernel;
        let mut params = Vec::new();
        for param in &kernel.params {
            match param {
                Param::Array { mode, array } => {
                    let constant = if *mode == Mode::In { "const " } else { "" };
                    let name = identifier(&array.name);
                    let alone = if kernel.aliased { "" } else { "__restrict__ " };
                    params.push(format!("{constant}{}* {alone}{name}", memory_type(array.element)));
                }
                Param::Scalar(v) => {
                    let variable = self.body.variable(*v);
                    let name = identifier(&variable.name);
                    if scalars == Scalars::InMemory {
                        let (memory, value) =
                            (if variable.ty.is_float() { "double" } else { "long long" }, value_type(variable.ty));
                        let rounded = rounding(variable.ty).unwrap_or_default();
                        params.push(format!("const {memory}* {name}_at"));
                        let _ = writeln!(self.out, "    {value} {name} = {rounded}(({value})*{name}_at);");
                        continue;
                    }
                    match widening(variable.ty) {
                        Some(widen) => {
                            params.push(format!("unsigned short {name}_bits"));
                            let _ = writeln!(self.out, "    float {name} = {widen}({name}_bits);");
                        }
                        None => params.push(format!("{} {name}", value_type(variable.ty))),
                    }
                }
            }
        }
        params.extend(kernel.arguments.iter().map(|n| format!("unsigned long long {}", identifier(n))));
        params.push("unsigned long long* fw_error".into());
        self.shared();
        let head = format!(
            "// {} ({})\nextern \"C\" __global__ void __launch_bounds__({}) {entry}({}) {{\n",
            kernel.name,
            kernel.file,
            kernel.threads(),
            params.join(", ")
        );
        self.stmts(&kernel.body.stmts);
        format!("{head}{}}}\n\n", std::mem::take(&mut self.out))
    }

    /// Arrays of shared memory: each by itself, or pieces of what the launch gives.
    fn shared(&mut self) {
        let kernel = self.kernel;
        if !kernel.asks_for_shared() {
            for array in &kernel.shared {
                let (ty, name, len) = (memory_type(array.element), identifier(&array.name), array.elements());
                let len = len.unwrap_or(1).max(1);
                let _ = writeln!(self.out, "    __shared__ __align__({SHARED_ALIGN}) {ty} {name}[{len}];");
            }
            return;
        }
        let _ = writeln!(self.out, "    extern __shared__ __align__({SHARED_ALIGN}) unsigned char fw_shared[];");
        let mut next = "fw_shared".to_string();
        for array in &kernel.shared {
            let (ty, name) = (memory_type(array.element), identifier(&array.name));
            let _ = writeln!(self.out, "    {ty}* const {name} = reinterpret_cast<{ty}*>({next});");
            let sizes: Vec<String> = array.dims.iter().map(|d| self.size(d)).collect();
            let (bytes, low) = (array.element.size(), SHARED_ALIGN - 1);
            next = format!("{next} + (({} * {bytes}ull + {low}ull) & ~{low}ull)", sizes.join(" * "));
        }
    }

    fn array(&self, storage: Storage) -> &'a Array {
        self.kernel.array(self.body, storage)
    }

    fn size(&self, size: &Size) -> String {
        match size {
            Size::Literal(x) => format!("{x}ull"),
            Size::Argument(i) => identifier(&self.kernel.arguments[*i as usize]),
            Size::Binary(op, ab) => {
                let (a, b) = (self.size(&ab.0), self.size(&ab.1));
                match op {
                    SizeOp::Add => format!("({a} + {b})"),
                    SizeOp::Sub => format!("({a} - {b})"),
                    SizeOp::Mul => format!("({a} * {b})"),
                    SizeOp::Div => format!("fw_div({a}, {b})"),
                    SizeOp::Rem => format!("fw_rem({a}, {b})"),
                    SizeOp::DivCeil => format!("fw_div_ceil({a}, {b})"),
                    SizeOp::Min => format!("({a} < {b} ? {a} : {b})"),
                    SizeOp::Max => format!("({a} > {b} ? {a} : {b})"),
                }
            }
        }
    }
}

/// How a value of a type is held in registers.
fn value_type(ty: ScalarType) -> &'static str {
    match ty {
        ScalarType::F32 | ScalarType::F16 | ScalarType::BF16 => "float",
        ScalarType::F64 => "double",
        ScalarType::I64 => "long long",
        ScalarType::I32 => "int",
        ScalarType::U8 => "unsigned char",
        ScalarType::Bool => "bool",
        ScalarType::U32 => "unsigned",
        ScalarType::U64 | ScalarType::Usize => "unsigned long long",
    }
}

/// How it is held in device and shared memory.
fn memory_type(ty: ScalarType) -> &'static str {
    if widening(ty).is_some() { "unsigned short" } else { value_type(ty) }
}

/// The function that makes a float of the bits of a 16-bit one.
fn widening(ty: ScalarType) -> Option<&'static str> {
    match ty {
        ScalarType::F16 => Some("fw_from_f16"),
        ScalarType::BF16 => Some("fw_from_bf16"),
        _ => None,
    }
}

fn narrowing(ty: ScalarType) -> Option<&'static str> {
    match ty {
        ScalarType::F16 => Some("fw_to_f16"),
        ScalarType::BF16 => Some("fw_to_bf16"),
        _ => None,
    }
}

/// The function that rounds a float to a 16-bit type, if it is one.
fn rounding(ty: ScalarType) -> Option<&'static str> {
    match ty {
        ScalarType::F16 => Some("fw_f16"),
        ScalarType::BF16 => Some("fw_bf16"),
        _ => None,
    }
}

/// A name of the author's that C++ takes: one of its own words gets a `_`, a letter that is not ASCII its number.
fn identifier(name: &str) -> String {
    let name = name.trim_start_matches("r#");
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => text.push(c),
            _ => {
                let _ = write!(text, "u{:x}", c as u32);
            }
        }
    }
    let reserved = text.starts_with("fw_")
        || text.starts_with("Fw")
        || text.starts_with("FW_")
        || text.starts_with("__")
        || WORDS.binary_search(&text.as_str()).is_ok();
    if reserved {
        text.push('_');
    }
    text
}

/// Words of C++ and names of CUDA that a Rust author may use, sorted.
const WORDS: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "asm",
    "atomicAdd",
    "auto",
    "bitand",
    "bitor",
    "blockDim",
    "blockIdx",
    "bool",
    "case",
    "catch",
    "char",
    "class",
    "clock",
    "compl",
    "concept",
    "const_cast",
    "constexpr",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "explicit",
    "export",
    "float",
    "friend",
    "goto",
    "gridDim",
    "inline",
    "int",
    "long",
    "main",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "nullptr",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "short",
    "signed",
    "sizeof",
    "static_assert",
    "static_cast",
    "switch",
    "template",
    "this",
    "thread_local",
    "threadIdx",
    "throw",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "warpSize",
    "wchar_t",
    "xor",
];
