//! The JSON in a safetensors header: objects, arrays, strings and whole numbers, nothing else.
//!
//! Written here because the `safetensors` crate and what it needs take 14 s to build on 2 cores (a
//! JSON library alone half of it), and let pass what the format forbids: a name twice.

use std::fmt::Write;

/// A JSON value of a header.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Number(u64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How deep values may stand in each other; a header needs 3.
const DEPTH: usize = 8;

/// The value that `text` is; the error says what is wrong at which byte.
pub(super) fn parse(text: &str) -> Result<Json, String> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(DEPTH)?;
    parser.space();
    match parser.at == text.len() {
        true => Ok(value),
        false => Err(parser.error("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&self, expected: &str) -> String {
        let found = self.rest().chars().next().map_or("the end".to_string(), |c| format!("{c:?}"));
        format!("expected {expected}, found {found} at byte {} of the header", self.at)
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\n', '\r', '\t']).len();
    }

    /// Takes `token`, after white space, if it stands here.
    fn eat(&mut self, token: char) -> bool {
        self.space();
        let here = self.rest().starts_with(token);
        self.at += if here { token.len_utf8() } else { 0 };
        here
    }

    fn expect(&mut self, token: char) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(self.error(&format!("`{token}`"))) }
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        self.space();
        match self.rest().chars().next() {
            Some('{' | '[') if depth == 0 => Err(self.error("fewer brackets in each other")),
            Some('{') => self.object(depth - 1),
            Some('[') => self.list(depth - 1),
            Some('"') => self.string().map(Json::Text),
            Some('0'..='9') => self.number().map(Json::Number),
            _ => Err(self.error("an object, a list, a string or a whole number")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        let mut members = Vec::new();
        self.expect('{')?;
        if self.eat('}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.expect(':')?;
            members.push((name, self.value(depth)?));
            if self.eat('}') {
                break;
            }
            self.expect(',')?;
        }
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("the header holds `{}` twice", pair[0])),
            None => Ok(Json::Object(members)),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, String> {
        let mut values = Vec::new();
        self.expect('[')?;
        if self.eat(']') {
            return Ok(Json::List(values));
        }
        loop {
            values.push(self.value(depth)?);
            if self.eat(']') {
                return Ok(Json::List(values));
            }
            self.expect(',')?;
        }
    }

    fn number(&mut self) -> Result<u64, String> {
        let end = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len());
        let digits = &self.rest()[..end];
        let leading_zero = digits.len() > 1 && digits.starts_with('0');
        let number =
            digits.parse().ok().filter(|_| !leading_zero).ok_or_else(|| self.error("a whole number below 2^64"))?;
        self.at += end;
        match self.rest().starts_with(['.', 'e', 'E']) {
            true => Err(self.error("a whole number")),
            false => Ok(number),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.rest().starts_with('"') {
            return Err(self.error("a string"));
        }
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else { return Err(self.error("`\"`")) };
            match c {
                '\0'..='\x1f' => return Err(self.error("`\"`")),
                '"' => {
                    self.at += 1;
                    return Ok(out);
                }
                '\\' => out.push(self.escape()?),
                c => {
                    self.at += c.len_utf8();
                    out.push(c);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let start = self.at;
        let kind = self.rest().chars().nth(1);
        self.at += 2;
        let plain = match kind {
            Some(c @ ('"' | '\\' | '/')) => Some(c),
            Some('b') => Some('\x08'),
            Some('f') => Some('\x0c'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('u') => self.unicode(),
            _ => None,
        };
        plain.ok_or_else(|| {
            self.at = start;
            self.error("an escape sequence of JSON")
        })
    }

    /// The character of `XXXX` or `XXXX\uXXXX`, in UTF-16, after `\u`.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) {
            self.rest().starts_with("\\u").then_some(())?;
            self.at += 2;
            units.push(self.hex()?);
        }
        char::decode_utf16(units).next()?.ok()
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let unit = u16::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(unit)
    }
}

/// Writes `text` as a JSON string.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\0'..='\x1f' => write!(out, "\\u{:04x}", c as u32).expect("a String takes all text"),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> Json {
        Json::Text(s.to_string())
    }

    #[test]
    fn values() {
        let object =
            |members: Vec<(&str, Json)>| Json::Object(members.into_iter().map(|(n, v)| (n.to_string(), v)).collect());
        assert_eq!(parse("{}"), Ok(object(vec![])));
        assert_eq!(
            parse(" { \"a\" : [ ] , \"b\":[0,18446744073709551615], \"c\": {\"d\":\"\"} }\n"),
            Ok(object(vec![
                ("a", Json::List(vec![])),
                ("b", Json::List(vec![Json::Number(0), Json::Number(u64::MAX)])),
                ("c", object(vec![("d", text(""))]))
            ]))
        );
        assert_eq!(parse(r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#), Ok(text("\"\\/\x08\x0c\n\r\té😀é")));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for s in ["", "fc1.weight", "a\"b\\c/d", "\u{0}\u{1f}\n\t\u{7f}", "ünï😀"] {
            let mut quoted = String::new();
            quote(s, &mut quoted);
            assert_eq!(parse(&quoted), Ok(text(s)));
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let cases = [
            ("", "expected an object, a list, a string or a whole number, found the end at byte 0 of the header"),
            ("{", "expected a string, found the end at byte 1 of the header"),
            ("{}x", "expected the end, found 'x' at byte 2 of the header"),
            ("{\"a\" 1}", "expected `:`, found '1' at byte 5 of the header"),
            ("{\"a\":1 \"b\":2}", "expected `,`, found '\"' at byte 7 of the header"),
            ("[1;2]", "expected `,`, found ';' at byte 2 of the header"),
            ("{\"a\":1,\"a\":2}", "the header holds `a` twice"),
            ("\"a", "expected `\"`, found the end at byte 2 of the header"),
            ("\"a\nb\"", "expected `\"`, found '\\n' at byte 2 of the header"),
            ("\"\\x\"", "expected an escape sequence of JSON, found '\\\\' at byte 1 of the header"),
            ("\"\\u12\"", "expected an escape sequence of JSON, found '\\\\' at byte 1 of the header"),
            ("\"\\ud800\"", "expected an escape sequence of JSON, found '\\\\' at byte 1 of the header"),
            ("\"\\", "expected an escape sequence of JSON, found '\\\\' at byte 1 of the header"),
            ("\"\\é", "expected an escape sequence of JSON, found '\\\\' at byte 1 of the header"),
            ("1.5", "expected a whole number, found '.' at byte 1 of the header"),
            ("01", "expected a whole number below 2^64, found '0' at byte 0 of the header"),
            ("18446744073709551616", "expected a whole number below 2^64, found '1' at byte 0 of the header"),
            ("-1", "expected an object, a list, a string or a whole number, found '-' at byte 0 of the header"),
            ("[[[[[[[[[1]]]]]]]]]", "expected fewer brackets in each other, found '[' at byte 8 of the header"),
        ];
        for (json, error) in cases {
            assert_eq!(parse(json), Err(error.to_string()), "{json}");
        }
    }
}
