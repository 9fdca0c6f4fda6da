//! The one JSON line that a benchmark prints.

/// The value of a text field, as written.
pub fn text<'a>(line: &'a str, field: &str) -> Option<&'a str> {
    let rest = value(line, field)?.strip_prefix('"')?;
    let end = rest.match_indices('"').map(|(at, _)| at).find(|at| !rest[..*at].ends_with('\\'))?;
    Some(&rest[..end])
}

/// The value of a number field.
pub fn number(line: &str, field: &str) -> Option<f64> {
    let rest = value(line, field)?;
    rest[..rest.find([',', '}'])?].trim().parse().ok()
}

fn value<'a>(line: &'a str, field: &str) -> Option<&'a str> {
    let key = format!("\"{field}\":");
    Some(line[line.find(&key)? + key.len()..].trim_start())
}

/// What a reader wants of a measurement: a rate for memory and matrix products, else a time.
pub fn shown(workload: &str, unit: &str, median_ms: f64, items_per_s: f64) -> String {
    match unit {
        "FLOP" => format!("{:.1} GFLOP/s", items_per_s / 1e9),
        "B" => format!("{:.2} GB/s", items_per_s / 1e9),
        _ if workload.starts_with("chain1000") => format!("{:.0} ns/op", median_ms * 1e3),
        _ if median_ms < 0.01 => format!("{:.0} ns", median_ms * 1e6),
        _ if median_ms < 1.0 => format!("{:.1} us", median_ms * 1e3),
        _ => format!("{median_ms:.2} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found() {
        let line = r#"{"peer": "x","median_ms":1.5e-3,"first_loss": null,"params":7}"#;
        assert_eq!(text(line, "peer"), Some("x"));
        assert_eq!(number(line, "median_ms"), Some(1.5e-3));
        assert_eq!(number(line, "params"), Some(7.0));
        assert_eq!(text(r#"{"a":"b \"c\"","d":1}"#, "a"), Some(r#"b \"c\""#));
        assert_eq!((number(line, "first_loss"), number(line, "nothing")), (None, None));
    }
}
