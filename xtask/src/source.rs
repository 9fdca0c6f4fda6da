//! Rust text as far as the workbench needs it: code without comments and literals, words, paths.

/// `text` with comments and the insides of string and character literals blanked; lines and columns stay.
pub fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut i = 0;
    while i < bytes.len() {
        let end = match bytes[i] {
            b'/' if bytes[i..].starts_with(b"//") => line_end(bytes, i),
            b'/' if bytes[i..].starts_with(b"/*") => comment_end(bytes, i),
            b'"' => string_end(bytes, i),
            b'r' if !continues_word(bytes, i) || bytes[i - 1] == b'b' => raw_string_end(bytes, i).unwrap_or(i),
            b'\'' => character_end(bytes, i).unwrap_or(i),
            _ => i,
        };
        for b in &mut out[i..end] {
            if *b != b'\n' {
                *b = b' ';
            }
        }
        i = end.max(i + 1);
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn continues_word(bytes: &[u8], i: usize) -> bool {
    i > 0 && (bytes[i - 1].is_ascii_alphanumeric() || bytes[i - 1] == b'_')
}

fn line_end(bytes: &[u8], i: usize) -> usize {
    bytes[i..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| i + n)
}

fn comment_end(bytes: &[u8], mut i: usize) -> usize {
    let mut depth = 0;
    while i < bytes.len() {
        if bytes[i..].starts_with(b"/*") {
            depth += 1;
            i += 2;
        } else if bytes[i..].starts_with(b"*/") {
            depth -= 1;
            i += 2;
            if depth == 0 {
                return i;
            }
        } else {
            i += 1;
        }
    }
    i
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut i = start + 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 2,
            b'"' => return i + 1,
            _ => i += 1,
        }
    }
    bytes.len()
}

fn raw_string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let hashes = bytes[start + 1..].iter().take_while(|&&b| b == b'#').count();
    let open = start + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let found = bytes[open + 1..].windows(close.len()).position(|w| w == close);
    Some(found.map_or(bytes.len(), |n| open + 1 + n + close.len()))
}

/// The end of a character literal; `None` for a lifetime.
fn character_end(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start + 1) == Some(&b'\\') {
        return bytes[start + 3..].iter().position(|&b| b == b'\'').map(|n| start + 4 + n);
    }
    let width = bytes[start + 1..].iter().take(5).position(|&b| b == b'\'')?;
    let inside = std::str::from_utf8(&bytes[start + 1..start + 1 + width]).ok()?;
    (inside.chars().count() == 1).then_some(start + 2 + width)
}

/// Code without its `#[cfg(test)] mod ... { ... }`: tests may look down from any floor.
pub fn without_tests(code: &str) -> String {
    let mut out = code.to_string();
    while let Some(start) = out.find("#[cfg(test)]") {
        let end = match (out[start..].find('{'), out[start..].find(';')) {
            (Some(open), semicolon) if semicolon.is_none_or(|s| open < s) => block_end(&out, start + open),
            (_, Some(semicolon)) => start + semicolon + 1,
            _ => out.len(),
        };
        let blank: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

/// The place after the brace that closes the one at `open`.
pub fn block_end(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (i, b) in code.bytes().enumerate().skip(open) {
        match b {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// A word or a mark of code, with its line from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub text: &'a str,
    pub line: usize,
}

/// Words, `::`, and single marks.
pub fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut line, mut i) = (1, 0);
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    while i < code.len() {
        let b = code.as_bytes()[i];
        let end = if is_word(b) {
            i + code.bytes().skip(i).take_while(|&b| is_word(b)).count()
        } else if code[i..].starts_with("::") {
            i + 2
        } else {
            i + 1
        };
        if b == b'\n' {
            line += 1;
        }
        if !b.is_ascii_whitespace() {
            tokens.push(Token { text: &code[i..end], line });
        }
        i = end;
    }
    tokens
}

/// A path of a `use` tree or an expression: its segments, the name it is known by, and its line.
#[derive(Debug, PartialEq, Eq)]
pub struct Path<'a> {
    pub segments: Vec<&'a str>,
    pub name: &'a str,
    pub line: usize,
}

/// The paths that start at `tokens[0]`: one, or one for each leaf of a group. `prefix` is what stands before.
pub fn paths<'a>(tokens: &[Token<'a>], prefix: &[&'a str]) -> Vec<Path<'a>> {
    let mut out = Vec::new();
    tree(tokens, 0, prefix, &mut out);
    out
}

fn tree<'a>(tokens: &[Token<'a>], mut i: usize, prefix: &[&'a str], out: &mut Vec<Path<'a>>) -> usize {
    let mut segments = prefix.to_vec();
    let line = tokens.get(i).map_or(0, |t| t.line);
    while let Some(token) = tokens.get(i) {
        if token.text == "{" {
            i += 1;
            while tokens.get(i).is_some_and(|t| t.text != "}") {
                i = tree(tokens, i, &segments, out);
                if tokens.get(i).is_some_and(|t| t.text == ",") {
                    i += 1;
                } else if tokens.get(i).is_some_and(|t| t.text != "}") {
                    return i;
                }
            }
            return i + 1;
        }
        if !token.text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '*') {
            return i + 1;
        }
        segments.push(token.text);
        i += 1;
        if tokens.get(i).is_none_or(|t| t.text != "::") {
            break;
        }
        i += 1;
    }
    let mut name = segments.last().copied().unwrap_or_default();
    if tokens.get(i).is_some_and(|t| t.text == "as")
        && let Some(alias) = tokens.get(i + 1)
    {
        name = alias.text;
        i += 2;
    }
    out.push(Path { segments, name, line });
    i
}

/// The words of an identifier: `LayerNorm`, `layer_norm`, `LAYER_NORM` are all `layer`, `norm`.
pub fn words(identifier: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut previous = '_';
    for c in identifier.chars() {
        let starts = c.is_uppercase() && !previous.is_uppercase();
        if (c == '_' || starts) && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        if c != '_' {
            words.last_mut().expect("never empty").extend(c.to_lowercase());
        }
        previous = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_blanks_comments_and_literals() {
        let text = "a /* b /* c */ d */ e \"f\\\"g\" r#\"h\"i\"# 'j' '\\n' 'k: k // l\nm";
        assert_eq!(code(text).split_whitespace().collect::<Vec<_>>(), ["a", "e", "'k:", "k", "m"]);
        assert_eq!(code(text).len(), text.len());
    }

    #[test]
    fn tests_are_blanked() {
        let text = "a;\n#[cfg(test)]\nmod tests { use x; { } }\nb; #[cfg(test)] use y; c";
        let left = without_tests(text);
        assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["a;", "b;", "c"]);
    }

    #[test]
    fn groups_are_flattened() {
        let tokens = tokens("crate::{plan::{self, Plan as P}, graph::*, Tensor}; x");
        let found = paths(&tokens, &[]);
        let shown: Vec<String> = found.iter().map(|p| format!("{}={}", p.segments.join("."), p.name)).collect();
        assert_eq!(shown, ["crate.plan.self=self", "crate.plan.Plan=P", "crate.graph.*=*", "crate.Tensor=Tensor"]);
    }

    #[test]
    fn identifiers_have_words() {
        assert_eq!(words("LayerNorm"), ["layer", "norm"]);
        assert_eq!(words("layer_norm_2d"), ["layer", "norm", "2d"]);
        assert_eq!(words("SOFTMAX"), ["softmax"]);
    }
}
