//! Statements.

use super::expr::{bare, cast};
use super::{Writer, identifier, memory_type, narrowing, value_type, widening};
use crate::kernel::ir::{
    Access, AtomicOp, Block, Collective, Expr, ExprNode, Fault, For, Level, Reduction, ScalarType, Scope, Shuffle,
    Size, Stmt, StmtNode, Storage, Var,
};

impl Writer<'_> {
    pub(super) fn stmts(&mut self, block: &Block) {
        block.iter().for_each(|s| self.stmt(s));
    }

    /// A line of text, with the source line where it changes.
    fn put(&mut self, line: u32, text: &str) {
        let mark = if line != self.line && line != 0 { format!("  // :{line}") } else { String::new() };
        self.line = line;
        self.out.push_str(&format!("{:1$}{text}{mark}\n", "", 4 * self.depth));
    }

    fn nested(&mut self, line: u32, head: &str, body: &Block) {
        self.put(line, &format!("{head} {{"));
        self.depth += 1;
        self.stmts(body);
        self.depth -= 1;
        self.put(0, "}");
    }

    fn name(&self, var: Var) -> String {
        identifier(&self.body.variable(var).name)
    }

    /// `float x`; an integer that 32 bits hold is held in 32.
    fn declared(&self, var: Var) -> String {
        let variable = self.body.variable(var);
        let ty = if variable.narrow && variable.ty.size() == 8 { "unsigned" } else { value_type(variable.ty) };
        format!("{ty} {}", identifier(&variable.name))
    }

    fn value(&mut self, var: Var, e: &Expr) -> String {
        if self.body.variable(var).narrow && e.ty.size() == 8 { self.narrow(e) } else { self.expr(e) }
    }

    fn stmt(&mut self, s: &Stmt) {
        let line = s.line;
        let text = match &s.node {
            StmtNode::Let { var, value: None } => format!("{};", self.declared(*var)),
            StmtNode::Let { var, value: Some(e) } => {
                format!("{} = {};", self.declared(*var), bare(&self.value(*var, e)))
            }
            StmtNode::Assign { var, value } => format!("{} = {};", self.name(*var), bare(&self.value(*var, value))),
            StmtNode::LetArray { array, values } => return self.let_array(line, *array, values),
            StmtNode::CopyArray { to, from } => {
                let (to, from) = (&self.body.arrays[*to as usize], &self.body.arrays[*from as usize]);
                let (a, b, n) = (identifier(&to.name), identifier(&from.name), to.elements().unwrap_or(0));
                format!("for (int fw_i = 0; fw_i < {n}; ++fw_i) {a}[fw_i] = {b}[fw_i];")
            }
            StmtNode::Load { var, from } => return self.load(line, *var, from),
            StmtNode::Store { to, value } => {
                let value = self.expr(value);
                let store = format!("{} = {};", self.element(to), self.stored(to, bare(&value)));
                return self.guarded(line, to, 1, &store);
            }
            StmtNode::LoadVector { array, from } => return self.load_vector(line, *array, from),
            StmtNode::StoreVector { to, array } => return self.store_vector(line, to, *array),
            StmtNode::Atomic { op, scope, var, at, args } => return self.atomic(line, *op, *scope, *var, at, args),
            StmtNode::Collective { op, var, args } => {
                format!("{} = {};", self.declared(*var), self.collective(*op, args))
            }
            StmtNode::Call { vars, function, args } => return self.call(line, vars, *function, args),
            StmtNode::Sync(Level::Block) => "__syncthreads();".into(),
            StmtNode::Sync(Level::Warp) => format!("__syncwarp(fw_mask<{}>());", self.kernel.threads()),
            StmtNode::If { .. } | StmtNode::While { .. } | StmtNode::For(_) | StmtNode::Block(_) => {
                return self.flow(s);
            }
            StmtNode::Break => "break;".into(),
            StmtNode::Continue => "continue;".into(),
            StmtNode::Return(values) => match values.as_slice() {
                [] => "return;".into(),
                [one] => format!("return {};", bare(&self.expr(one))),
                several => {
                    let set: Vec<String> = several
                        .iter()
                        .enumerate()
                        .map(|(i, e)| format!("fw_result{i} = {};", bare(&self.expr(e))))
                        .collect();
                    format!("{{ {} return; }}", set.join(" "))
                }
            },
            StmtNode::Check { cond, fault: Fault::DivisionByZero | Fault::ZeroStep } => {
                format!("if (!{}) fw_fault(fw_error, {line}u);", parenthesised(self.expr(cond)))
            }
            StmtNode::Fail { record, key, value } => {
                let name = identifier(&self.array(Storage::Param(*record)).name);
                let (key, value) = (self.expr(key), self.expr(value));
                format!("fw_fail({name}, {}, {});", bare(&key), bare(&value))
            }
        };
        self.put(line, &text);
    }

    fn call(&mut self, line: u32, vars: &[Var], function: u32, args: &[Expr]) {
        let mut args: Vec<String> = args.iter().map(|a| bare(&self.expr(a)).to_string()).collect();
        let name = self.names[&function].clone();
        if let [var] = vars {
            args.push("fw_error".into());
            return self.put(line, &format!("{} = {name}({});", self.declared(*var), args.join(", ")));
        }
        for var in vars {
            self.put(line, &format!("{};", self.declared(*var)));
        }
        args.extend(vars.iter().map(|v| self.name(*v)));
        args.push("fw_error".into());
        self.put(line, &format!("{name}({});", args.join(", ")));
    }

    /// A statement that holds others.
    fn flow(&mut self, s: &Stmt) {
        let line = s.line;
        match &s.node {
            StmtNode::If { cond, then, els } => {
                let cond = self.expr(cond);
                self.nested(line, &format!("if ({})", bare(&cond)), then);
                if !els.is_empty() {
                    self.nested(line, "else", els);
                }
            }
            StmtNode::While { cond, body } => {
                let cond = self.expr(cond);
                self.nested(line, &format!("while ({})", bare(&cond)), body);
            }
            StmtNode::For(l) => {
                if unrolls(l) {
                    self.put(0, "#pragma unroll");
                }
                self.repeat(line, l);
            }
            StmtNode::Block(body) => self.nested(line, "", body),
            _ => {}
        }
    }

    fn let_array(&mut self, line: u32, array: u32, values: &[Expr]) {
        let array = &self.body.arrays[array as usize];
        let (name, ty, n) = (identifier(&array.name), value_type(array.element), array.elements().unwrap_or(1).max(1));
        let values: Vec<String> = values.iter().map(|e| self.expr(e)).collect();
        match values.as_slice() {
            [] => self.put(line, &format!("{ty} {name}[{n}];")),
            [one] if n > 1 => {
                self.put(line, &format!("{ty} {name}[{n}];"));
                self.put(line, &format!("for (int fw_i = 0; fw_i < {n}; ++fw_i) {name}[fw_i] = {one};"));
            }
            _ => self.put(line, &format!("{ty} {name}[{n}] = {{ {} }};", values.join(", "))),
        }
    }

    /// A loop. Where a step may run past the last number of the type, trips are counted instead.
    fn repeat(&mut self, line: u32, l: &For) {
        let narrow = self.body.variable(l.var).narrow && l.start.ty.size() == 8;
        let (name, declared) = (self.name(l.var), self.declared(l.var));
        let ty = if narrow { "unsigned" } else { value_type(l.start.ty) };
        let (start, end) = match narrow {
            true => (self.narrow(&l.start), self.narrow(&l.end)),
            false => (self.expr(&l.start), self.expr(&l.end)),
        };
        let step = self.expr(&l.step);
        let one = l.step.node == ExprNode::Int(1);
        let far = l.start.ty.size() == 8 && matches!(l.step.node, ExprNode::Int(_) | ExprNode::Size(Size::Literal(_)));
        if !l.inclusive && !l.rev && (one || far) {
            let next = if one { format!("++{name}") } else { format!("{name} += {step}") };
            return self.nested(line, &format!("for ({declared} = {start}; {name} < {end}; {next})"), &l.body);
        }
        let trips = format!("fw_trips<{ty}>({start}, {end}, {step}, {})", l.inclusive);
        let (first, sign) = match (l.rev, l.inclusive) {
            (false, _) => (start, "+"),
            (true, true) => (end, "-"),
            (true, false) => (format!("{end} - 1"), "-"),
        };
        let (left, at) = (format!("fw_left_{name}"), format!("fw_at_{name}"));
        let head = format!("unsigned long long {left} = {trips}, {at} = (unsigned long long)({first})");
        self.put(line, &format!("for ({head}; {left} > 0; --{left}, {at} {sign}= {step}) {{"));
        self.depth += 1;
        self.put(line, &format!("const {declared} = ({ty}){at};"));
        self.stmts(&l.body);
        self.depth -= 1;
        self.put(0, "}");
    }

    /// The linear number of an element.
    fn linear(&mut self, at: &Access) -> String {
        let dims = self.array(at.array).dims.clone();
        let mut text = String::new();
        for (i, e) in at.indices.iter().enumerate() {
            let index = if at.narrow { self.narrow(e) } else { self.expr(e) };
            text = match i {
                0 => bare(&index).to_string(),
                _ => {
                    let size = match dims[i].literal() {
                        Some(x) if at.narrow => format!("{x}u"),
                        _ if at.narrow => format!("(unsigned){}", self.size(&dims[i])),
                        _ => self.size(&dims[i]),
                    };
                    let row =
                        if i == 1 { format!("{} * {size}", parenthesised(text)) } else { format!("({text}) * {size}") };
                    format!("{row} + {index}")
                }
            };
        }
        text
    }

    fn element(&mut self, at: &Access) -> String {
        let linear = self.linear(at);
        format!("{}[{linear}]", identifier(&self.array(at.array).name))
    }

    /// A value as it lies in memory.
    fn stored(&self, at: &Access, value: &str) -> String {
        match (at.array, narrowing(self.array(at.array).element)) {
            (Storage::Param(_) | Storage::Shared(_), Some(f)) => format!("{f}({value})"),
            _ => value.into(),
        }
    }

    /// A value from memory.
    fn loaded(&self, at: &Access, element: &str) -> String {
        match (at.array, widening(self.array(at.array).element)) {
            (Storage::Param(_) | Storage::Shared(_), Some(f)) => format!("{f}({element})"),
            _ => element.into(),
        }
    }

    /// Whether `width` elements from a place on are inside, and the place is a multiple of it.
    fn inside(&mut self, at: &Access, width: u64) -> String {
        let dims = self.array(at.array).dims.clone();
        let last = dims.len() - 1;
        let mut tests = Vec::new();
        for (i, (e, d)) in at.indices.iter().zip(&dims).enumerate() {
            let (index, size) = (self.expr(e), self.size(d));
            let known = matches!((&e.node, d.literal()), (ExprNode::Int(i), Some(n)) if *i >= 0 && (*i as u64) < n);
            if !known {
                tests.push(format!("{index} < {size}"));
            }
            if i == last && width > 1 {
                tests.push(format!("{size} - {index} >= {width}ull"));
            }
        }
        if width > 1 {
            tests.push(format!("({}) % {width}ull == 0ull", self.linear(at)));
        }
        tests.join(" && ")
    }

    fn guarded(&mut self, line: u32, at: &Access, width: u64, text: &str) {
        if !at.checked {
            return self.put(line, text);
        }
        let inside = self.inside(at, width);
        if inside.is_empty() {
            return self.put(line, text);
        }
        self.put(line, &format!("if ({inside}) {{ {text} }} else fw_fault(fw_error, {line}u);"));
    }

    fn load(&mut self, line: u32, var: Var, from: &Access) {
        let element = self.element(from);
        let value = self.loaded(from, &element);
        let declared = self.declared(var);
        if !from.checked {
            return self.put(line, &format!("{declared} = {value};"));
        }
        self.put(line, &format!("{declared} = 0;"));
        let name = self.name(var);
        self.guarded(line, from, 1, &format!("{name} = {value};"));
    }

    /// `*(const FwVector<float, 4>*)&x[i]`.
    fn vector(&mut self, at: &Access, width: u64, constant: &str) -> String {
        let (element, ty) = (self.element(at), memory_type(self.array(at.array).element));
        format!("*({constant}FwVector<{ty}, {width}>*)&{element}")
    }

    fn load_vector(&mut self, line: u32, array: u32, from: &Access) {
        let to = &self.body.arrays[array as usize];
        let (name, ty, n) = (identifier(&to.name), value_type(to.element), to.elements().unwrap_or(1));
        let memory = memory_type(self.array(from.array).element);
        let vector = self.vector(from, n, "const ");
        let element = self.loaded(from, "fw_v.at[fw_i]");
        let zero = if from.checked { " = { 0 }" } else { "" };
        self.put(line, &format!("{ty} {name}[{n}]{zero};"));
        let copy = format!(
            "{{ const FwVector<{memory}, {n}> fw_v = {vector}; for (int fw_i = 0; fw_i < {n}; ++fw_i) {name}[fw_i] = {element}; }}"
        );
        self.guarded(line, from, n, &copy);
    }

    fn store_vector(&mut self, line: u32, to: &Access, array: u32) {
        let from = &self.body.arrays[array as usize];
        let (name, n) = (identifier(&from.name), from.elements().unwrap_or(1));
        let memory = memory_type(self.array(to.array).element);
        let vector = self.vector(to, n, "");
        let element = self.stored(to, &format!("{name}[fw_i]"));
        let copy = format!(
            "{{ FwVector<{memory}, {n}> fw_v; for (int fw_i = 0; fw_i < {n}; ++fw_i) fw_v.at[fw_i] = {element}; {vector} = fw_v; }}"
        );
        self.guarded(line, to, n, &copy);
    }

    fn atomic(&mut self, line: u32, op: AtomicOp, scope: Scope, var: Option<Var>, at: &Access, args: &[Expr]) {
        let element = self.element(at);
        let args: Vec<String> = args.iter().map(|a| self.expr(a)).collect();
        let name = match op {
            AtomicOp::Add => "add",
            AtomicOp::Min => "min",
            AtomicOp::Max => "max",
            AtomicOp::Exchange => "exchange",
            AtomicOp::CompareExchange => "compare_exchange",
        };
        let suffix = if scope == Scope::Block { "_block" } else { "" };
        let call = format!("fw_atomic_{name}{suffix}(&{element}, {})", args.join(", "));
        match var {
            None => self.guarded(line, at, 1, &format!("{call};")),
            Some(v) if at.checked => {
                let (declared, name) = (self.declared(v), self.name(v));
                self.put(line, &format!("{declared} = 0;"));
                self.guarded(line, at, 1, &format!("{name} = {call};"));
            }
            Some(v) => {
                let declared = self.declared(v);
                self.put(line, &format!("{declared} = {call};"));
            }
        }
    }

    fn collective(&mut self, op: Collective, args: &[Expr]) -> String {
        let ty = args[0].ty;
        let threads = self.kernel.threads();
        let v = self.expr(&args[0]);
        let operation = |r: Reduction| match r {
            Reduction::Sum => format!("FwSum<{}>", rounded(ty)),
            Reduction::Max => "FwMax".into(),
            Reduction::Min => "FwMin".into(),
        };
        let typed = if ty == ScalarType::Bool || ty == ScalarType::U8 {
            format!("({}){v}", value_type(ty))
        } else {
            bare(&v).into()
        };
        match op {
            Collective::Shuffle(shuffle) => {
                let name = match shuffle {
                    Shuffle::Index => "fw_shuffle",
                    Shuffle::Up => "fw_shuffle_up",
                    Shuffle::Down => "fw_shuffle_down",
                    Shuffle::Xor => "fw_shuffle_xor",
                };
                let lane = self.expr(&args[1]);
                let lane = cast(args[1].ty, ScalarType::U32, &lane);
                format!("{name}<{threads}>({typed}, {lane})")
            }
            Collective::Ballot => format!("fw_ballot<{threads}>({v})"),
            Collective::Any => format!("fw_any<{threads}>({v})"),
            Collective::All => format!("fw_all<{threads}>({v})"),
            Collective::Reduce(Level::Warp, r) => format!("fw_warp_reduce<{}, {threads}>({typed})", operation(r)),
            Collective::Reduce(Level::Block, r) => format!("fw_block_reduce<{}, {threads}>({typed})", operation(r)),
            Collective::Scan(Level::Warp) => format!("fw_warp_scan<{}, {threads}>({typed})", operation(Reduction::Sum)),
            Collective::Scan(Level::Block) => {
                format!("fw_block_scan<{}, {threads}>({typed})", operation(Reduction::Sum))
            }
        }
    }
}

/// Trips up to which a loop over a thread's own array is unrolled.
const TRIPS: i128 = 64;

/// Whether a loop has few trips, known here, and its number picks elements of the thread's own arrays: unrolled, these
/// stay in registers.
fn unrolls(l: &For) -> bool {
    let (ExprNode::Int(start), ExprNode::Int(end), ExprNode::Int(1)) = (&l.start.node, &l.end.node, &l.step.node)
    else {
        return false;
    };
    (1..=TRIPS).contains(&(end - start)) && l.body.iter().any(|s| picks(s, l.var))
}

/// Whether a statement's accesses to arrays of the thread depend on a variable.
fn picks(s: &Stmt, var: Var) -> bool {
    let by = |at: &Access| {
        let mut found = false;
        at.indices.iter().for_each(|e| e.each_var(&mut |v| found |= v == var));
        found && matches!(at.array, Storage::Local(_))
    };
    match &s.node {
        StmtNode::Load { from: at, .. } | StmtNode::Store { to: at, .. } => by(at),
        StmtNode::If { then, els, .. } => then.iter().chain(els).any(|s| picks(s, var)),
        StmtNode::For(For { body, .. }) | StmtNode::While { body, .. } | StmtNode::Block(body) => {
            body.iter().any(|s| picks(s, var))
        }
        _ => false,
    }
}

/// How sums of a type round.
fn rounded(ty: ScalarType) -> &'static str {
    match ty {
        ScalarType::F16 => "FwF16",
        ScalarType::BF16 => "FwBf16",
        _ => "FwExact",
    }
}

/// In parentheses unless it is a name, a number or in them already.
fn parenthesised(text: String) -> String {
    let simple = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    if simple { text } else { format!("({})", bare(&text)) }
}
