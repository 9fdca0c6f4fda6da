//! Expressions, and the operations that they call.

use super::{Writer, identifier, rounding, value_type};
use crate::Intrinsic;
use crate::kernel::ir::{Expr, ExprNode, Index, Reduction, ScalarType};

impl Writer<'_> {
    /// An expression: a name, a literal, a call or something in parentheses.
    pub(super) fn expr(&mut self, e: &Expr) -> String {
        match &e.node {
            ExprNode::Int(x) => int(e.ty, *x),
            ExprNode::Float(x) => float(e.ty, *x),
            ExprNode::Bool(x) => x.to_string(),
            ExprNode::Size(size) => self.size(size),
            ExprNode::Var(v) => {
                let variable = self.body.variable(*v);
                let name = identifier(&variable.name);
                if variable.narrow && variable.ty.size() == 8 {
                    format!("({}){name}", value_type(variable.ty))
                } else {
                    name
                }
            }
            ExprNode::Index(i) => format!("(unsigned long long){}", index(*i)),
            ExprNode::Apply(op, args) => {
                let args: Vec<String> = args.iter().map(|a| self.expr(a)).collect();
                let ty = args_type(e, *op);
                self.apply(*op, ty, e.ty, &args)
            }
            ExprNode::Fma(args) => {
                let [a, b, c] = &**args;
                let (a, b, c) = (self.expr(a), self.expr(b), self.expr(c));
                let name = if e.ty == ScalarType::F64 { "fma" } else { "fmaf" };
                round(e.ty, format!("{name}({a}, {b}, {c})"))
            }
            ExprNode::DivCeil(args) => {
                let [a, b] = &**args;
                let (a, b, ty) = (self.expr(a), self.expr(b), value_type(e.ty));
                format!("fw_div_ceil<{ty}>({a}, {b})")
            }
            ExprNode::Extreme(r, args) => {
                let (a, b) = (self.expr(&args[0]), self.expr(&args[1]));
                let name = if *r == Reduction::Min { "fw_smallest" } else { "fw_largest" };
                format!("{name}({}, {})", bare(&a), bare(&b))
            }
            ExprNode::Cast(x) => {
                let text = self.expr(x);
                cast(x.ty, e.ty, &text)
            }
        }
    }

    /// An expression that is known to be below 2^31, in 32 bits: all its parts are.
    pub(super) fn narrow(&mut self, e: &Expr) -> String {
        match &e.node {
            ExprNode::Int(x) => format!("{x}u"),
            ExprNode::Size(size) => match size.literal() {
                Some(x) => format!("{x}u"),
                None => format!("(unsigned){}", self.size(size)),
            },
            ExprNode::Var(v) => {
                let variable = self.body.variable(*v);
                let name = identifier(&variable.name);
                if variable.narrow { name } else { format!("(unsigned){name}") }
            }
            ExprNode::Index(i) => index(*i).into(),
            ExprNode::Apply(op @ (Intrinsic::Add | Intrinsic::Sub | Intrinsic::Mul), args) => {
                let sign = match op {
                    Intrinsic::Add => "+",
                    Intrinsic::Sub => "-",
                    _ => "*",
                };
                format!("({} {sign} {})", self.narrow(&args[0]), self.narrow(&args[1]))
            }
            ExprNode::Apply(op @ (Intrinsic::Div | Intrinsic::Rem), args) => {
                let (a, b) = (self.narrow(&args[0]), self.narrow(&args[1]));
                match sign(*op, ScalarType::U32, &b) {
                    Some(sign) => format!("({a} {sign} {b})"),
                    None => format!("{}<unsigned>({a}, {b})", if *op == Intrinsic::Div { "fw_div" } else { "fw_rem" }),
                }
            }
            _ => format!("(unsigned)({})", self.expr(e)),
        }
    }

    fn apply(&mut self, op: Intrinsic, ty: ScalarType, result: ScalarType, args: &[String]) -> String {
        if let Some(sign) = sign(op, ty, &args[args.len() - 1]) {
            return format!("({} {sign} {})", atom(&args[0]), atom(&args[1]));
        }
        let template = text(op, ty);
        let twice = (0..args.len()).any(|i| template.matches(&format!("{{{i}}}")).count() > 1);
        let written = if twice {
            self.operations.insert((op, ty));
            format!("{}({})", operation(op, ty), args.join(", "))
        } else {
            let parenthesised: Vec<String> = args.iter().map(|a| atom(a)).collect();
            format!("({})", substitute(template, &parenthesised))
        };
        match result {
            ScalarType::Bool if op.rule() == crate::Rule::Bits => format!("(bool){}", atom(&written)),
            ScalarType::U8 => format!("(unsigned char){}", atom(&written)),
            _ => round(result, written),
        }
    }
}

/// The type of the values that an operation works on.
fn args_type(e: &Expr, op: Intrinsic) -> ScalarType {
    let ExprNode::Apply(_, args) = &e.node else { return e.ty };
    match op {
        // Shifts count in any type; philox and select have others in front.
        Intrinsic::Shl | Intrinsic::Shr => args[0].ty,
        _ => args.last().map_or(e.ty, |a| a.ty),
    }
}

/// The operator of C++ that means the operation as it is: unsigned integers of 32 and 64 bits wrap there too.
fn sign(op: Intrinsic, ty: ScalarType, last: &str) -> Option<&'static str> {
    let unsigned = matches!(ty, ScalarType::U32 | ScalarType::U64 | ScalarType::Usize);
    let divisor = last.trim_end_matches(['u', 'l']).parse::<u64>().is_ok_and(|x| x > 0);
    match op {
        Intrinsic::Add if unsigned => Some("+"),
        Intrinsic::Sub if unsigned => Some("-"),
        Intrinsic::Mul if unsigned => Some("*"),
        Intrinsic::Div if unsigned && divisor => Some("/"),
        Intrinsic::Rem if unsigned && divisor => Some("%"),
        _ => None,
    }
}

/// The table's text for values of a type.
fn text(op: Intrinsic, ty: ScalarType) -> &'static str {
    // Unsigned integers share the text of the signed ones, which goes by the type of its arguments.
    op.cuda(ty.dtype().unwrap_or(crate::DType::I64))
}

fn substitute(template: &str, args: &[String]) -> String {
    let mut text = template.to_string();
    for (i, arg) in args.iter().enumerate() {
        text = text.replace(&format!("{{{i}}}"), arg);
    }
    text
}

/// The name of an operation as a function.
fn operation(op: Intrinsic, ty: ScalarType) -> String {
    format!("fw_op_{}_{}", op.name(), value_type(ty).replace(' ', "_"))
}

/// The function of an operation whose text needs an argument twice. Kernels of one program may define the same.
pub(super) fn definition(op: Intrinsic, ty: ScalarType) -> String {
    let name = operation(op, ty);
    let names: Vec<String> = ["a", "b", "c"].iter().take(op.arity()).map(|n| n.to_string()).collect();
    let typed: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(i, n)| match op == Intrinsic::Select && i == 0 {
            true => format!("bool {n}"),
            false => format!("{} {n}", value_type(ty)),
        })
        .collect();
    let result = match op.rule() {
        crate::Rule::Compare | crate::Rule::Classify => "bool",
        crate::Rule::Philox => "float",
        _ => value_type(ty),
    };
    let (typed, body, guard) = (typed.join(", "), substitute(text(op, ty), &names), name.to_uppercase());
    format!(
        "#ifndef {guard}\n#define {guard}\n__device__ __forceinline__ {result} {name}({typed}) {{ return {body}; }}\n#endif\n"
    )
}

pub(super) fn index(index: Index) -> &'static str {
    match index {
        Index::Thread(0) => "threadIdx.x",
        Index::Thread(1) => "threadIdx.y",
        Index::Thread(_) => "threadIdx.z",
        Index::Block(0) => "blockIdx.x",
        Index::Block(1) => "blockIdx.y",
        Index::Block(_) => "blockIdx.z",
        Index::Global => "(blockIdx.x * (unsigned long long)blockDim.x + threadIdx.x)",
        Index::Lane => "FW_LANE",
        Index::Warp => "FW_WARP",
    }
}

/// Without parentheses around the whole.
pub(super) fn bare(text: &str) -> &str {
    if is_wrapped(text) { &text[1..text.len() - 1] } else { text }
}

/// Puts parentheses around what is no name, literal, call or already in them.
fn atom(text: &str) -> String {
    let simple = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    if simple || is_wrapped(text) { text.into() } else { format!("({text})") }
}

/// Whether the first parenthesis closes at the end.
fn is_wrapped(text: &str) -> bool {
    let mut depth = 0;
    text.starts_with('(')
        && text.char_indices().all(|(i, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth > 0 || i + 1 == text.len()
        })
}

fn round(ty: ScalarType, text: String) -> String {
    match rounding(ty) {
        Some(f) => format!("{f}({})", bare(&text)),
        None => text,
    }
}

fn int(ty: ScalarType, x: i128) -> String {
    match ty {
        ScalarType::I32 if x == i32::MIN as i128 => "(-2147483647 - 1)".into(),
        ScalarType::I64 if x == i64::MIN as i128 => "(-9223372036854775807ll - 1)".into(),
        ScalarType::I32 if x < 0 => format!("({x})"),
        ScalarType::I64 if x < 0 => format!("({x}ll)"),
        ScalarType::I32 => x.to_string(),
        ScalarType::I64 => format!("{x}ll"),
        ScalarType::U8 => format!("((unsigned char){x})"),
        ScalarType::U32 => format!("{x}u"),
        _ => format!("{x}ull"),
    }
}

/// A literal of exactly this value.
fn float(ty: ScalarType, x: f64) -> String {
    match ty {
        ScalarType::F64 if x.is_finite() && x.is_sign_positive() => format!("{x:?}"),
        ScalarType::F64 if x.is_finite() => format!("({x:?})"),
        ScalarType::F64 => format!("__longlong_as_double(0x{:x}ll)", x.to_bits()),
        _ => {
            let x = x as f32;
            match x.is_finite() {
                true if x.is_sign_positive() => format!("{x:?}f"),
                true => format!("({x:?}f)"),
                false => format!("__uint_as_float(0x{:x}u)", x.to_bits()),
            }
        }
    }
}

/// A conversion as Rust's `as` makes it.
pub(super) fn cast(from: ScalarType, to: ScalarType, text: &str) -> String {
    use ScalarType::*;
    let x = atom(text);
    match to {
        _ if from == to => text.into(),
        Bool => format!("({x} != ({})0)", value_type(from)),
        F32 if from == F64 => format!("(float){x}"),
        F16 | BF16 => round(to, format!("(float){x}")),
        I32 if from.is_float() => format!("fw_i32({text})"),
        I64 if from.is_float() => format!("fw_i64({text})"),
        U8 if from.is_float() => format!("fw_u8({text})"),
        U32 if from.is_float() => format!("fw_u32({text})"),
        U64 | Usize if from.is_float() => format!("fw_u64({text})"),
        _ => format!("({}){x}", value_type(to)),
    }
}
