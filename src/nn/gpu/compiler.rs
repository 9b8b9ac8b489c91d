//! NVIDIA's run-time compiler (NVRTC): CUDA C++ to what the driver of a card loads.

use std::ffi::{CString, c_char, c_int, c_void};

use libloading::os::unix::Library;

use super::library::{Wanted, function};

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

const NVRTC: Wanted = Wanted {
    name: "nvrtc",
    before: &["nvrtc-builtins"],
    packages: ["cuda-nvrtc", "nvidia-cuda-nvrtc"],
};

/// The oldest major compute capability that the kernels are written for.
const OLDEST: i32 = 7;

/// Lines that are told of what the compiler has to say.
const LINES: usize = 5;

/// What the compiler is told besides the architecture.
const STANDARD: &str = "--std=c++17";

/// The compiler that is installed here.
pub struct Compiler {
    library: Library,
    /// Major and minor.
    pub version: (i32, i32),
}

/// What a card's code is compiled for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Machine code of an architecture (`sm_90`): a driver loads that of a newer minor version of CUDA than its own.
    Machine(i32),
    /// PTX of an older one, where the card is newer than the compiler: the driver compiles it.
    Portable(i32),
}

impl Target {
    /// As the compiler's option.
    pub fn option(&self) -> String {
        match self {
            Target::Machine(number) => format!("--gpu-architecture=sm_{number}"),
            Target::Portable(number) => format!("--gpu-architecture=compute_{number}"),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Target::Machine(_) => "CUBIN",
            Target::Portable(_) => "PTX",
        }
    }
}

impl Compiler {
    /// Opens that of the driver's major version of CUDA, or an older one.
    ///
    /// # Errors
    /// Where there is none, and how to get it.
    pub fn open(driver_major: i32) -> Result<Self, String> {
        let majors: Vec<i32> = (12..=driver_major).rev().collect();
        let library = NVRTC.open(&majors)?;
        let (mut major, mut minor) = (0, 0);
        // SAFETY: the function's type is that of NVIDIA's header, and it writes two numbers.
        check("nvrtcVersion", unsafe {
            function::<Numbers>(&library, "nvrtcVersion")?(&mut major, &mut minor)
        })?;
        Ok(Self {
            library,
            version: (major, minor),
        })
    }

    /// What to compile for on a card of this compute capability.
    ///
    /// # Errors
    /// Where the compiler does not know such old cards any more.
    pub fn target(&self, (major, minor): (i32, i32)) -> Result<Target, String> {
        if major < OLDEST {
            return Err(format!(
                "the GPU is of compute capability {major}.{minor}, and {OLDEST}.0 or newer (Volta) is needed"
            ));
        }
        let wanted = major * 10 + minor;
        let known = self.architectures()?;
        match known.into_iter().filter(|&known| known <= wanted).max() {
            Some(same) if same == wanted => Ok(Target::Machine(same)),
            Some(older) => Ok(Target::Portable(older)),
            None => Err(format!(
                "NVRTC {}.{} no longer compiles for a GPU of compute capability {major}.{minor}: install an older one",
                self.version.0, self.version.1
            )),
        }
    }

    /// The architectures that it compiles for, 90 for 9.0.
    fn architectures(&self) -> Result<Vec<c_int>, String> {
        let mut count = 0;
        // SAFETY: the function's type is that of NVIDIA's header, and it writes a number.
        check("nvrtcGetNumSupportedArchs", unsafe {
            function::<Number>(&self.library, "nvrtcGetNumSupportedArchs")?(&mut count)
        })?;
        let mut all = vec![0; count.max(0) as usize];
        // SAFETY: likewise, as many numbers as it said.
        check("nvrtcGetSupportedArchs", unsafe {
            function::<Number>(&self.library, "nvrtcGetSupportedArchs")?(all.as_mut_ptr())
        })?;
        Ok(all)
    }

    /// What the driver loads.
    ///
    /// # Errors
    /// What the compiler has to say of the source.
    pub fn compile(&self, source: &str, target: &Target) -> Result<Vec<u8>, String> {
        let library = &self.library;
        let text = |text: &str| CString::new(text).map_err(|error| error.to_string());
        let options = [text(&target.option())?, text(STANDARD)?];
        let options = options.each_ref().map(|option| option.as_ptr());
        let source = text(source)?;
        let mut program = std::ptr::null_mut();
        // SAFETY: the functions' types are those of NVIDIA's header; source, name and options end in zeros and live until
        // the calls return; `program` is what was created, and is destroyed once.
        unsafe {
            let create = function::<Create>(library, "nvrtcCreateProgram")?;
            let compile = function::<Compile>(library, "nvrtcCompileProgram")?;
            let destroy = function::<Destroy>(library, "nvrtcDestroyProgram")?;
            let (name, none) = (c"kernels.cu".as_ptr(), std::ptr::null());
            let created = create(&mut program, source.as_ptr(), name, 0, none, none);
            check("nvrtcCreateProgram", created)?;
            let compiled = compile(program, options.len() as c_int, options.as_ptr());
            let result = match compiled {
                0 => self.output(program, target.kind()),
                _ => self.output(program, "ProgramLog").and_then(|log| {
                    let log = String::from_utf8_lossy(&log);
                    let log = log.trim_end_matches(['\0', '\n']).lines();
                    let first: Vec<&str> = log.take(LINES).collect();
                    let first = first.join("\n");
                    Err(format!("NVRTC refuses the kernels ({compiled}): {first}"))
                }),
            };
            destroy(&mut program);
            result
        }
    }

    /// One of the texts that a program has.
    ///
    /// # Safety
    /// The program was created by this compiler and not yet destroyed.
    unsafe fn output(&self, program: Program, kind: &str) -> Result<Vec<u8>, String> {
        let mut length = 0;
        let (size, text) = (format!("nvrtcGet{kind}Size"), format!("nvrtcGet{kind}"));
        // SAFETY: the functions' types are those of NVIDIA's header; the second writes as many bytes as the first says.
        unsafe {
            let code = function::<Size>(&self.library, &size)?(program, &mut length);
            check(&size, code)?;
            let mut bytes = vec![0_u8; length];
            let code = function::<Text>(&self.library, &text)?(program, bytes.as_mut_ptr().cast());
            check(&text, code)?;
            Ok(bytes)
        }
    }
}

fn check(what: &str, code: c_int) -> Result<(), String> {
    match code {
        0 => Ok(()),
        code => Err(format!("{what} failed with code {code}")),
    }
}
