//! Fragments and programs as text.
//!
//! One instruction a line, `v2: f32 = mul v0, v1`. In programs `i0, i1, ..` are the outer indices,
//! `r0, r1, ..` those of the row, `b0, b1, ..` buffers and `a0, a1, ..` launch arguments; a value at
//! full level has its dtype followed by `*`.

use std::fmt::{Display, Formatter, Result};

use crate::{Access, Const, DType, Fragment, Inst, Level, Program, ReduceOp, Scalar, StepOp, Value};

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "v{}", self.0)
    }
}

impl Display for Const {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.scalar() {
            Scalar::Int(x) if self.dtype == DType::Bool => write!(f, "{}", x != 0),
            Scalar::Int(x) => write!(f, "{x}"),
            Scalar::Float(x) if self.dtype == DType::F64 => write!(f, "{x:?}"),
            Scalar::Float(x) => write!(f, "{:?}", x as f32),
        }
    }
}

impl Display for ReduceOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.pad(match self {
            ReduceOp::Sum => "sum",
            ReduceOp::Prod => "prod",
            ReduceOp::Max => "max",
            ReduceOp::Min => "min",
            ReduceOp::ArgMax => "argmax",
            ReduceOp::ArgMin => "argmin",
            ReduceOp::Any => "any",
            ReduceOp::All => "all",
        })
    }
}

impl Display for Level {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.pad(match self {
            Level::Outer => "outer",
            Level::Full => "full",
        })
    }
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|x| x.to_string()).collect::<Vec<_>>().join(", ")
}

/// ```text
/// fragment(v0: f32, v1: f32) -> v3 {
///     v2: f32 = mul v0, v1
///     v3: f32 = exp v2
/// }
/// ```
impl Display for Fragment {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let typed = self.insts.iter().zip(&self.dtypes).enumerate();
        let params = typed.clone().filter(|(_, (inst, _))| matches!(inst, Inst::Param(_)));
        let params = list(params.map(|(v, (_, dtype))| format!("v{v}: {dtype}")));
        writeln!(f, "fragment({params}) -> {} {{", list(&self.outputs))?;
        for (v, (inst, dtype)) in typed {
            let text = match inst {
                Inst::Param(_) => continue,
                Inst::Const(c) => c.to_string(),
                Inst::Apply(op, args) => format!("{op} {}", list(args)),
                Inst::Cast(_, v) => format!("cast {v}"),
            };
            writeln!(f, "    v{v}: {dtype} = {text}")?;
        }
        f.write_str("}")
    }
}

/// ```text
/// program [64] x [128] {
///     v0: f32* = load b0[128 i0 + r0]
///     v1: f32 = reduce sum v0
///     v2: f32* = div v0, v1
///     store b1[128 i0 + r0] = v2
/// }
/// ```
impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "program [{}] x [{}] {{", list(&self.outer), list(&self.row))?;
        for (v, step) in self.steps.iter().enumerate() {
            let star = if step.level == Level::Full { "*" } else { "" };
            writeln!(f, "    v{v}: {}{star} = {}", step.dtype, self.step(&step.op))?;
        }
        for output in &self.outputs {
            writeln!(f, "    store b{}[{}] = {}", output.buffer, self.place(&output.access), output.value)?;
        }
        f.write_str("}")
    }
}

impl Program {
    fn step(&self, op: &StepOp) -> String {
        match op {
            StepOp::Load(i) => format!("load {}", self.input(*i, String::new())),
            StepOp::Index { input, index, stride, len, check } => {
                let moved = if *stride == 1 { format!(" + {index}") } else { format!(" + {stride} {index}") };
                format!("index {} where {index} < {len} or fail {}", self.input(*input, moved), check.id)
            }
            StepOp::Iota(access) => format!("iota {}", self.place(access)),
            StepOp::Const(c) => c.to_string(),
            StepOp::Arg(i) => format!("arg a{i}"),
            StepOp::Apply(op, args) => format!("{op} {}", list(args)),
            StepOp::Cast(v) => format!("cast {v}"),
            StepOp::Reduce(op, v) => format!("reduce {op} {v}"),
            StepOp::Check(v, check) => format!("check {v} or fail {}", check.id),
        }
    }

    fn input(&self, i: u32, moved: String) -> String {
        match self.inputs.get(i as usize) {
            Some(input) => {
                format!("b{}[{}{moved}]{}", input.buffer, self.place(&input.access), self.bounds(&input.access))
            }
            None => format!("input {i}"),
        }
    }

    fn index(&self, d: usize) -> String {
        match d.checked_sub(self.outer.len()) {
            Some(r) => format!("r{r}"),
            None => format!("i{d}"),
        }
    }

    /// `128 i0 + r0 + 5`, without terms that are zero.
    fn place(&self, access: &Access) -> String {
        let mut terms: Vec<String> = Vec::new();
        for (d, stride) in access.strides.iter().enumerate().filter(|(_, s)| **s != 0) {
            let index = self.index(d);
            terms.push(if *stride == 1 { index } else { format!("{stride} {index}") });
        }
        if access.offset != 0 || terms.is_empty() {
            terms.push(access.offset.to_string());
        }
        terms.join(" + ")
    }

    /// ` where 1 <= i0 < 5`, of the dims that are bounded.
    fn bounds(&self, access: &Access) -> String {
        let sizes: Vec<usize> = self.outer.iter().chain(&self.row).copied().collect();
        let dims = access.bounds.iter().zip(sizes).enumerate();
        let narrow = dims.filter(|(_, ((low, high), size))| *low > 0 || *high < *size as isize);
        let text = narrow.map(|(d, ((low, high), _))| format!("{low} <= {} < {high}", self.index(d)));
        let text: Vec<String> = text.collect();
        if text.is_empty() { String::new() } else { format!(" where {}", text.join(", ")) }
    }
}
