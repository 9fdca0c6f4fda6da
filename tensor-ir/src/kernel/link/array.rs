//! Values that are arrays: a local array each.

use super::Linked;
use super::infer::Shape;
use super::lower::{Entity, Lower};
use crate::kernel::ir::{Array, Expr, ScalarType, Size, StmtNode, Storage};
use crate::kernel::language::Language;
use crate::kernel::{self as untyped, Callee, ExprNode as Node};

impl Lower<'_, '_> {
    /// A new local array.
    pub(super) fn local(&mut self, name: String, element: ScalarType, dims: &[u64]) -> u32 {
        let dims = dims.iter().map(|d| Size::Literal(*d)).collect();
        self.body.arrays.push(Array { name: name.clone(), line: self.line, element, dims });
        let array = self.body.arrays.len() as u32 - 1;
        self.names.insert(name, Entity::Array(Storage::Local(array)));
        array
    }

    /// The local array that an expression is: a new one of this name, or if there is no name one that is there.
    pub(super) fn array(&mut self, e: &untyped::Expr, name: Option<&str>) -> Linked<u32> {
        let Some(Shape::Array(ty, dims)) = self.infer.exprs.get(&std::ptr::from_ref(e)).cloned() else {
            return self.fail("expected an array");
        };
        let element = self.infer.resolve(ty, e.line)?;
        match &e.node {
            Node::Place(p) => {
                let Some(Entity::Array(Storage::Local(from))) = self.names.get(&p.name).copied() else {
                    return self.fail(format!("`{}` is no local array; only those are copied", p.name));
                };
                let Some(name) = name else { return Ok(from) };
                let to = self.local(name.into(), element, &dims);
                self.push(StmtNode::LetArray { array: to, values: Vec::new() });
                self.push(StmtNode::CopyArray { to, from });
                Ok(to)
            }
            Node::Array(_) | Node::Repeat(..) => {
                let values = self.elements(e)?;
                let name = self.name_of(name);
                let array = self.local(name, element, &dims);
                self.push(StmtNode::LetArray { array, values });
                Ok(array)
            }
            Node::Call { callee: Callee::Language(f), args, .. }
                if Language::from_name(f) == Some(Language::Vector) =>
            {
                let Some(Node::Ref(p)) = args.first().map(|a| &a.node) else {
                    return self.fail("`vector` takes a place");
                };
                let indices = self.operands(&p.indices.iter().collect::<Vec<_>>())?;
                let Some(Entity::Array(from)) = self.names.get(&p.name).copied() else {
                    return self.fail(format!("`{}` is no array", p.name));
                };
                let from = self.access(from, indices, p)?;
                let name = self.name_of(name);
                let array = self.local(name, element, &dims);
                self.push(StmtNode::LoadVector { array, from });
                Ok(array)
            }
            Node::Block(stmts, value) => {
                self.stmts(stmts)?;
                self.array(value, name)
            }
            _ => self.fail("an array is a literal, a variable or a vector that is loaded"),
        }
    }

    fn name_of(&mut self, name: Option<&str>) -> String {
        name.map_or_else(|| self.fresh(), str::to_string)
    }

    /// One value that fills an array, or one for each element.
    fn elements(&mut self, e: &untyped::Expr) -> Linked<Vec<Expr>> {
        match &e.node {
            Node::Repeat(x, len) => match self.elements(x)? {
                one if one.len() == 1 => Ok(one),
                many => {
                    let count = self.scope.length(len)? as usize;
                    Ok((0..count).flat_map(|_| many.iter().cloned()).collect())
                }
            },
            Node::Array(items) if !items.iter().any(|i| matches!(i.node, Node::Array(_) | Node::Repeat(..))) => {
                self.operands(&items.iter().collect::<Vec<_>>())
            }
            Node::Array(items) => {
                let mut all = Vec::new();
                for item in items {
                    let elements = self.elements(item)?;
                    let full = match self.infer.exprs.get(&std::ptr::from_ref(item)) {
                        Some(Shape::Array(_, dims)) => dims.iter().product::<u64>() as usize,
                        _ => 1,
                    };
                    match elements.len() {
                        1 => all.extend((0..full).map(|_| elements[0].clone())),
                        _ => all.extend(elements),
                    }
                }
                Ok(all)
            }
            _ => Ok(vec![self.expr(e)?]),
        }
    }
}
