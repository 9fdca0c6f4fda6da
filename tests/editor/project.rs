//! The project that an editor opens, and what it is asked there.

use crate::Query::{self, *};
use crate::marks::{Place, marks};
use crate::server::{Server, uri};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project in an editor: one module a fixture.
pub struct Editor {
    server: Server,
    folder: PathBuf,
    marks: BTreeMap<&'static str, BTreeMap<String, Place>>,
    version: i64,
}

impl Editor {
    /// Opens the fixtures and waits until all is loaded.
    pub fn open(fixtures: &[(&'static str, &str)]) -> Editor {
        let folder = project(fixtures);
        let mut command = Command::new("rust-analyzer");
        command.current_dir(&folder).env("CARGO_TARGET_DIR", folder.join("target")).env("RA_LOG", "off");
        let options = json!({
            "checkOnSave": false,
            "cachePriming": { "enable": false },
            "cargo": { "allTargets": false, "buildScripts": { "enable": true } },
            "procMacro": { "enable": true },
            "files": { "watcher": "server" },
        });
        let mut server = Server::start(command, &folder, options);
        for (name, text) in fixtures {
            let document =
                json!({ "uri": uri(&source(&folder, name)), "languageId": "rust", "version": 1, "text": text });
            server.tell("textDocument/didOpen", json!({ "textDocument": document }));
        }
        server.wait();
        Editor { server, folder, marks: fixtures.iter().map(|(name, text)| (*name, marks(text))).collect(), version: 1 }
    }

    fn ask(&mut self, file: &str, mark: &str, method: &str, more: Value) -> Value {
        let place = self.place(file, mark);
        let mut params = json!({
            "textDocument": { "uri": uri(&source(&self.folder, file)) },
            "position": { "line": place.line, "character": place.start },
        });
        let more = more.as_object().cloned().unwrap_or_default();
        params.as_object_mut().expect("an object").extend(more);
        self.server.ask(method, params)
    }

    fn place(&self, file: &str, mark: &str) -> Place {
        *self.marks[file].get(mark).unwrap_or_else(|| panic!("{file}.rs has no mark `{mark}`"))
    }

    /// What the editor underlines in a fixture that rustc takes.
    pub fn complaints(&mut self, file: &str) -> Vec<String> {
        let document = json!({ "textDocument": { "uri": uri(&source(&self.folder, file)) } });
        let report = self.server.ask("textDocument/diagnostic", document);
        let items = report["items"].as_array().unwrap_or_else(|| panic!("no report: {report}"));
        items
            .iter()
            .map(|item| format!("{file}: line {}: {}", item["range"]["start"]["line"], item["message"]))
            .collect()
    }

    /// Asks one question at a mark.
    pub fn check(&mut self, file: &str, mark: &str, query: &Query) -> Result<(), String> {
        match query {
            Hover(words) => {
                let answer = self.ask(file, mark, "textDocument/hover", json!({}));
                let text = answer["contents"]["value"].as_str().unwrap_or_default();
                let absent: Vec<_> = words.iter().filter(|word| !text.contains(**word)).collect();
                if absent.is_empty() { Ok(()) } else { Err(format!("hover lacks {absent:?}: {text:?}")) }
            }
            Definition(target) => {
                let expected = (source(&self.folder, file), self.place(file, target));
                self.defined_at(file, mark, &expected)
            }
            Source(path, line) => {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
                let text = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
                let number = text.lines().position(|l| l.starts_with(line)).ok_or(format!("no line {line:?}"))?;
                self.defined_on(file, mark, &path, number)
            }
            Rename(marks) => {
                let expected: BTreeSet<Place> = marks.iter().map(|m| self.place(file, m)).collect();
                self.renames(file, mark, &expected)
            }
            Completion(typed, words) => self.completes(file, mark, typed, words),
        }
    }

    fn completes(&mut self, file: &str, mark: &str, typed: &str, words: &[&str]) -> Result<(), String> {
        let (path, place) = (source(&self.folder, file), self.place(file, mark));
        let text = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
        let lines = text.lines().enumerate().map(|(i, line)| match line {
            line if i == place.line => format!("{}{typed}{}\n", &line[..place.start], &line[place.end..]),
            line => format!("{line}\n"),
        });
        self.edit(&path, &lines.collect::<String>());
        let answer = self.server.ask(
            "textDocument/completion",
            json!({
                "textDocument": { "uri": uri(&path) },
                "position": { "line": place.line, "character": place.start + typed.len() },
            }),
        );
        self.edit(&path, &text);
        let items = answer["items"].as_array().or(answer.as_array()).cloned().unwrap_or_default();
        let labels: Vec<&str> = items.iter().filter_map(|item| item["label"].as_str()).collect();
        let offered = |word: &str| labels.iter().any(|l| l.split(['(', ' ']).next() == Some(word));
        let absent: Vec<_> = words.iter().filter(|word| !offered(word)).collect();
        if absent.is_empty() { Ok(()) } else { Err(format!("completion of {typed:?} lacks {absent:?}: {labels:?}")) }
    }

    fn edit(&mut self, path: &Path, text: &str) {
        self.version += 1;
        let document = json!({ "uri": uri(path), "version": self.version });
        let change = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.server.tell("textDocument/didChange", change);
    }

    fn definitions(&mut self, file: &str, mark: &str) -> Vec<(PathBuf, Place)> {
        let answer = self.ask(file, mark, "textDocument/definition", json!({}));
        answer.as_array().cloned().unwrap_or_default().iter().map(|l| (path(&l["uri"]), place(&l["range"]))).collect()
    }

    fn defined_at(&mut self, file: &str, mark: &str, expected: &(PathBuf, Place)) -> Result<(), String> {
        let found = self.definitions(file, mark);
        if found.iter().all(|f| f == expected) && !found.is_empty() {
            return Ok(());
        }
        Err(format!("definition at {:?}, found {found:?}", expected.1))
    }

    fn defined_on(&mut self, file: &str, mark: &str, path: &Path, line: usize) -> Result<(), String> {
        let found = self.definitions(file, mark);
        if found.iter().all(|(p, place)| p == path && place.line == line) && !found.is_empty() {
            return Ok(());
        }
        Err(format!("definition on line {line} of {}, found {found:?}", path.display()))
    }

    fn renames(&mut self, file: &str, mark: &str, expected: &BTreeSet<Place>) -> Result<(), String> {
        let prepared = self.ask(file, mark, "textDocument/prepareRename", json!({}));
        let at = self.place(file, mark);
        if prepared.get("start").is_none() || place(&prepared) != at {
            return Err(format!("rename of {at:?} is prepared as {prepared}"));
        }
        let answer = self.ask(file, mark, "textDocument/rename", json!({ "newName": "renamed" }));
        let here = uri(&source(&self.folder, file));
        let changes = answer["documentChanges"].as_array().ok_or(format!("no rename: {answer}"))?;
        let edits = changes.iter().filter(|c| c["textDocument"]["uri"] == here).flat_map(|c| c["edits"].as_array());
        let edits: Vec<Value> = edits.flatten().cloned().collect();
        let found: BTreeSet<Place> = edits.iter().map(|edit| place(&edit["range"])).collect();
        if changes.len() == 1 && found == *expected && edits.iter().all(|e| e["newText"] == "renamed") {
            return Ok(());
        }
        Err(format!("rename of {expected:?}, found {answer}"))
    }
}

/// Writes the project that the editor opens: in the target folder, so that what it builds is there next time.
fn project(fixtures: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    std::fs::create_dir_all(folder.join("src")).expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = format!(
        "[package]\nname = \"editor\"\nedition = \"2024\"\n\n[dependencies]\nformwork = {{ path = {root:?} }}\n\n[workspace]\n"
    );
    let library: String = fixtures.iter().map(|(name, _)| format!("pub mod {name};\n")).collect();
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).expect("a lock file");
    let files = [("Cargo.toml", manifest), ("Cargo.lock", lock), ("src/lib.rs", library)];
    for (path, text) in files {
        std::fs::write(folder.join(path), text).expect("the file is written");
    }
    for (name, text) in fixtures {
        std::fs::write(source(&folder, name), text).expect("the file is written");
    }
    folder
}

fn source(folder: &Path, fixture: &str) -> PathBuf {
    folder.join("src").join(fixture).with_extension("rs")
}

fn path(uri: &Value) -> PathBuf {
    uri.as_str().and_then(|uri| uri.strip_prefix("file://")).unwrap_or_default().into()
}

fn place(range: &Value) -> Place {
    let number = |value: &Value| value.as_u64().map_or(usize::MAX, |n| n as usize);
    let (start, end) = (&range["start"], &range["end"]);
    Place { line: number(&start["line"]), start: number(&start["character"]), end: number(&end["character"]) }
}
