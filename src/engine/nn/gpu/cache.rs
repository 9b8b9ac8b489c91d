//! A cache of compiled kernels in the user's cache folder.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::compiler::{Compiler, Target};

/// Length of the digest before the code, in bytes.
const DIGEST: usize = 32;

/// The cache entry of these kernels for this compiler and GPU; empty without a cache folder.
pub(super) struct Entry(Option<PathBuf>);

impl Entry {
    pub(super) fn of(source: &str, compiler: &Compiler, target: &Target) -> Self {
        let (major, minor) = compiler.version;
        let key = format!("{}\n{major}.{minor}\n{source}", target.option());
        let digest = Sha256::digest(key.as_bytes());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(folder().map(|folder| folder.join(name)))
    }

    /// The cached code, if its digest matches. The driver trusts lengths in the file, so a truncated file must not
    /// reach it.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        let mut file = fs::read(self.0.as_ref()?).ok()?;
        let (digest, code) = file.split_at_checked(DIGEST)?;
        let whole = Sha256::digest(code)[..] == *digest && !code.is_empty();
        file.drain(..DIGEST);
        whole.then_some(file)
    }

    /// Stores code for the next start. If that fails, the next start compiles again.
    pub(super) fn write(&self, code: &[u8]) {
        if let Some(path) = &self.0 {
            let _ = write_atomically(path, code);
        }
    }
}

/// Writes a temporary file and renames it, so that readers never see a partial file.
fn write_atomically(path: &Path, code: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let aside = path.with_extension(std::process::id().to_string());
    let mut file = fs::File::create(&aside)?;
    file.write_all(&Sha256::digest(code))?;
    file.write_all(code)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&aside, path)
}

/// `sn-tui/kernels` in the XDG cache folder.
fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = env::var_os(name).map(PathBuf::from)?;
        path.is_absolute().then_some(path)
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("sn-tui").join("kernels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_entries_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kernels").join("entry");
        let entry = Entry(Some(path.clone()));
        assert_eq!(entry.read(), None);
        entry.write(b"machine code");
        assert_eq!(entry.read().as_deref(), Some(&b"machine code"[..]));
        let file = fs::read(&path).unwrap();
        for damaged in [&file[..file.len() - 1], &file[..DIGEST], &file[..5], &[]] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(entry.read(), None);
        }
        Entry(None).write(b"code");
        assert_eq!(Entry(None).read(), None);
    }
}
