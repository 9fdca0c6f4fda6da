//! Parsing: text to a tree of lists, tree to template.

use super::{binary, generic, kind, mode, unary};
use crate::kernel::{
    Block, Callee, Expr, ExprNode, Generic, Param, ParamKind, Place, Stmt, StmtNode, Template, TypeExpr,
};

/// Text that is no template: what was expected, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "malformed template: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

type Parsed<T> = Result<T, Malformed>;

/// An atom or a list, and the source line that was current where it began.
struct Node {
    line: u32,
    shape: Shape,
}

enum Shape {
    Atom(String),
    List(Vec<Node>),
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.shape {
            Shape::Atom(text) => write!(f, "`{text}`"),
            Shape::List(items) => match items.first() {
                Some(Node { shape: Shape::Atom(head), .. }) => write!(f, "`({head} ..)`"),
                _ => write!(f, "`(..)`"),
            },
        }
    }
}

impl Node {
    fn expected<T>(&self, what: &str) -> Parsed<T> {
        Err(Malformed(format!("expected {what}, found {self}")))
    }

    fn atom(&self) -> Parsed<String> {
        match &self.shape {
            Shape::Atom(text) => Ok(text.clone()),
            Shape::List(_) => self.expected("an atom"),
        }
    }

    fn number<T: std::str::FromStr>(&self) -> Parsed<T> {
        self.atom()?.parse().or_else(|_| self.expected("a number"))
    }

    fn list(&self) -> Parsed<&[Node]> {
        match &self.shape {
            Shape::List(items) => Ok(items),
            Shape::Atom(_) => self.expected("a list"),
        }
    }

    /// A list that begins with an atom: that atom and the rest.
    fn call(&self) -> Parsed<(String, &[Node])> {
        match self.list()?.split_first() {
            Some((head, rest)) => Ok((head.atom()?, rest)),
            None => self.expected("a list with a head"),
        }
    }

    /// The rest of a list with this head.
    fn section(&self, name: &str) -> Parsed<&[Node]> {
        match self.call()? {
            (head, rest) if head == name => Ok(rest),
            _ => self.expected(&format!("`({name} ..)`")),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: u32,
}

impl Reader<'_> {
    /// Passes spaces and marks of lines.
    fn skip(&mut self) -> Parsed<()> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('@') {
                return Ok(());
            }
            self.line = match self.word()[1..].parse() {
                Ok(line) => line,
                Err(_) => return Err(Malformed("expected a line number after `@`".into())),
            };
        }
    }

    fn next(&mut self) -> Parsed<Node> {
        self.skip()?;
        let line = self.line;
        let shape = if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest;
            Shape::List(self.items()?)
        } else if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            Shape::Atom(self.quoted()?)
        } else {
            match self.word() {
                "" => return Err(Malformed(format!("expected an atom or a list, found `{:.20}`", self.rest))),
                word => Shape::Atom(word.into()),
            }
        };
        Ok(Node { line, shape })
    }

    fn items(&mut self) -> Parsed<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            self.skip()?;
            if let Some(rest) = self.rest.strip_prefix(')') {
                self.rest = rest;
                return Ok(items);
            }
            items.push(self.next()?);
        }
    }

    fn word(&mut self) -> &str {
        let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"'));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn quoted(&mut self) -> Parsed<String> {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next() {
                Some('"') => break,
                Some('\\') => text.extend(chars.next()),
                Some(c) => text.push(c),
                None => return Err(Malformed("expected a closing quote, found the end".into())),
            }
        }
        self.rest = chars.as_str();
        Ok(text)
    }
}

pub(super) fn template(text: &str) -> Parsed<Template> {
    let root = Reader { rest: text, line: 0 }.next()?;
    let (head, rest) = root.call()?;
    let Some(kind) = kind::of(&head) else { return root.expected("`(point ..)`, `(device ..)` or `(grid ..)`") };
    let [name, file, generics, params, results, block, grid, callees, constants, body @ ..] = rest else {
        return root.expected("a template of nine parts and a body");
    };
    let atoms = |node: &Node, name: &str| node.section(name)?.iter().map(Node::atom).collect::<Parsed<Vec<_>>>();
    Ok(Template {
        name: name.atom()?,
        kind,
        file: file.atom()?,
        generics: generics.section("generics")?.iter().map(read_generic).collect::<Parsed<_>>()?,
        params: params.section("params")?.iter().map(param).collect::<Parsed<_>>()?,
        results: atoms(results, "results")?,
        block: exprs(block.section("block")?)?,
        grid: exprs(grid.section("grid")?)?,
        callees: atoms(callees, "callees")?,
        constants: atoms(constants, "constants")?,
        body: stmts(body)?,
    })
}

fn read_generic(node: &Node) -> Parsed<Generic> {
    match node.call()? {
        (head, [name]) if generic::of(&head).is_some() => {
            Ok(Generic { name: name.atom()?, kind: generic::of(&head).expect("asked above") })
        }
        _ => node.expected("`(dim NAME)` or `(element NAME)`"),
    }
}

fn param(node: &Node) -> Parsed<Param> {
    let (name, rest) = node.call()?;
    let [how, element, dims @ ..] = rest else { return node.expected("`(NAME scalar TYPE)` or `(NAME MODE TYPE ..)`") };
    let kind = match (how.atom()?.as_str(), dims) {
        ("scalar", []) => ParamKind::Scalar(element.atom()?),
        (word, dims) => match mode::of(word) {
            Some(mode) => ParamKind::Array { mode, element: element.atom()?, dims: exprs(dims)? },
            None => return how.expected("`scalar`, `in`, `out`, `zeroed` or `inout`"),
        },
    };
    Ok(Param { name, line: node.line, kind })
}

fn ty(node: &Node) -> Parsed<TypeExpr> {
    match &node.shape {
        Shape::Atom(name) => Ok(TypeExpr::Scalar(name.clone())),
        Shape::List(_) => match node.section("array")? {
            [element, len] => Ok(TypeExpr::Array(Box::new(ty(element)?), Box::new(expr(len)?))),
            _ => node.expected("`(array TYPE LENGTH)`"),
        },
    }
}

fn stmts(nodes: &[Node]) -> Parsed<Block> {
    nodes.iter().map(stmt).collect()
}

fn stmt(node: &Node) -> Parsed<Stmt> {
    let (head, rest) = node.call()?;
    let parsed = match (head.as_str(), rest) {
        ("let", [names, declared, value @ ..]) if value.len() < 2 => StmtNode::Let {
            names: names.list()?.iter().map(Node::atom).collect::<Parsed<_>>()?,
            ty: match &declared.shape {
                Shape::Atom(text) if text == "_" => None,
                _ => Some(ty(declared)?),
            },
            value: value.first().map(expr).transpose()?,
        },
        ("shared", [name, element, dims @ ..]) => {
            StmtNode::Shared { name: name.atom()?, element: element.atom()?, dims: exprs(dims)? }
        }
        ("do", [e]) => StmtNode::Expr(expr(e)?),
        ("if", [cond, then, els]) => {
            StmtNode::If { cond: expr(cond)?, then: stmts(then.list()?)?, els: stmts(els.list()?)? }
        }
        ("while", [cond, body @ ..]) => StmtNode::While { cond: expr(cond)?, body: stmts(body)? },
        ("for", [var, start, end, how, body @ ..]) => for_loop(var, start, end, how, body)?,
        ("break", []) => StmtNode::Break,
        ("continue", []) => StmtNode::Continue,
        ("return", values) => StmtNode::Return(exprs(values)?),
        ("block", body) => StmtNode::Block(stmts(body)?),
        (word, [p, value]) if word.starts_with("set") && word.ends_with('=') => {
            let op = match &word[3..word.len() - 1] {
                "" => None,
                op => Some(binary::of(op).map_or_else(|| node.expected("an assignment"), Ok)?),
            };
            StmtNode::Assign { place: place(p)?, op, value: expr(value)? }
        }
        _ => return node.expected("a statement"),
    };
    Ok(Stmt { line: node.line, node: parsed })
}

fn for_loop(var: &Node, start: &Node, end: &Node, how: &Node, body: &[Node]) -> Parsed<StmtNode> {
    let (mut inclusive, mut rev, mut step) = (false, false, None);
    for word in how.list()? {
        match &word.shape {
            Shape::Atom(text) if text == "inclusive" => inclusive = true,
            Shape::Atom(text) if text == "rev" => rev = true,
            _ => match word.section("step")? {
                [e] => step = Some(expr(e)?),
                _ => return word.expected("`(step EXPRESSION)`"),
            },
        }
    }
    let (start, end) = (expr(start)?, expr(end)?);
    Ok(StmtNode::For { var: var.atom()?, start, end, inclusive, rev, step, body: stmts(body)? })
}

fn place(node: &Node) -> Parsed<Place> {
    match &node.shape {
        Shape::Atom(name) => Ok(Place { name: name.clone(), indices: Vec::new(), unchecked: false }),
        Shape::List(_) => match node.call()? {
            (head, [name, indices @ ..]) if head == "at" || head == "at!" => {
                Ok(Place { name: name.atom()?, indices: exprs(indices)?, unchecked: head == "at!" })
            }
            _ => node.expected("a place"),
        },
    }
}

fn exprs(nodes: &[Node]) -> Parsed<Vec<Expr>> {
    nodes.iter().map(expr).collect()
}

fn boxed(node: &Node) -> Parsed<Box<Expr>> {
    expr(node).map(Box::new)
}

fn expr(node: &Node) -> Parsed<Expr> {
    let parsed = match &node.shape {
        Shape::Atom(text) => match text.as_str() {
            "true" | "false" => ExprNode::Bool(text == "true"),
            digits if digits.starts_with(|c: char| c.is_ascii_digit()) => ExprNode::Int(node.number()?, None),
            _ => ExprNode::Place(place(node)?),
        },
        Shape::List(_) => compound(node)?,
    };
    Ok(Expr { line: node.line, node: parsed })
}

fn compound(node: &Node) -> Parsed<ExprNode> {
    let (head, rest) = node.call()?;
    Ok(match (head.as_str(), rest) {
        ("int", [digits, ty]) => ExprNode::Int(digits.number()?, Some(ty.atom()?)),
        ("float", [digits]) => ExprNode::Float(digits.atom()?, None),
        ("float", [digits, ty]) => ExprNode::Float(digits.atom()?, Some(ty.atom()?)),
        ("at" | "at!", _) => ExprNode::Place(place(node)?),
        ("const", [i]) => ExprNode::Const(i.number()?),
        ("assoc", [ty, name]) => ExprNode::Assoc(ty.atom()?, name.atom()?),
        ("as", [x, ty]) => ExprNode::Cast(boxed(x)?, ty.atom()?),
        ("call" | "fn", [callee, args @ ..]) => {
            let (name, types) = match &callee.shape {
                Shape::Atom(name) => (name.clone(), Vec::new()),
                Shape::List(_) => {
                    let (name, types) = callee.call()?;
                    (name, types.iter().map(ty).collect::<Parsed<_>>()?)
                }
            };
            let callee = match head.as_str() {
                "call" => Callee::Language(name),
                _ => Callee::Function(name.parse().or_else(|_| callee.expected("a number"))?),
            };
            ExprNode::Call { callee, types, args: exprs(args)? }
        }
        ("if", [cond, then, a, els, b]) => ExprNode::If {
            cond: boxed(cond)?,
            then: (stmts(then.list()?)?, boxed(a)?),
            els: (stmts(els.list()?)?, boxed(b)?),
        },
        ("block", [body, value]) => ExprNode::Block(stmts(body.list()?)?, boxed(value)?),
        ("tuple", items) => ExprNode::Tuple(exprs(items)?),
        ("array", items) => ExprNode::Array(exprs(items)?),
        ("repeat", [x, len]) => ExprNode::Repeat(boxed(x)?, boxed(len)?),
        ("ref", [p]) => ExprNode::Ref(place(p)?),
        ("size", [name, axis]) => ExprNode::Size(name.atom()?, axis.number()?),
        (word, [x]) if unary::of(word).is_some() => ExprNode::Unary(unary::of(word).expect("asked above"), boxed(x)?),
        (word, [a, b]) if binary::of(word).is_some() => {
            ExprNode::Binary(binary::of(word).expect("asked above"), boxed(a)?, boxed(b)?)
        }
        _ => return node.expected("an expression"),
    })
}
