//! Machine code on disk, found by what it was made from: so the second start of a program compiles nothing. A file is
//! written beside its place and moved there, so several processes may use the folder and one may be killed at any time.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable that names the folder; empty, nothing is kept.
const FOLDER: &str = "FORMWORK_CACHE";

/// Files begin with this, then 8 bytes of length.
const MAGIC: &[u8; 8] = b"fwcubin1";

/// The folder of compiled kernels, if there is a place for it.
pub fn folder() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(FOLDER) {
        return (!named.is_empty()).then(|| PathBuf::from(named));
    }
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let caches = match cfg!(windows) {
        true => variable("LOCALAPPDATA"),
        false => variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache"))),
    };
    caches.map(|caches| caches.join("formwork"))
}

/// 128 bits that tell `parts` apart, as text.
pub(super) fn key(parts: &[&[u8]]) -> String {
    // FNV-1a over the bytes, each part with its length, from two starting points.
    let hash = |start: u64| {
        let eat = |h: u64, b: &u8| (h ^ *b as u64).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5);
        parts.iter().fold(start, |h, part| part.len().to_le_bytes().iter().chain(part.iter()).fold(h, eat))
    };
    format!("{:016x}{:016x}", hash(0xcbf2_9ce4_8422_2325), hash(0x9ae1_6a3b_2f90_404f))
}

/// The code that was kept under `key`, if it is there and whole.
pub(super) fn load(key: &str) -> Option<Vec<u8>> {
    load_from(&folder()?, key)
}

/// Keeps `code` under `key`. That it cannot be kept is no error.
pub(super) fn keep(key: &str, code: &[u8]) {
    let Some(folder) = folder() else { return };
    if let Err(e) = keep_in(&folder, key, code) {
        log::info!("compiled kernels are not kept in `{}`: {e}", folder.display());
    }
}

fn load_from(folder: &Path, key: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(folder.join(format!("{key}.cubin"))).ok()?;
    let (head, code) = bytes.split_at_checked(16)?;
    let is_whole = head[..8] == MAGIC[..] && head[8..] == (code.len() as u64).to_le_bytes();
    is_whole.then(|| code.to_vec())
}

fn keep_in(folder: &Path, key: &str, code: &[u8]) -> std::io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    std::fs::create_dir_all(folder)?;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = folder.join(format!("{key}.{}.{number}.tmp", std::process::id()));
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(MAGIC)?;
        file.write_all(&(code.len() as u64).to_le_bytes())?;
        file.write_all(code)
    });
    let moved = written.and_then(|()| std::fs::rename(&beside, folder.join(format!("{key}.cubin"))));
    if moved.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_kept_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("formwork-cache-{}", std::process::id()));
        assert_eq!(load_from(&folder, "a"), None);
        keep_in(&folder, "a", b"code").unwrap();
        assert_eq!(load_from(&folder, "a").as_deref(), Some(&b"code"[..]));
        let file = folder.join("a.cubin");
        let bytes = std::fs::read(&file).unwrap();
        for cut in 0..bytes.len() {
            std::fs::write(&file, &bytes[..cut]).unwrap();
            assert_eq!(load_from(&folder, "a"), None, "cut at {cut}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn keys_tell_parts_apart() {
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_eq!(key(&[b"ab"]).len(), 32);
    }
}
