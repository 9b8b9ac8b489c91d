//! NVIDIA's libraries, opened at run time. A missing library is an error message, not a panic.

use std::{
    env,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
    process::Command,
};

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};

use super::error::Error;

/// Prints the folders of Python packages. Behind a shim such as pyenv no path tells where they are.
const PACKAGES: &str = "import site, sysconfig; print(sysconfig.get_path('purelib')); print(site.getusersitepackages())";

/// A library that comes with CUDA.
#[derive(Debug)]
pub(super) struct LibrarySpec {
    /// Its name without `lib` and `.so`.
    pub name: &'static str,
    /// Libraries of the same folder that it opens by name. Folders of Python packages are on no search path, but the
    /// loader finds a library that is already open.
    pub dependencies: &'static [&'static str],
    /// The names of its packages for Debian and Python, without the version.
    pub packages: [&'static str; 2],
}

impl LibrarySpec {
    /// Opens the first of these major versions that is installed: on the loader's path, then in the usual folders.
    ///
    /// # Errors
    /// Returns an error if none is installed or the library cannot be opened.
    pub(super) fn open(&'static self, majors: &[i32]) -> Result<Library, Error> {
        for major in majors {
            let file = format!("lib{}.so.{major}", self.name);
            if let Ok(library) = dlopen(Path::new(&file)) {
                return Ok(library);
            }
            let mut folders = folders().into_iter();
            if let Some(folder) = folders.find(|folder| folder.join(&file).exists()) {
                for path in files(&folder) {
                    if self.dependencies.iter().any(|name| is_library(&path, name)) {
                        // It stays open until the program ends.
                        let _ = dlopen(&path).map(ManuallyDrop::new);
                    }
                }
                let path = folder.join(&file);
                return dlopen(&path).map_err(|error| Error::ClosedLibrary { path, error });
            }
        }
        Err(Error::NoLibrary {
            library: self,
            majors: majors.to_vec(),
        })
    }
}

/// A function of a library.
///
/// # Safety
/// The function must have type `F`.
pub(super) unsafe fn function<F>(library: &Library, name: &str) -> Result<Symbol<F>, Error> {
    // SAFETY: the function has type `F` (the caller's obligation).
    unsafe { library.get(name.as_bytes()) }.map_err(|error| Error::NoFunction {
        name: name.to_owned(),
        error,
    })
}

fn dlopen(path: &Path) -> Result<Library, libloading::Error> {
    // SAFETY: the initializers of NVIDIA's libraries have no preconditions.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_GLOBAL) }
}

fn is_library(file: &Path, name: &str) -> bool {
    let file = file.file_name().and_then(|name| name.to_str());
    file.is_some_and(|file| file.starts_with(&format!("lib{name}.so")))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The usual folders of the libraries, besides the loader's path.
fn folders() -> Vec<PathBuf> {
    let named = ["CUDA_HOME", "CUDA_PATH"]
        .into_iter()
        .filter_map(env::var_os);
    let usual = ["/usr/local/cuda", "/opt/cuda"].map(PathBuf::from);
    let mut all = Vec::new();
    for root in named.map(PathBuf::from).chain(usual) {
        all.extend(["lib64", "lib", "targets/x86_64-linux/lib"].map(|part| root.join(part)));
    }
    if let Ok(python) = Command::new("python3").args(["-c", PACKAGES]).output() {
        for packages in String::from_utf8_lossy(&python.stdout).lines() {
            let nvidia = files(&Path::new(packages).join("nvidia"));
            all.extend(nvidia.into_iter().map(|package| package.join("lib")));
        }
    }
    all.retain(|folder| folder.is_dir());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_with_how_to_install_it() {
        static WANTED: LibrarySpec = LibrarySpec {
            name: "no-such-library",
            dependencies: &[],
            packages: ["no-such", "no-such-python"],
        };
        let error = WANTED.open(&[13, 12]).unwrap_err().to_string();
        let expected = [
            "libno-such-library.so.13 or libno-such-library.so.12",
            "apt install no-such-13-0",
            "pip install 'no-such-python==13.*'",
            "CUDA_HOME",
        ];
        for part in expected {
            assert!(error.contains(part), "{error}");
        }
    }
}
