//! NVRTC, NVIDIA's run-time compiler: from CUDA C++ to code that the driver loads.

use std::ffi::{CString, c_char, c_int, c_void};

use libloading::os::unix::Library;

use super::{
    error::Error,
    library::{LibrarySpec, function},
};

type Program = *mut c_void;
type Number = unsafe extern "C" fn(*mut c_int) -> c_int;
type Numbers = unsafe extern "C" fn(*mut c_int, *mut c_int) -> c_int;
type Size = unsafe extern "C" fn(Program, *mut usize) -> c_int;
type Text = unsafe extern "C" fn(Program, *mut c_char) -> c_int;
type Create = unsafe extern "C" fn(
    *mut Program,
    *const c_char,
    *const c_char,
    c_int,
    *const *const c_char,
    *const *const c_char,
) -> c_int;
type Compile = unsafe extern "C" fn(Program, c_int, *const *const c_char) -> c_int;
type Destroy = unsafe extern "C" fn(*mut Program) -> c_int;

static NVRTC: LibrarySpec = LibrarySpec {
    name: "nvrtc",
    dependencies: &["nvrtc-builtins"],
    packages: ["cuda-nvrtc", "nvidia-cuda-nvrtc"],
};

/// The oldest major compute capability that the kernels are written for.
pub(super) const OLDEST: i32 = 7;

/// Lines of the compiler's log in an error message.
const LINES: usize = 5;

/// Compiler option besides the architecture.
const STANDARD: &str = "--std=c++17";

/// An open NVRTC library.
pub(super) struct Compiler {
    library: Library,
    /// Major and minor.
    pub version: (i32, i32),
}

/// The compiler's target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Machine code of an architecture (`sm_90`). A driver also loads that of a newer minor version of CUDA.
    Cubin(i32),
    /// PTX of an older architecture, for a GPU newer than the compiler. The driver compiles it.
    Ptx(i32),
}

impl Target {
    /// The compiler option for it.
    pub(super) fn option(&self) -> String {
        match self {
            Target::Cubin(number) => format!("--gpu-architecture=sm_{number}"),
            Target::Ptx(number) => format!("--gpu-architecture=compute_{number}"),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Target::Cubin(_) => "CUBIN",
            Target::Ptx(_) => "PTX",
        }
    }
}

impl Compiler {
    /// Opens NVRTC of the driver's major version of CUDA, or an older one.
    ///
    /// # Errors
    /// Returns an error if none is installed or it does not answer.
    pub(super) fn open(driver_major: i32) -> Result<Self, Error> {
        let majors: Vec<i32> = (12..=driver_major).rev().collect();
        let library = NVRTC.open(&majors)?;
        let (mut major, mut minor) = (0, 0);
        // SAFETY: the type matches `nvrtcVersion` in nvrtc.h. It writes two ints, and both pointers are valid.
        check("nvrtcVersion", unsafe {
            function::<Numbers>(&library, "nvrtcVersion")?(&raw mut major, &raw mut minor)
        })?;
        Ok(Self {
            library,
            version: (major, minor),
        })
    }

    /// The target for a GPU of this compute capability.
    ///
    /// # Errors
    /// Returns an error if the GPU is too old for the kernels or for this compiler.
    pub(super) fn target(&self, capability: (i32, i32)) -> Result<Target, Error> {
        let (major, minor) = capability;
        if major < OLDEST {
            return Err(Error::OldGpu { capability });
        }
        let wanted = major * 10 + minor;
        let known = self.architectures()?;
        match known.into_iter().filter(|&known| known <= wanted).max() {
            Some(same) if same == wanted => Ok(Target::Cubin(same)),
            Some(older) => Ok(Target::Ptx(older)),
            None => Err(Error::NewCompiler {
                version: self.version,
                capability,
            }),
        }
    }

    /// The architectures that this NVRTC supports; 90 is 9.0.
    fn architectures(&self) -> Result<Vec<c_int>, Error> {
        let mut count = 0;
        // SAFETY: the type matches `nvrtcGetNumSupportedArchs` in nvrtc.h. It writes one int, and the pointer is valid.
        check("nvrtcGetNumSupportedArchs", unsafe {
            function::<Number>(&self.library, "nvrtcGetNumSupportedArchs")?(&raw mut count)
        })?;
        let mut all = vec![0; count.max(0) as usize];
        // SAFETY: the type matches `nvrtcGetSupportedArchs` in nvrtc.h. It writes as many ints as the call above
        // returned, the length of `all`.
        check("nvrtcGetSupportedArchs", unsafe {
            function::<Number>(&self.library, "nvrtcGetSupportedArchs")?(all.as_mut_ptr())
        })?;
        Ok(all)
    }

    /// Compiles `source` to code that the driver loads.
    ///
    /// # Errors
    /// Returns an error if NVRTC refuses the source or fails.
    pub(super) fn compile(&self, source: &str, target: &Target) -> Result<Vec<u8>, Error> {
        let library = &self.library;
        let options = [CString::new(target.option())?, CString::new(STANDARD)?];
        let options = options.each_ref().map(|option| option.as_ptr());
        let source = CString::new(source)?;
        let mut program = std::ptr::null_mut();
        // SAFETY: the types match nvrtc.h. Source, name and options are NUL-terminated and outlive the calls. `program`
        // was created by the first call and is destroyed once.
        unsafe {
            let create = function::<Create>(library, "nvrtcCreateProgram")?;
            let compile = function::<Compile>(library, "nvrtcCompileProgram")?;
            let destroy = function::<Destroy>(library, "nvrtcDestroyProgram")?;
            let (name, none) = (c"kernels.cu".as_ptr(), std::ptr::null());
            let created = create(&raw mut program, source.as_ptr(), name, 0, none, none);
            check("nvrtcCreateProgram", created)?;
            let compiled = compile(program, options.len() as c_int, options.as_ptr());
            let result = match compiled {
                0 => self.output(program, target.kind()),
                _ => self.output(program, "ProgramLog").and_then(|log| {
                    let log = String::from_utf8_lossy(&log);
                    let log = log.trim_end_matches(['\0', '\n']).lines();
                    let first: Vec<&str> = log.take(LINES).collect();
                    Err(Error::Refused {
                        code: compiled,
                        log: first.join("\n"),
                    })
                }),
            };
            destroy(&raw mut program);
            result
        }
    }

    /// The output `kind` of a program: `CUBIN`, `PTX` or `ProgramLog`.
    ///
    /// # Safety
    /// `program` was created by this library and is not destroyed.
    unsafe fn output(&self, program: Program, kind: &str) -> Result<Vec<u8>, Error> {
        let mut length = 0;
        let (size, text) = (format!("nvrtcGet{kind}Size"), format!("nvrtcGet{kind}"));
        // SAFETY: the types match nvrtc.h. The second function writes as many bytes as the first returned, the length
        // of `bytes`.
        unsafe {
            let code = function::<Size>(&self.library, &size)?(program, &raw mut length);
            check(&size, code)?;
            let mut bytes = vec![0_u8; length];
            let code = function::<Text>(&self.library, &text)?(program, bytes.as_mut_ptr().cast());
            check(&text, code)?;
            Ok(bytes)
        }
    }
}

fn check(function: &str, code: c_int) -> Result<(), Error> {
    match code {
        0 => Ok(()),
        code => Err(Error::CompilerFails {
            function: function.to_owned(),
            code,
        }),
    }
}
