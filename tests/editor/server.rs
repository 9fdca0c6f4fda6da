//! A language server as a child process: JSON messages over its standard input and output, one at a time.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Loading may build the macros and everything below them from nothing.
const PATIENCE: Duration = Duration::from_secs(600);
/// A server that has been still for so long has loaded all that it will.
const STILL: Duration = Duration::from_millis(500);
/// An answer that is out of date before it is given: ask again (LSP 3.17, `ContentModified` and `ServerCancelled`).
const ASK_AGAIN: [i64; 2] = [-32801, -32802];

/// A server that has loaded a project.
pub struct Server {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    asked: u64,
    /// Whether nothing is being loaded, by what the server said last.
    still: bool,
    health: String,
}

impl Server {
    /// Starts `command` on the project at `root` and waits until it has loaded it.
    pub fn start(mut command: Command, root: &Path, options: Value) -> Server {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the server starts");
        let (input, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || receive(BufReader::new(output), &sender));
        let mut server = Server { child, input, messages, asked: 0, still: false, health: String::new() };
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-8"] },
            "textDocument": {
                "hover": { "contentFormat": ["markdown"] },
                "rename": { "prepareSupport": true },
                "diagnostic": {},
            },
            "experimental": { "serverStatusNotification": true },
        });
        server.ask(
            "initialize",
            json!({ "rootUri": uri(root), "capabilities": capabilities, "initializationOptions": options }),
        );
        server.tell("initialized", json!({}));
        server
    }

    /// Waits until nothing is being loaded, and fails if that went wrong.
    pub fn wait(&mut self) {
        let (start, mut since) = (Instant::now(), Instant::now());
        while !(self.still && since.elapsed() > STILL) {
            assert!(start.elapsed() < PATIENCE, "the server did not load the project: {}", self.health);
            if self.next(STILL).is_some() {
                since = Instant::now();
            }
        }
        assert!(self.health.is_empty(), "the server loaded the project badly: {}", self.health);
    }

    /// The result of a request.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let start = Instant::now();
        loop {
            self.asked += 1;
            let id = self.asked;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
            let answer = loop {
                assert!(start.elapsed() < PATIENCE, "no answer to {method}");
                if let Some(message) = self.next(STILL)
                    && message["id"] == id
                    && message.get("method").is_none()
                {
                    break message;
                }
            };
            match answer["error"]["code"].as_i64() {
                None => return answer["result"].clone(),
                Some(code) if ASK_AGAIN.contains(&code) => {}
                Some(_) => return json!({ "error": answer["error"]["message"] }),
            }
        }
    }

    /// A notification.
    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let sent = write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len());
        sent.and_then(|()| self.input.flush()).expect("the server takes messages");
    }

    /// The next message, if one comes in time. Requests of the server are granted on the way.
    fn next(&mut self, patience: Duration) -> Option<Value> {
        let message = match self.messages.recv_timeout(patience) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => panic!("the server ended"),
        };
        if message["method"] == "experimental/serverStatus" {
            self.still = message["params"]["quiescent"] == true;
            let failed = message["params"]["health"] == "error";
            self.health = if failed { message["params"]["message"].to_string() } else { String::new() };
        } else if message.get("method").is_some() && message.get("id").is_some() {
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
        }
        Some(message)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends on what the server writes, until it ends.
fn receive(mut output: BufReader<ChildStdout>, to: &Sender<Value>) {
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if output.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim().split_once(": ") {
                Some(("Content-Length", n)) => length = n.parse().expect("a length"),
                Some(_) => {}
                None => break,
            }
        }
        let mut text = vec![0; length];
        if output.read_exact(&mut text).is_err() {
            return;
        }
        if to.send(serde_json::from_slice(&text).expect("JSON")).is_err() {
            return;
        }
    }
}

/// The address of a file.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
