//! The kernels as PTX, for machines without NVRTC: the driver compiles them for GPUs of compute capability 8.0 (Ampere)
//! or newer.
//!
//! The ignored test below compiles it from the source with the oldest supported NVRTC, so that every supported driver
//! accepts it. It does not round to TF32.

use std::io::Read;

use flate2::read::GzDecoder;

/// The oldest architecture it is compiled for.
pub(super) const ARCHITECTURE: i32 = 80;

/// Compressed: a line with the digest of the source, then the PTX.
const PACKED: &[u8] = include_bytes!("../../../../assets/kernels.ptx.gz");

/// The PTX, NUL-terminated as the driver expects.
pub(super) fn text() -> Vec<u8> {
    let mut text = Vec::new();
    // If the data is damaged, the driver rejects what could be unpacked.
    let _ = GzDecoder::new(PACKED).read_to_end(&mut text);
    text.push(0);
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::engine::nn::gpu::{
        compiler::{Compiler, Target},
        kernels::source,
    };

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/kernels.ptx.gz");

    /// The line before the PTX.
    fn head() -> String {
        let digest = Sha256::digest(source(false).as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("// of the source with SHA-256 {hex}\n")
    }

    #[test]
    fn the_ptx_is_compiled_from_this_source() {
        let text = String::from_utf8(text()).unwrap();
        assert!(
            text.starts_with(&head()),
            "the kernels have changed: `cargo test --lib writes_the_ptx -- --ignored` compiles their PTX again (NVRTC 12.2)"
        );
        assert!(text.contains(".target sm_80") && text.contains(".entry dense_stack_forward"));
        assert_eq!(text.find('\0'), Some(text.len() - 1));
    }

    #[test]
    #[ignore = "writes a file of the project; needs NVRTC 12.2"]
    fn writes_the_ptx() {
        let compiler = Compiler::open(12).unwrap();
        assert_eq!(
            compiler.version,
            (12, 2),
            "newer PTX is refused by the oldest driver"
        );
        let made = compiler.compile(&source(false), &Target::Ptx(ARCHITECTURE));
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(head().as_bytes()).unwrap();
        let made = made.unwrap();
        packed.write_all(made.strip_suffix(&[0]).unwrap()).unwrap();
        std::fs::write(FILE, packed.finish().unwrap()).unwrap();
    }
}
