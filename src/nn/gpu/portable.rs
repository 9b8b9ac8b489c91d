//! The kernels as PTX for cards of compute capability 8.0 (Ampere) and newer, for machines without NVRTC: the driver
//! compiles them. Made from the source by the ignored test below, with the oldest NVRTC that is supported, so that every
//! supported driver understands it. Nothing of it rounds to TF32.

use std::io::Read;

use flate2::read::GzDecoder;

/// The oldest architecture that it is for.
pub const ARCHITECTURE: i32 = 80;

/// A line with the digest of the source, then PTX; compressed.
const PACKED: &[u8] = include_bytes!("../../../assets/kernels.ptx.gz");

/// The PTX, with the zero at its end that the driver looks for.
pub fn ptx() -> Vec<u8> {
    let mut text = Vec::new();
    // Of a file that is not whole the driver refuses what there is of it.
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
    use crate::nn::gpu::{
        compiler::{Compiler, Target},
        kernels::source,
    };

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/kernels.ptx.gz");

    /// What stands before the PTX.
    fn head() -> String {
        let digest = Sha256::digest(source(false).as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("// of the source with SHA-256 {hex}\n")
    }

    #[test]
    fn it_is_made_of_this_source() {
        let text = String::from_utf8(ptx()).unwrap();
        assert!(
            text.starts_with(&head()),
            "the kernels have changed: `cargo test --lib writes_the_ptx -- --ignored` makes their PTX anew (NVRTC 12.2)"
        );
        assert!(text.contains(".target sm_80") && text.contains(".entry run_forward"));
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
        let made = compiler.compile(&source(false), &Target::Portable(ARCHITECTURE));
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(head().as_bytes()).unwrap();
        let made = made.unwrap();
        packed.write_all(made.strip_suffix(&[0]).unwrap()).unwrap();
        std::fs::write(FILE, packed.finish().unwrap()).unwrap();
    }
}
