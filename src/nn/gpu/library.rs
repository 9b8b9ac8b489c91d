//! NVIDIA's libraries, found while the program runs: a library that is missing is a sentence, never a panic.

use std::{
    env,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
    process::Command,
};

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};

/// Prints the folders in which Python's packages lie: behind a shim (pyenv) no path tells where they are.
const PACKAGES: &str = "import site, sysconfig; print(sysconfig.get_path('purelib')); print(site.getusersitepackages())";

/// A library that comes with CUDA.
pub struct Wanted {
    /// Its name without `lib` and `.so`.
    pub name: &'static str,
    /// Libraries of the same folder that it opens by name: the folders of Python's packages are on no loader's path, but
    /// a library that is already open is found.
    pub before: &'static [&'static str],
    /// The packages that bring it, of Debian and of Python, but for the version.
    pub packages: [&'static str; 2],
}

impl Wanted {
    /// Opens the first of these major versions that is there: where the loader looks, then where people have it.
    ///
    /// # Errors
    /// Where none is, or one cannot be opened; says how to get it.
    pub fn open(&self, majors: &[i32]) -> Result<Library, String> {
        for major in majors {
            let file = format!("lib{}.so.{major}", self.name);
            if let Ok(library) = dlopen(Path::new(&file)) {
                return Ok(library);
            }
            let mut folders = folders().into_iter();
            if let Some(folder) = folders.find(|folder| folder.join(&file).exists()) {
                for path in files(&folder) {
                    if self.before.iter().any(|name| is(&path, name)) {
                        // It stays open for as long as the program runs.
                        let _ = dlopen(&path).map(ManuallyDrop::new);
                    }
                }
                let path = folder.join(&file);
                return dlopen(&path)
                    .map_err(|error| format!("{} cannot be opened: {error}", path.display()));
            }
        }
        let names = majors
            .iter()
            .map(|major| format!("lib{}.so.{major}", self.name));
        let (names, newest) = (names.collect::<Vec<_>>(), majors.first().unwrap_or(&13));
        let [debian, python] = self.packages;
        Err(format!(
            "{} is not there: `apt install {debian}-{newest}-0` or `pip install '{python}=={newest}.*'` brings it; where it \
             lies elsewhere, set CUDA_HOME",
            names.join(" or "),
        ))
    }
}

/// A function of a library.
///
/// # Safety
/// The function has type `F`.
pub unsafe fn function<F>(library: &Library, name: &str) -> Result<Symbol<F>, String> {
    // SAFETY: the caller's promise.
    unsafe { library.get(name.as_bytes()) }.map_err(|error| format!("{name}: {error}"))
}

fn dlopen(path: &Path) -> Result<Library, libloading::Error> {
    // SAFETY: NVIDIA's libraries do nothing when they are opened that this program could be in the way of.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_GLOBAL) }
}

fn is(file: &Path, name: &str) -> bool {
    let file = file.file_name().and_then(|name| name.to_str());
    file.is_some_and(|file| file.starts_with(&format!("lib{name}.so")))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Where people have the libraries, beside the loader's own path.
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
    fn what_is_missing_is_named_with_the_way_to_get_it() {
        let wanted = Wanted {
            name: "no-such-library",
            before: &[],
            packages: ["no-such", "no-such-python"],
        };
        let error = wanted.open(&[13, 12]).unwrap_err();
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
