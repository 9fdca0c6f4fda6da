//! Expressions.

use super::Parser;
use crate::kernel::language;
use formwork_ir::kernel::{BinOp, Block, Expr, ExprNode, StmtNode, UnOp};
use syn::spanned::Spanned;

impl Parser<'_> {
    pub fn expr(&mut self, expr: &syn::Expr) -> Expr {
        let span = expr.span();
        match expr {
            syn::Expr::Lit(e) => self.literal(&e.lit),
            syn::Expr::Paren(e) => self.expr(&e.expr),
            syn::Expr::Group(e) => self.expr(&e.expr),
            syn::Expr::Path(e) => self.path(e),
            syn::Expr::Index(_) => match self.place(expr) {
                Some(place) => self.make(span, ExprNode::Place(place)),
                None => self.nothing(span),
            },
            syn::Expr::Unary(e) => self.unary(e),
            syn::Expr::Binary(e) => self.binary(e),
            syn::Expr::Cast(e) => {
                let value = self.expr(&e.expr);
                match crate::kernel::signature::scalar_name(&e.ty, self.generics) {
                    Some(ty) => self.make(span, ExprNode::Cast(Box::new(value), ty)),
                    None => {
                        self.refuse(e.ty.span(), "a value is cast to a scalar type", "write `as f32`, `as usize`, ..")
                    }
                }
            }
            syn::Expr::Call(e) => self.call(e),
            syn::Expr::MethodCall(e) => self.method(e),
            syn::Expr::If(e) => self.if_value(e),
            syn::Expr::Match(e) => self.match_value(e),
            syn::Expr::Block(e) => {
                let (body, value) = self.block_value(&e.block);
                self.make(span, ExprNode::Block(body, Box::new(value)))
            }
            syn::Expr::Unsafe(e) => match &e.block.stmts[..] {
                [syn::Stmt::Expr(inner, None)] => self.expr(inner),
                _ => {
                    let (body, value) = self.block_value(&e.block);
                    self.make(span, ExprNode::Block(body, Box::new(value)))
                }
            },
            syn::Expr::Tuple(e) if !e.elems.is_empty() => {
                let parts = e.elems.iter().map(|e| self.expr(e)).collect();
                self.make(span, ExprNode::Tuple(parts))
            }
            syn::Expr::Array(e) => {
                let parts = e.elems.iter().map(|e| self.expr(e)).collect();
                self.make(span, ExprNode::Array(parts))
            }
            syn::Expr::Repeat(e) => {
                let (value, length) = (self.expr(&e.expr), self.expr(&e.len));
                self.make(span, ExprNode::Repeat(Box::new(value), Box::new(length)))
            }
            syn::Expr::Macro(e) => {
                self.refuse_macro(&e.mac);
                self.nothing(span)
            }
            other => self.refuse_expr(other),
        }
    }

    fn literal(&mut self, lit: &syn::Lit) -> Expr {
        let span = lit.span();
        let suffix = |s: &str| (!s.is_empty()).then(|| s.to_string());
        match lit {
            syn::Lit::Int(n) if matches!(n.suffix(), "f32" | "f64") => {
                self.make(span, ExprNode::Float(n.base10_digits().to_string(), suffix(n.suffix())))
            }
            syn::Lit::Int(n) => match n.base10_parse::<u64>() {
                Ok(value) if suffix(n.suffix()).is_none_or(|s| language::is_scalar(&s)) => {
                    self.make(span, ExprNode::Int(value, suffix(n.suffix())))
                }
                _ => {
                    let help = "a kernel has i32, i64, u32, u64, u8 and usize";
                    self.refuse(span, format!("`{n}` is no number that a kernel can hold"), help)
                }
            },
            syn::Lit::Float(x) => self.make(span, ExprNode::Float(x.base10_digits().to_string(), suffix(x.suffix()))),
            syn::Lit::Bool(b) => self.make(span, ExprNode::Bool(b.value)),
            syn::Lit::Byte(b) => self.make(span, ExprNode::Int(b.value().into(), Some("u8".to_string()))),
            _ => self.refuse(span, "a kernel computes with numbers, it has no text", "write a number, or remove it"),
        }
    }

    fn path(&mut self, e: &syn::ExprPath) -> Expr {
        let span = e.span();
        if let Some(q) = &e.qself {
            return self.refuse(
                q.span(),
                "no traits' items in a kernel",
                "bind it to a constant outside of the kernel",
            );
        }
        if let Some(node) = self.associated(&e.path) {
            return self.make(span, node);
        }
        let last = e.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        if let Some(name) = e.path.get_ident() {
            if let Some(found) = self.find(&name.to_string()) {
                return self.make(span, crate::kernel::signature::place(&found));
            }
            if self.is_element(&last) {
                let help = format!("write a number of it: `{name}::of(0.0)`");
                return self.refuse(span, format!("`{name}` is a type, and a value is wanted"), help);
            }
        }
        if last.chars().any(|c| c.is_ascii_lowercase()) {
            let message = format!("there is no variable `{last}` here");
            return self.refuse(
                span,
                message,
                "a kernel sees its parameters, dims, variables, and constants in capitals",
            );
        }
        let text = crate::kernel::signature::shown(&e.path);
        let known = self.constants.iter().position(|c| crate::kernel::signature::shown(c) == text);
        let index = known.unwrap_or_else(|| {
            self.constants.push(e.path.clone());
            self.constants.len() - 1
        });
        self.make(span, ExprNode::Const(index))
    }

    /// `f32::INFINITY`, `std::f32::consts::PI`.
    fn associated(&self, path: &syn::Path) -> Option<ExprNode> {
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        let scalar = |name: &str| language::is_scalar(name) || self.is_element(name);
        match &names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [ty, name] if scalar(ty) => Some(ExprNode::Assoc(ty.to_string(), name.to_string())),
            ["std" | "core", ty @ ("f32" | "f64"), "consts", name]
            | [ty @ ("f32" | "f64"), "consts", name]
            | ["std" | "core", ty @ ("f32" | "f64"), name] => Some(ExprNode::Assoc(ty.to_string(), name.to_string())),
            _ => None,
        }
    }

    fn unary(&mut self, e: &syn::ExprUnary) -> Expr {
        let op = match e.op {
            syn::UnOp::Neg(_) => UnOp::Neg,
            syn::UnOp::Not(_) => UnOp::Not,
            _ => {
                self.expr(&e.expr);
                return self.refuse(e.op.span(), "no references in a kernel", "leave out the `*`: numbers are copied");
            }
        };
        let value = self.expr(&e.expr);
        self.make(e.span(), ExprNode::Unary(op, Box::new(value)))
    }

    fn binary(&mut self, e: &syn::ExprBinary) -> Expr {
        let Some(op) = operator(&e.op) else {
            return self.refuse(e.op.span(), "an assignment has no value", "write it as a statement of its own");
        };
        let left = self.expr(&e.left);
        let right = match op {
            BinOp::And => self.under("the right side of `&&`", |p| p.expr(&e.right)),
            BinOp::Or => self.under("the right side of `||`", |p| p.expr(&e.right)),
            _ => self.expr(&e.right),
        };
        self.make(e.op.span(), ExprNode::Binary(op, Box::new(left), Box::new(right)))
    }

    fn if_value(&mut self, e: &syn::ExprIf) -> Expr {
        let cond = self.expr(&e.cond);
        let Some((_, els)) = &e.else_branch else {
            return self.refuse(e.if_token.span(), "an `if` with a value needs an `else`", "add `else { .. }`");
        };
        let (then, els) = self.under("an `if` with a value", |p| {
            let then = p.block_value(&e.then_branch);
            let els = match &**els {
                syn::Expr::Block(block) => p.block_value(&block.block),
                other => (vec![], p.expr(other)),
            };
            (then, els)
        });
        let node =
            ExprNode::If { cond: Box::new(cond), then: (then.0, Box::new(then.1)), els: (els.0, Box::new(els.1)) };
        self.make(e.if_token.span(), node)
    }

    /// The statements of a block, and its value.
    pub(super) fn block_value(&mut self, block: &syn::Block) -> (Block, Expr) {
        self.under("a block with a value", |p| {
            p.scoped(|p| {
                let Some((syn::Stmt::Expr(value, None), before)) = block.stmts.split_last() else {
                    let steps = p.list(block);
                    let gone = steps
                        .last()
                        .and_then(|s| s.meaning.last())
                        .is_some_and(|s| matches!(s.node, StmtNode::Return(_) | StmtNode::Break | StmtNode::Continue));
                    let mut body = super::stmt::meaning(&steps);
                    if !gone {
                        let message = "this block has no value";
                        let help = "end it with an expression without `;`";
                        p.errors.push_help(block.span(), message, help);
                        body.clear();
                    }
                    return (body, p.nothing(block.span()));
                };
                let steps = p.statements(before);
                if let syn::Expr::Return(_) | syn::Expr::Break(_) | syn::Expr::Continue(_) = value {
                    let mut body = super::stmt::meaning(&steps);
                    body.extend(p.arm(value));
                    return (body, p.nothing(value.span()));
                }
                let value = p.expr(value);
                (super::stmt::meaning(&steps), value)
            })
        })
    }

    fn refuse_expr(&mut self, expr: &syn::Expr) -> Expr {
        let span = expr.span();
        let (at, message, help) = match expr {
            syn::Expr::Closure(e) => (e.span(), "no closures in a kernel", "write a `#[device]` function and call it"),
            syn::Expr::Reference(e) => {
                (e.and_token.span(), "no references in a kernel", "pass the value; only atomics take `&mut y[i]`")
            }
            syn::Expr::Field(e) => {
                (e.member.span(), "no fields in a kernel", "take a tuple apart: `let (a, b) = f(x);`")
            }
            syn::Expr::Struct(e) => (e.path.span(), "no structs in a kernel", "use variables, one a field"),
            syn::Expr::Try(e) => (e.question_token.span(), "no `?` in a kernel", "there are no errors to pass on"),
            syn::Expr::Let(e) => (e.let_token.span(), "no `let` in conditions", "compare with `==`, or use `match`"),
            syn::Expr::Await(e) => (e.await_token.span(), "no `.await` in a kernel", "remove it"),
            syn::Expr::Async(e) => (e.async_token.span(), "no `async` in a kernel", "remove it"),
            syn::Expr::Const(e) => {
                (e.const_token.span(), "no `const` blocks in a kernel", "write a constant outside of it")
            }
            syn::Expr::Range(_) => (span, "a range stands in a `for` only", "write `for i in a..b`"),
            syn::Expr::Loop(e) => {
                (e.loop_token.span(), "a loop has no value in a kernel", "set a variable that is declared before it")
            }
            syn::Expr::While(_) | syn::Expr::ForLoop(_) | syn::Expr::Assign(_) => {
                (span, "this has no value", "write it as a statement of its own")
            }
            syn::Expr::Return(_) | syn::Expr::Break(_) | syn::Expr::Continue(_) => {
                (span, "this leaves, and a value is wanted", "write it as a statement of its own")
            }
            syn::Expr::Tuple(_) => (span, "`()` is no value in a kernel", "remove it"),
            _ => (span, "kernels don't have this", "see the language reference in docs/kernels.md"),
        };
        self.refuse(at, message, help)
    }

    pub(super) fn refuse_macro(&mut self, mac: &syn::Macro) {
        let name = mac.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let help = match name.as_str() {
            "println" | "print" | "eprintln" | "eprint" | "dbg" => "write the value to an output and look at it there",
            "assert" | "assert_eq" | "assert_ne" | "debug_assert" | "debug_assert_eq" | "panic" | "todo"
            | "unreachable" | "unimplemented" => "remove it: indices are checked, and a kernel cannot stop the program",
            "vec" | "format" => "a kernel allocates nothing; use a local array, `[0.0; 8]`, or `shared`",
            _ => "write what it stands for",
        };
        self.errors.push_help(mac.path.span(), format!("`{name}!` cannot run in a kernel"), help);
    }
}

/// The operator of an expression.
fn operator(op: &syn::BinOp) -> Option<BinOp> {
    Some(match op {
        syn::BinOp::Add(_) => BinOp::Add,
        syn::BinOp::Sub(_) => BinOp::Sub,
        syn::BinOp::Mul(_) => BinOp::Mul,
        syn::BinOp::Div(_) => BinOp::Div,
        syn::BinOp::Rem(_) => BinOp::Rem,
        syn::BinOp::And(_) => BinOp::And,
        syn::BinOp::Or(_) => BinOp::Or,
        syn::BinOp::BitXor(_) => BinOp::BitXor,
        syn::BinOp::BitAnd(_) => BinOp::BitAnd,
        syn::BinOp::BitOr(_) => BinOp::BitOr,
        syn::BinOp::Shl(_) => BinOp::Shl,
        syn::BinOp::Shr(_) => BinOp::Shr,
        syn::BinOp::Eq(_) => BinOp::Eq,
        syn::BinOp::Ne(_) => BinOp::Ne,
        syn::BinOp::Lt(_) => BinOp::Lt,
        syn::BinOp::Le(_) => BinOp::Le,
        syn::BinOp::Gt(_) => BinOp::Gt,
        syn::BinOp::Ge(_) => BinOp::Ge,
        _ => return None,
    })
}

/// The operator of `place op= value`.
pub fn compound(op: &syn::BinOp) -> Option<BinOp> {
    Some(match op {
        syn::BinOp::AddAssign(_) => BinOp::Add,
        syn::BinOp::SubAssign(_) => BinOp::Sub,
        syn::BinOp::MulAssign(_) => BinOp::Mul,
        syn::BinOp::DivAssign(_) => BinOp::Div,
        syn::BinOp::RemAssign(_) => BinOp::Rem,
        syn::BinOp::BitXorAssign(_) => BinOp::BitXor,
        syn::BinOp::BitAndAssign(_) => BinOp::BitAnd,
        syn::BinOp::BitOrAssign(_) => BinOp::BitOr,
        syn::BinOp::ShlAssign(_) => BinOp::Shl,
        syn::BinOp::ShrAssign(_) => BinOp::Shr,
        _ => return None,
    })
}
