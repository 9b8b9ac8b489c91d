//! Compiled kernels, kept from one start to the next in the person's cache folder.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::compiler::{Compiler, Target};

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

    /// What is kept there.
    pub fn read(&self) -> Option<Vec<u8>> {
        let code = fs::read(self.0.as_ref()?).ok()?;
        (!code.is_empty()).then_some(code)
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
    file.write_all(code)?;
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
