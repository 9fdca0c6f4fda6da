//! A line as Rust: a value of `crate::line::Line`.

use crate::line::{Failure, Line, Wanted};
use crate::signature::{Function, Param, shown};
use quote::ToTokens;
use std::collections::HashMap;
use std::fmt::Write;

/// The code of a case, and the name of its test.
pub struct Case {
    pub code: String,
    pub id: String,
}

/// An argument or a result as written.
struct Value {
    sizes: Vec<u64>,
    is_scalar: bool,
    content: Content,
}

enum Content {
    Elements(Vec<String>),
    /// A pattern of the tests, `wave(3, 40)`.
    Pattern(String),
}

const PATTERNS: [&str; 4] = ["wave", "iota", "zeros", "ones"];

pub fn case(line: &Line, functions: &[Function], module: &str) -> Result<Case, Failure> {
    emit(line, functions, module).map_err(|message| (line.number, message))
}

fn emit(line: &Line, functions: &[Function], module: &str) -> Result<Case, String> {
    let syn::Expr::Path(path) = &*line.call.func else { return Err("expected the name of a kernel".into()) };
    let segment = path.path.segments.last().ok_or("expected the name of a kernel")?;
    let name = segment.ident.to_string();
    let function = functions.iter().find(|f| f.name == name).ok_or(format!("there is no kernel `{name}`"))?;
    let args = line.call.args.iter().map(value).collect::<Result<Vec<_>, _>>()?;
    let bound = bind(function, &segment.arguments, &args)?;
    let given: Vec<&Param> = function.params.iter().filter(|p| is_given(p)).collect();
    if given.len() != args.len() {
        return Err(format!("`{name}` takes {} arguments, {} are given", given.len(), args.len()));
    }
    let values = given.iter().zip(&args).map(|(p, v)| values(v, &bound.element(p)));
    let mut code = format!(
        "        Line {{\n            file: {:?},\n            line: {},\n            text: {:?},\n            source: &{module}::{name}::SOURCE,\n",
        module.replace("crate::", "").replace("::", "/") + ".rs",
        line.number,
        line.text
    );
    let _ = writeln!(code, "            bounds: vec![{}],", bound.bounds(function));
    let _ = writeln!(code, "            dims: vec![{}],", bound.dims(function));
    let _ = writeln!(code, "            args: vec![{}],", values.collect::<Vec<_>>().join(", "));
    let _ = writeln!(code, "            wanted: {},", wanted(&line.wanted, function, &bound, module)?);
    let calls = calls(function, &given, &args, &bound, &format!("{module}::{name}"));
    let _ = writeln!(code, "            calls: vec![{calls}],\n        }},");
    let stem = module.rsplit("::").next().unwrap_or_default();
    Ok(Case { code, id: format!("{stem}_{}_{name}", line.number) })
}

fn is_given(param: &Param) -> bool {
    matches!(param, Param::Scalar(_) | Param::View { given: true, .. })
}

/// What generics stand for: types, and sizes of dims.
struct Bound {
    types: HashMap<String, String>,
    sizes: HashMap<String, u64>,
}

fn bind(function: &Function, turbofish: &syn::PathArguments, args: &[Value]) -> Result<Bound, String> {
    let mut bound = Bound { types: HashMap::new(), sizes: HashMap::new() };
    if let syn::PathArguments::AngleBracketed(types) = turbofish {
        for (generic, ty) in function.generics.iter().zip(&types.args) {
            let ty = shown(ty);
            if ty != "_" {
                ty.strip_prefix('U').and_then(|n| n.parse().ok()).map(|n| bound.sizes.insert(generic.name.clone(), n));
                bound.types.insert(generic.name.clone(), ty);
            }
        }
    }
    for (param, arg) in function.params.iter().filter(|p| is_given(p)).zip(args) {
        let Param::View { dims, .. } = param else { continue };
        for (dim, size) in dims.iter().zip(&arg.sizes) {
            if function.generics.iter().any(|g| g.name == *dim) {
                bound.sizes.insert(dim.clone(), *size);
            }
        }
    }
    for generic in &function.generics {
        let size = bound.sizes.get(&generic.name);
        let ty = match (generic.is_dim, size) {
            (true, Some(n)) => format!("U{n}"),
            (true, None) => return Err(format!("the size of `{}` is not known; write it after `::`", generic.name)),
            (false, _) => "f32".to_string(),
        };
        bound.types.entry(generic.name.clone()).or_insert(ty);
    }
    Ok(bound)
}

impl Bound {
    /// The type of a name.
    fn ty<'a>(&'a self, name: &'a str) -> &'a str {
        self.types.get(name).map_or(name, String::as_str)
    }

    fn element(&self, param: &Param) -> String {
        match param {
            Param::Scalar(ty) | Param::View { element: ty, .. } => self.ty(ty).to_string(),
        }
    }

    /// Whether a dim of the signature is known at run time only.
    fn is_late(&self, name: &str) -> bool {
        self.ty(name).strip_prefix('U').is_none_or(|n| n.parse::<u64>().is_err())
    }

    fn bounds(&self, function: &Function) -> String {
        let bound = |g: &crate::signature::Generic| match g.is_dim {
            true if self.is_late(&g.name) => "Bound::Argument".to_string(),
            true => format!("Bound::Literal({})", self.sizes[&g.name]),
            false => format!("Bound::Element(<{} as Item>::TYPE)", self.ty(&g.name)),
        };
        function.generics.iter().map(bound).collect::<Vec<_>>().join(", ")
    }

    fn dims(&self, function: &Function) -> String {
        let late = function.generics.iter().filter(|g| g.is_dim && self.is_late(&g.name));
        late.map(|g| self.sizes[&g.name].to_string()).collect::<Vec<_>>().join(", ")
    }

    /// The type of a tensor for a view.
    fn shape(&self, dims: &[String], sizes: &[u64]) -> String {
        let dim = |(d, n): (&String, &u64)| match self.types.get(d) {
            Some(ty) => format!("{ty}, "),
            None => format!("U{n}, "),
        };
        format!("({})", dims.iter().zip(sizes).map(dim).collect::<String>())
    }
}

fn value(expr: &syn::Expr) -> Result<Value, String> {
    if let syn::Expr::Call(call) = expr
        && PATTERNS.contains(&shown(&call.func).as_str())
    {
        let number = |e: &syn::Expr| shown(e).parse::<u64>().map_err(|_| format!("`{}` is no size", shown(e)));
        let sizes = call.args.iter().map(number).collect::<Result<_, _>>()?;
        return Ok(Value { sizes, is_scalar: false, content: Content::Pattern(shown(&call.func)) });
    }
    let mut sizes = vec![];
    let mut elements = vec![];
    flatten(expr, 0, &mut sizes, &mut elements)?;
    Ok(Value { is_scalar: sizes.is_empty(), sizes, content: Content::Elements(elements) })
}

fn flatten(expr: &syn::Expr, depth: usize, sizes: &mut Vec<u64>, out: &mut Vec<String>) -> Result<(), String> {
    let parts: Vec<&syn::Expr> = match expr {
        syn::Expr::Array(array) => array.elems.iter().collect(),
        syn::Expr::Repeat(repeat) => {
            let n = shown(&repeat.len).parse().map_err(|_| format!("`{}` is no size", shown(&repeat.len)))?;
            vec![&*repeat.expr; n]
        }
        scalar => {
            out.push(scalar.to_token_stream().to_string());
            return Ok(());
        }
    };
    if sizes.len() == depth {
        sizes.push(parts.len() as u64);
    }
    if sizes[depth] != parts.len() as u64 {
        return Err(format!("an axis of {} and of {} elements", sizes[depth], parts.len()));
    }
    parts.into_iter().try_for_each(|p| flatten(p, depth + 1, sizes, out))
}

/// An expression of type `Values`.
fn values(value: &Value, ty: &str) -> String {
    let sizes = &value.sizes;
    match &value.content {
        Content::Pattern(name) => format!("Values::{name}::<{ty}>(&{sizes:?})"),
        Content::Elements(elements) => {
            let all: Vec<String> = elements.iter().map(|e| element(e, ty)).collect();
            format!("Values::of::<{ty}>(&{sizes:?}, &[{}])", all.join(", "))
        }
    }
}

fn element(text: &str, ty: &str) -> String {
    match ty {
        "bool" => text.to_string(),
        "f16" | "bf16" => format!("{ty}::from_f32(({text}) as f32)"),
        _ => format!("(({text}) as {ty})"),
    }
}

fn wanted(wanted: &Wanted, function: &Function, bound: &Bound, module: &str) -> Result<String, String> {
    let (near, expr) = match wanted {
        Wanted::Faults => return Ok("Wanted::Faults".into()),
        Wanted::Finds(marks) => {
            let all: String = marks.iter().map(|(kind, line)| format!("(FindingKind::{kind}, {line}), ")).collect();
            return Ok(format!("Wanted::Finds(vec![{all}])"));
        }
        Wanted::Equal(expr) => (false, expr),
        Wanted::Near(expr) => (true, expr),
    };
    if let syn::Expr::Path(path) = expr
        && path.path.get_ident().is_some_and(|i| i.to_string().starts_with(|c: char| c.is_ascii_lowercase()))
    {
        return Ok(format!("Wanted::Computed({near}, {module}::{})", shown(path)));
    }
    let parts: Vec<&syn::Expr> = match expr {
        syn::Expr::Tuple(tuple) => tuple.elems.iter().collect(),
        expr => vec![expr],
    };
    let mut types: Vec<String> = function.results.iter().map(|t| bound.ty(t).to_string()).collect();
    let results = function.params.iter().filter(|p| matches!(p, Param::View { result: true, .. }));
    types.extend(results.map(|p| bound.element(p)));
    if parts.len() != types.len() {
        return Err(format!("`{}` has {} results, {} are given", function.name, types.len(), parts.len()));
    }
    let all = parts.iter().zip(&types).map(|(e, ty)| Ok(values(&value(e)?, ty))).collect::<Result<Vec<_>, String>>()?;
    Ok(format!("Wanted::Given({near}, vec![{}])", all.join(", ")))
}

/// The ways to call it on the CPU: in blocks, on scalars, on tensors.
fn calls(function: &Function, given: &[&Param], args: &[Value], bound: &Bound, path: &str) -> String {
    let argument = |i: usize, tensor: bool| match given[i] {
        Param::View { element, dims, .. } => {
            format!("g[{i}].tensor::<{}, {}>()", bound.shape(dims, &args[i].sizes), bound.ty(element))
        }
        Param::Scalar(ty) if tensor && args[i].is_scalar => format!("g[{i}].tensor::<(U1,), {}>()", bound.ty(ty)),
        Param::Scalar(ty) if !args[i].is_scalar => {
            let sizes: String = args[i].sizes.iter().map(|n| format!("U{n}, ")).collect();
            format!("g[{i}].tensor::<({sizes}), {}>()", bound.ty(ty))
        }
        Param::Scalar(ty) => format!("g[{i}].scalar::<{}>()", bound.ty(ty)),
    };
    let call = |label: &str, tensor: bool| {
        let mut all: Vec<String> = (0..args.len()).map(|i| argument(i, tensor)).collect();
        let views = given.iter().any(|p| matches!(p, Param::View { .. }));
        let mut turbofish = String::new();
        if function.is_grid() {
            if !views {
                all.insert(0, "&Device::cpu()".to_string());
            }
            let types: Vec<&str> = function.generics.iter().map(|g| bound.ty(&g.name)).collect();
            if !types.is_empty() {
                turbofish = format!("::<{}>", types.join(", "));
            }
        }
        let g = if args.is_empty() { "_" } else { "g" };
        format!("({label:?}, (|{g}| outputs({path}{turbofish}({}))) as Call), ", all.join(", "))
    };
    let scalars = args.iter().all(|a| a.is_scalar);
    match (function.is_grid(), function.is_point) {
        (true, _) => call("blocks", false),
        (false, true) if scalars => call("scalars", false) + &call("tensors", true),
        (false, true) => call("tensors", false),
        (false, false) => {
            let all: Vec<String> = (0..args.len()).map(|i| format!("g[{i}].scalar()")).collect();
            format!("(\"scalars\", (|g| each(g, |g| outputs({path}({})))) as Call), ", all.join(", "))
        }
    }
}
