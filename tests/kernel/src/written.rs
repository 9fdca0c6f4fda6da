//! The kernels of examples and of other tests, as their files have them: compiled by NVRTC.

use formwork_ir::kernel::ir::ScalarType;
use formwork_ir::kernel::link::{Bound, Constant, Source};
use formwork_ir::kernel::{GenericKind, Kind, ParamKind, Template};
use quote::ToTokens;
use std::sync::Arc;

use crate::line;
use crate::suite::Test;
use crate::values::Values;

/// The files that have kernels, by their paths from the root.
const FILES: &[(&str, &str)] = &[
    ("examples/custom_kernel.rs", include_str!("../../../examples/custom_kernel.rs")),
    ("tests/kernels.rs", include_str!("../../kernels.rs")),
    ("tests/kernel_training.rs", include_str!("../../kernel_training.rs")),
];

/// Every kernel, its dims known at run time if they can be, and its elements f32.
pub fn tests() -> Vec<Result<Test, String>> {
    FILES.iter().flat_map(|(path, text)| file(path, text)).collect()
}

#[derive(Default)]
struct Found {
    templates: Vec<Template>,
    constants: Vec<(String, Constant)>,
}

fn file(path: &str, text: &str) -> Vec<Result<Test, String>> {
    let mut found = Found::default();
    let read = syn::parse_file(text).map_err(|e| format!("{path}: {e}"));
    if let Err(e) = read.and_then(|file| found.items(&file.items)) {
        return vec![Err(format!("{path}: {e}"))];
    }
    let kernels = found.templates.iter().filter(|t| t.kind != Kind::Device);
    kernels.map(|t| found.test(t, path).map_err(|e| format!("{path}: {}: {e}", t.name))).collect()
}

impl Found {
    fn items(&mut self, items: &[syn::Item]) -> Result<(), String> {
        items.iter().try_for_each(|item| match item {
            syn::Item::Fn(f) => self.function(f),
            syn::Item::Const(c) => {
                self.constants.extend(constant(c).map(|value| (c.ident.to_string(), value)));
                Ok(())
            }
            syn::Item::Mod(m) => self.items(m.content.as_ref().map_or(&[], |(_, items)| items)),
            _ => Ok(()),
        })
    }

    /// A kernel, or a function that has some inside.
    fn function(&mut self, f: &syn::ItemFn) -> Result<(), String> {
        for name in ["kernel", "device"] {
            let Some(i) = f.attrs.iter().position(|a| a.path().is_ident(name)) else { continue };
            let mut item = f.clone();
            let options = match item.attrs.remove(i).meta {
                syn::Meta::List(list) => list.tokens,
                _ => Default::default(),
            };
            let template = formwork_lang::template(options, item.to_token_stream(), name == "device");
            self.templates.push(template.map_err(|n| format!("`{}` has {n} mistakes", f.sig.ident))?);
            return Ok(());
        }
        let inner =
            f.block.stmts.iter().filter_map(|s| if let syn::Stmt::Item(i) = s { Some(i.clone()) } else { None });
        self.items(&inner.collect::<Vec<_>>())
    }

    fn source(&self, template: &Template) -> Result<Source, String> {
        let last = |path: &String| path.rsplit("::").next().unwrap_or(path).trim().to_string();
        let callee = |path: &String| {
            let name = last(path);
            let template = self.templates.iter().find(|t| t.name == name).ok_or(format!("no function `{path}`"))?;
            self.source(template).map(Arc::new)
        };
        let value = |path: &String| {
            let known = self.constants.iter().find(|(name, _)| *name == last(path));
            known.map(|(_, value)| *value).ok_or(format!("no value of `{path}`"))
        };
        Ok(Source {
            callees: template.callees.iter().map(callee).collect::<Result<_, String>>()?,
            constants: template.constants.iter().map(value).collect::<Result<_, String>>()?,
            template: template.clone(),
        })
    }

    fn test(&self, template: &Template, path: &str) -> Result<Test, String> {
        let source = self.source(template)?;
        let kernel = match template.kind {
            Kind::Grid => {
                let bounds = |dim: Bound| -> Vec<Bound> {
                    let bound = |kind| match kind {
                        GenericKind::Dim => dim,
                        GenericKind::Element => Bound::Element(ScalarType::F32),
                    };
                    template.generics.iter().map(|g| bound(g.kind)).collect()
                };
                // Shared memory has literal sizes.
                let linked = source.kernel(&bounds(Bound::Argument));
                linked.or_else(|_| source.kernel(&bounds(Bound::Literal(64)))).map_err(|e| e.to_string())?
            }
            _ => {
                let ty = |kind: &ParamKind| match kind {
                    ParamKind::Scalar(name) => ScalarType::from_name(name).unwrap_or(ScalarType::F32),
                    ParamKind::Array { .. } => ScalarType::F32,
                };
                let args: Vec<Values> =
                    template.params.iter().map(|p| Values::from_fn(ty(&p.kind), &[], |_| 0.0)).collect();
                line::wrapper(Arc::new(source), &args, 1024)?
            }
        };
        Ok(Test::of_compiled(format!("{path}/{}", template.name), kernel))
    }
}

/// The value of a constant that is a literal.
fn constant(c: &syn::ItemConst) -> Option<Constant> {
    let ty = ScalarType::from_name(&c.ty.to_token_stream().to_string())?;
    let text = c.expr.to_token_stream().to_string().replace([' ', '_'], "");
    match ty {
        ScalarType::Bool => text.parse().ok().map(Constant::Bool),
        ty if ty.is_float() => text.parse().ok().map(|x| Constant::Float(ty, x)),
        ty => text.parse().ok().map(|x| Constant::Int(ty, x)),
    }
}
