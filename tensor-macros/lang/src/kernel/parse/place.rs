//! Places: variables, and elements of arrays.

use super::Parser;
use formwork_ir::kernel::{Expr, Place, StmtNode};
use syn::spanned::Spanned;

impl Parser<'_> {
    /// A variable or an element: `m`, `x[i]`, `x[(i, j)]`, `s[i][j]`.
    pub(super) fn place(&mut self, expr: &syn::Expr) -> Option<Place> {
        match expr {
            syn::Expr::Paren(e) => self.place(&e.expr),
            syn::Expr::Group(e) => self.place(&e.expr),
            syn::Expr::Path(e) => {
                let name = e.path.get_ident().map(|name| name.to_string());
                if let Some(found) = name.and_then(|name| self.find(&name)) {
                    return Some(Place { name: found, indices: vec![], unchecked: false });
                }
                let text = crate::kernel::signature::shown(e);
                let help = "arrays are parameters, local arrays, and `shared` ones";
                self.errors.push_help(e.span(), format!("there is no array or variable `{text}` here"), help);
                None
            }
            syn::Expr::Index(e) => {
                let place = self.place(&e.expr);
                let indices = self.indices(&e.index);
                let mut place = place?;
                place.indices.extend(indices);
                Some(place)
            }
            other => {
                let help = "bind it to a variable first";
                self.errors.push_help(other.span(), "only arrays are indexed, and only places are set", help);
                None
            }
        }
    }

    /// What is assigned to; a parameter that is read only is rustc's to tell.
    pub(super) fn assigned(&mut self, expr: &syn::Expr) -> Option<Place> {
        if let syn::Expr::Infer(_) = expr {
            let help = "write `let _ = ..`";
            self.errors.push_help(expr.span(), "`_ = ..` is not part of the language", help);
            return None;
        }
        if let syn::Expr::Tuple(_) = expr {
            let help = "write `let (a, b) = ..`, then assign each";
            self.errors.push_help(expr.span(), "one place is assigned at a time", help);
            return None;
        }
        self.place(expr)
    }

    /// `i`, or those of `(i, j)`.
    pub(super) fn indices(&mut self, index: &syn::Expr) -> Vec<Expr> {
        match index {
            syn::Expr::Tuple(tuple) => tuple.elems.iter().map(|e| self.expr(e)).collect(),
            syn::Expr::Range(e) => {
                let help = "loop over the elements";
                self.errors.push_help(e.span(), "no slices in a kernel", help);
                vec![]
            }
            index => vec![self.expr(index)],
        }
    }

    /// `y.set_unchecked(i, v)`.
    pub(super) fn set_unchecked(&mut self, e: &syn::ExprMethodCall) -> Option<StmtNode> {
        let place = self.place(&e.receiver);
        let mut arguments = e.args.iter();
        let indices = arguments.next().map(|i| self.indices(i)).unwrap_or_default();
        let value = arguments.next().map(|v| self.expr(v))?;
        Some(StmtNode::Assign { place: Place { indices, unchecked: true, ..place? }, op: None, value })
    }
}
