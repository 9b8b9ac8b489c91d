//! Malformed files of weights give an error, never a panic, an endless wait or a large allocation.

use std::fs;

use proptest::prelude::*;
use sn_tui::{
    command::sample::{generator::Sampler, latents::Latents},
    preset::{Preset, parse},
    run::Device,
    weights::{Export, Form, Init, Part, WeightsFile},
};

use crate::pytorch_file;

fn tiny() -> Preset {
    parse(
        &fs::read_to_string(pytorch_file("tiny.ron")).unwrap(),
        "tiny.ron",
    )
    .unwrap()
}

/// Everything that reads weights, applied to these bytes.
fn try_all(bytes: &[u8]) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.safetensors");
    fs::write(&path, bytes).unwrap();
    let run = path.to_str().unwrap();
    for part in Part::ALL {
        for form in [Form::TorchOld, Form::TorchNew, Form::Baked] {
            let Ok(mut stored) = WeightsFile::open(run, None) else {
                return;
            };
            let _ = Export::of(&mut stored, part, form);
        }
    }
    let mut stored = WeightsFile::open(run, None).unwrap();
    if let Ok(sampler) = Sampler::open(&mut stored, None, &Device::Cpu) {
        let preset = &sampler.origin.preset;
        if preset.latent < 100 {
            sampler
                .samples(&Latents::draw(0, 2, preset.latent, None))
                .unwrap();
        }
    }
    let _ = Latents::read(&path, 6);
    let preset = tiny();
    if let Ok(init) = Init::read(run, &preset, "tiny") {
        let mut engine = Device::Cpu.build(&preset, 0).unwrap();
        engine.start_from(init.tensors()).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn mutated_weights_are_refused_or_used(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        header in prop::bool::weighted(0.8),
        keep in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = fs::read(pytorch_file("tiny-weights.safetensors")).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
        for (at, value) in changes {
            let at = at.index(if header { length } else { bytes.len() });
            // Digits are replaced by digits, so that shapes, offsets and settings are wrong but the header still
            // parses.
            bytes[at] = if at >= 8 && bytes[at].is_ascii_digit() { b'0' + value % 10 } else { value };
        }
        if let Some(keep) = keep {
            bytes.truncate(keep.index(bytes.len()));
        }
        try_all(&bytes);
    }
}

#[test]
fn metadata_of_a_file_is_not_trusted() {
    let bytes = fs::read(pytorch_file("tiny-weights.safetensors")).unwrap();
    let (start, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let texts = header.metadata().clone().unwrap();
    let text = std::str::from_utf8(&bytes[8..8 + start]).unwrap();
    // Sizes of the latent, a layer and images that exceed the memory.
    for (from, to) in [
        ("latent: 6", "latent: 60000"),
        ("Linear(out: 64", "Linear(out: 64000000"),
        ("(3, 8, 8)", "(3, 256, 256)"),
    ] {
        assert!(texts["weights"].contains(from), "{}", texts["weights"]);
        let lie = text.replace(from, to);
        assert_ne!(lie, text);
        let mut file = (lie.len() as u64).to_le_bytes().to_vec();
        file.extend(lie.as_bytes());
        file.extend(&bytes[8 + start..]);
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.safetensors");
        fs::write(&path, &file).unwrap();
        let mut stored = WeightsFile::open(path.to_str().unwrap(), None).unwrap();
        let refused = Export::of(&mut stored, Part::G, Form::Baked).is_err();
        assert!(refused || to.contains("256"), "{to}");
        try_all(&file);
    }
}
