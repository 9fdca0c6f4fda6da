//! Printing and parsing give the template back.

use formwork_ir::kernel::Template;

/// Every construct, on several lines.
const EVERYTHING: &str = r#"
(grid everything "a file.rs" (generics (dim N) (element F))
  (params @3 (x in F N 4) @4 (y out F N) (z zeroed f32 (* 4 N)) (w inout i32 N) (k scalar u32)) (results)
  (block 128 (const 0)) (grid (call div_ceil N 128)) (callees ops::poly "a :: b") (constants WIDTH)
  @7 (let (a b) _ (fn (0 F) (at x 0 k) (at! x 1 2)))
  @8 (let (c) (array (array f32 2) (const 0)) (repeat (repeat (float 0.0) 2) 3))
  (let (d) i32)
  (shared s f32 32 2)
  @9 (set= (at y a) (if (< a b) ((set+= c 1)) (neg a) () (block ((do (call sync_threads))) (not b))))
  (set<<= d (int 3 i32))
  @11 (if (&& true (|| false (== a b))) ((break)) ((continue)))
  (while true @12 (do (call (shared_of F) (ref (at w 0)) (tuple a b) (array 1 2))))
  (for i 0 N (inclusive rev (step 2)) @13 (return))
  (block (let (e) _ (as (size x 1) f32)))
  @2 (return (assoc f32 PI) (float 1e-3 f64)))
"#;

#[test]
fn print_and_parse_are_inverse() {
    let template = Template::parse(EVERYTHING).expect("the text is a template");
    let text = template.print();
    assert_eq!(Template::parse(&text).as_ref(), Ok(&template), "{text}");
    assert_eq!(template.file, "a file.rs");
    assert_eq!(template.callees[1], "a :: b");
    assert_eq!(template.params.iter().map(|p| p.line).collect::<Vec<_>>(), [3, 4, 4, 4, 4]);
    assert_eq!(template.body.iter().map(|s| s.line).collect::<Vec<_>>(), [7, 8, 8, 8, 9, 9, 11, 11, 12, 13, 2]);
}

#[test]
fn names_with_quotes_survive() {
    let mut template = Template::parse(EVERYTHING).expect("the text is a template");
    template.file = r#"C:\a "b" (c).rs"#.into();
    template.name = "@".into();
    assert_eq!(Template::parse(&template.print()), Ok(template));
}

#[test]
fn malformed_text_is_an_error() {
    let parse = |text: &str| Template::parse(text).expect_err("malformed").to_string();
    assert_eq!(parse("(point f"), "malformed template: expected an atom or a list, found ``");
    assert_eq!(
        parse("(shader)"),
        "malformed template: expected `(point ..)`, `(device ..)` or `(grid ..)`, found `(shader ..)`"
    );
    let head = "f a.rs (generics) (params) (results) (block) (grid) (callees) (constants)";
    assert_eq!(parse(&format!("(point {head} (let))")), "malformed template: expected a statement, found `(let ..)`");
    assert_eq!(
        parse(&format!("(point {head} (do (+ 1)))")),
        "malformed template: expected an expression, found `(+ ..)`"
    );
}
