//! Compiled kernels, kept from one start to the next in the person's cache folder.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::compiler::{Compiler, Target};

/// Bytes of the digest before the code.
const DIGEST: usize = 32;

/// A place for the code of these kernels, this compiler and this card; none where there is no cache folder.
pub struct Entry(Option<PathBuf>);

impl Entry {
    pub fn of(source: &str, compiler: &Compiler, target: &Target) -> Self {
        let (major, minor) = compiler.version;
        let key = format!("{}\n{major}.{minor}\n{source}", target.option());
        let digest = Sha256::digest(key.as_bytes());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(folder().map(|folder| folder.join(name)))
    }

    /// What is kept there, if it is whole: a driver reads as far as a file's own head says.
    pub fn read(&self) -> Option<Vec<u8>> {
        let mut file = fs::read(self.0.as_ref()?).ok()?;
        let (digest, code) = file.split_at_checked(DIGEST)?;
        let whole = Sha256::digest(code)[..] == *digest && !code.is_empty();
        file.drain(..DIGEST);
        whole.then_some(file)
    }

    /// Keeps code for the next start. Where that fails it is compiled again then.
    pub fn write(&self, code: &[u8]) {
        if let Some(path) = &self.0 {
            let _ = written(path, code);
        }
    }
}

/// Written aside and renamed, so that nobody reads half of it.
fn written(path: &Path, code: &[u8]) -> std::io::Result<()> {
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

/// `sn-tui/kernels` in the cache folder of XDG.
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
    fn code_that_is_not_whole_is_not_there() {
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
