//! Which crate may use which.

use super::Finding;
use crate::workspace::File;

/// A crate's folder, the crates of this workspace it may use, and the foreign ones if these are few by design.
struct Rule {
    folder: &'static str,
    own: &'static [&'static str],
    foreign: Option<&'static [&'static str]>,
}

const RULES: &[Rule] = &[
    Rule { folder: "tensor-shapes", own: &[], foreign: Some(&["typenum"]) },
    Rule { folder: "tensor-ir", own: &[], foreign: Some(&["half", "libm"]) },
    Rule { folder: "tensor-macros/lang", own: &["ir"], foreign: Some(&["proc-macro2", "quote", "syn"]) },
    Rule { folder: "tensor-macros", own: &["ir", "lang"], foreign: Some(&["proc-macro2"]) },
    Rule { folder: "tensor-runtime", own: &["shapes", "ir", "macros"], foreign: None },
    Rule { folder: "kernels", own: &["runtime"], foreign: None },
];

pub fn check(files: &[File]) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in RULES {
        let path = format!("{}/Cargo.toml", rule.folder);
        let Some(text) = files.iter().find(|f| f.path == path).and_then(|f| f.text.as_deref()) else {
            found.push(Finding::at(&path, 1, "not found; mend the table in xtask/src/tidy/crates.rs"));
            continue;
        };
        for (line, name) in dependencies(text) {
            let allowed = match name.strip_prefix("formwork-") {
                Some(own) => rule.own.contains(&own),
                None => rule.foreign.is_none_or(|foreign| foreign.contains(&name)),
            };
            if !allowed {
                found.push(Finding::at(&path, line, format!("`{}` must not use `{name}`", rule.folder)));
            }
        }
    }
    found
}

/// Dependencies of a manifest with their lines; those of tests and benchmarks are free.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (i, line) in manifest.lines().enumerate() {
        if let Some(header) = line.trim().strip_prefix('[') {
            let header = header.trim_end_matches(']');
            inside = header.ends_with("dependencies") && !header.ends_with("dev-dependencies");
            if let Some((_, name)) = header.split_once("dependencies.").filter(|(kind, _)| !kind.ends_with("dev-")) {
                found.push((i + 1, name));
            }
        } else if inside && let Some((name, _)) = line.split_once('=') {
            found.push((i + 1, name.trim().trim_end_matches(".workspace").trim_matches('"')));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_of_every_form() {
        let text = "[dependencies]\na.workspace = true\nb = \"1\"\n[dev-dependencies]\nc = \"1\"\n[dependencies.d]\n\
                    version = \"1\"\n[target.'cfg(unix)'.dependencies]\ne = \"1\"";
        assert_eq!(dependencies(text), [(2, "a"), (3, "b"), (6, "d"), (9, "e")]);
    }

    #[test]
    fn a_forbidden_use_is_found() {
        let file = |folder: &str, text: &str| File { path: format!("{folder}/Cargo.toml"), text: Some(text.into()) };
        let mut files: Vec<File> = RULES.iter().map(|r| file(r.folder, "")).collect();
        assert_eq!(check(&files).len(), 0);
        files[1] = file("tensor-ir", "[dependencies]\nhalf = \"2\"\nformwork-runtime.workspace = true\n");
        assert_eq!(check(&files).iter().map(|f| f.line).collect::<Vec<_>>(), [3]);
    }
}
