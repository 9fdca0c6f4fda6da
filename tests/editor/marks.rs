//! Names for places in a source file: in a comment, `^^^ name` names what stands above it.

use std::collections::BTreeMap;

/// A stretch of one line, in bytes; lines count from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub start: usize,
    pub end: usize,
}

/// The places that the comments of `text` name.
pub fn marks(text: &str) -> BTreeMap<String, Place> {
    let (mut found, mut above) = (BTreeMap::new(), 0);
    for (number, line) in text.lines().enumerate() {
        if !(line.trim_start().starts_with("//") && line.contains('^')) {
            above = number;
            continue;
        }
        let mut at = 0;
        while let Some(offset) = line[at..].find('^') {
            let start = at + offset;
            let end = start + line[start..].find(|c| c != '^').expect("a mark has a name");
            let name = line[end..].split_whitespace().next().expect("a mark has a name");
            let before = found.insert(name.to_string(), Place { line: above, start, end });
            assert!(before.is_none(), "two marks are named `{name}`");
            at = end;
        }
    }
    found
}

#[test]
fn marks_name_what_stands_above_them() {
    let text = "let ab = c;\n//  ^^ ab\n//       ^ c  ^ end\n";
    let place = |start, end| Place { line: 0, start, end };
    let expected = [("ab", place(4, 6)), ("c", place(9, 10)), ("end", place(14, 15))];
    assert_eq!(marks(text), expected.map(|(name, place)| (name.to_string(), place)).into());
}
