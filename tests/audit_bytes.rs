//! Malformed files of weights give an error or a note, never a panic or a large allocation.

use std::{fs, path::Path};

use proptest::prelude::*;
use sn_tui::{
    command::audit::{weights as audit, weights::Options},
    files::tensors::{TensorFile, Tensors},
};

/// Audits these bytes; the audit may refuse them but must not fail otherwise.
fn audit(bytes: &[u8]) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.safetensors");
    fs::write(&path, bytes).unwrap();
    let Ok(file) = TensorFile::open(&path) else {
        return;
    };
    let mut tensors = Tensors::from(file);
    let options = Options {
        iterations: vec![1, 2],
        seed: 0,
        input: (5, 4),
        layers: Default::default(),
        network: String::new(),
    };
    let weights = audit::weights(&tensors).weights;
    for index in 0..weights.len() {
        let audit = audit::weight(&mut tensors, &weights, index, &options).unwrap();
        for row in audit.rows {
            let text = serde_json::to_string(&row).unwrap();
            assert!(!text.contains("NaN"), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mutated_files_are_refused_or_audited(
        name in prop::sample::select(vec![
            "weight_orig", "parametrized", "plain", "odd", "names", "normed", "wrappers", "grouped", "square", "f8",
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        header in any::<bool>(),
        keep in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = fs::read(Path::new("tests/audit").join(name).with_extension("safetensors")).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
        for (at, value) in changes {
            let at = at.index(if header { length } else { bytes.len() });
            // Digits are replaced by digits, so that shapes and offsets are wrong but the header still parses.
            bytes[at] = if at >= 8 && bytes[at].is_ascii_digit() { b'0' + value % 10 } else { value };
        }
        if let Some(keep) = keep {
            bytes.truncate(keep.index(bytes.len()));
        }
        audit(&bytes);
    }

    #[test]
    fn shapes_of_all_kinds_are_audited(
        shape in prop::collection::vec(prop::sample::select(vec![0u64, 1, 2, 3, 7, 1 << 20, 1 << 40, 1 << 63]), 2..6),
        key in prop::sample::select(vec!["weight", "a.weight_orig", "a.parametrizations.weight.original", "a.weight_v"]),
        scale in prop::sample::select(vec![0.0f32, 1.0, 1e-40, 1e38, f32::NAN]),
    ) {
        let count = shape.iter().try_fold(1u64, |a, &b| a.checked_mul(b)).filter(|&n| n < 1 << 12).unwrap_or(2);
        let header = format!(
            r#"{{"{key}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[0,{}]}}}}"#,
            4 * count
        );
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.into_bytes());
        for i in 0..count {
            bytes.extend((scale * (i as f32).sin()).to_le_bytes());
        }
        audit(&bytes);
    }
}
