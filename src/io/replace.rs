//! Writing a file all or nothing.

use formwork_runtime::{Error, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Puts a file that `write` fills in the place of `path`: it is written beside it under another name,
/// synced and renamed. After an error the file that was there is still there, and nothing else.
///
/// # Errors
/// [`Error::Io`].
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<()> {
    let io = |e: std::io::Error| Error::Io { path: path.into(), action: "write", reason: e.to_string() };
    // A link stays a link; what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if target.is_dir() {
        return Err(io(std::io::ErrorKind::IsADirectory.into()));
    }
    let Some(name) = target.file_name() else { return Err(io(std::io::ErrorKind::InvalidFilename.into())) };
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let part = target.with_file_name(beside);
    let written = File::create_new(&part).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&part, &target));
    if replaced.is_err() {
        // What is half written serves nobody; the error that is told is the first one.
        let _ = fs::remove_file(&part);
    }
    replaced.map_err(io)?;
    sync_folder(&target);
    Ok(())
}

/// Puts the new name on disk too, where folders can be synced. The file is complete either way.
fn sync_folder(path: &Path) {
    let folder: PathBuf = path.parent().filter(|p| !p.as_os_str().is_empty()).map_or(".".into(), Path::to_path_buf);
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("formwork-replace-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("model.safetensors");
        fs::write(&path, b"old").unwrap();
        let error = replace(&path, |file| {
            file.write_all(b"half")?;
            Err(std::io::ErrorKind::StorageFull.into())
        });
        assert_eq!(error.unwrap_err().to_string(), format!("cannot write `{}`: no storage space", path.display()));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        replace(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
