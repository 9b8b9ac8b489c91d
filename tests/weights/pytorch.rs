//! PyTorch's results from exports, compared with those of this program from the same weights.
//!
//! `tests/pytorch/load_export.py` computed and stored PyTorch's results. The weights of `ring`, `digits` and `dolls`
//! are those of seed 0 before the first step. `tiny` is from a trained run, whose weights are stored too.

use std::{fs, path::Path};

use safetensors::SafeTensors;
use sn_tui::{
    preset::{Preset, builtin::builtin, parse},
    run::{Device, Engine},
    weights::Init,
};

use crate::{Place, numpy, pytorch_file};

/// The largest permitted difference of a number.
const LIMIT: f32 = 1e-4;

/// The shape and numbers of a stored tensor.
fn tensor(name: &str, key: &str) -> (Vec<usize>, Vec<f32>) {
    let file = fs::read(pytorch_file(&format!("{name}.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&file).unwrap();
    let tensor = file.tensor(key).unwrap();
    let numbers = tensor.data().chunks_exact(4);
    let numbers = numbers.map(|four| f32::from_le_bytes(four.try_into().unwrap()));
    (tensor.shape().to_vec(), numbers.collect())
}

fn assert_close(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let apart = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    let apart = apart.fold(0.0, |most: f32, x| if x <= most { most } else { x });
    assert!(apart <= LIMIT, "{what}: {apart}");
}

/// Compares `sample` for the stored latents with PyTorch's samples.
fn samples(place: &Place, run: &str, name: &str) {
    let latents = pytorch_file(&format!("{name}.safetensors"));
    let line = format!(
        "sample {run} --latents {} -o samples.npy",
        latents.display()
    );
    place.succeeds(&line);
    let (shape, ours) = numpy::read(&place.path("samples.npy"));
    let (held, theirs) = tensor(name, "samples");
    assert_eq!(shape, held);
    assert_close(name, &ours, &theirs);
}

/// Compares D's scores of the stored samples.
fn scores(engine: &dyn Engine, name: &str) {
    let (shape, samples) = tensor(name, "samples");
    let (count, features) = (shape[0], samples.len() / shape[0]);
    let batch: Vec<f32> = (0..features)
        .flat_map(|feature| samples.iter().skip(feature).step_by(features))
        .copied()
        .collect();
    let (ours, _) = engine.discriminate(&batch, count).unwrap();
    for form in ["torch-old", "torch-new", "baked"] {
        let (_, theirs) = tensor(name, &format!("scores_{form}"));
        assert_close(&format!("{name} {form}"), &ours, &theirs);
    }
}

#[test]
fn fresh_runs_of_the_presets_agree_with_pytorch() {
    for name in ["ring", "digits", "dolls"] {
        let place = Place::new();
        let few = match name {
            "ring" => "",
            _ => " --set scores.count=2",
        };
        place.succeeds(&format!(
            "run {name} --steps 0 --headless --quiet --out run{few}"
        ));
        samples(&place, "run", name);
        let engine = Device::Cpu.build(&builtin(name).unwrap(), 0).unwrap();
        scores(&*engine, name);
    }
}

fn tiny() -> Preset {
    let path = pytorch_file("tiny.ron");
    parse(&fs::read_to_string(&path).unwrap(), "tiny.ron").unwrap()
}

fn started(file: &Path, preset: &Preset) -> Box<dyn Engine> {
    let init = Init::read(file.to_str().unwrap(), preset, "tiny").unwrap();
    let mut engine = Device::Cpu.build(preset, 5).unwrap();
    engine.start_from(init.tensors()).unwrap();
    engine
}

#[test]
fn every_kind_of_layer_agrees_with_pytorch() {
    let place = Place::new();
    let weights = pytorch_file("tiny-weights.safetensors");
    samples(&place, weights.to_str().unwrap(), "tiny");
    scores(&*started(&weights, &tiny()), "tiny");
}

#[test]
fn exports_compute_the_same_as_their_network() {
    let place = Place::new();
    let weights = pytorch_file("tiny-weights.safetensors");
    for form in ["torch-old", "torch-new", "baked"] {
        for what in ["ema", "d"] {
            let run = weights.display();
            place.succeeds(&format!(
                "export {run} --what {what} --format {form} -o {what}.safetensors"
            ));
        }
        let preset = match form {
            "baked" => {
                let off = [
                    "spectral.generator=false",
                    "spectral.enabled=false",
                    "spectral.layers={}",
                ];
                sn_tui::preset::set_all(&tiny(), &off.map(str::to_owned)).unwrap()
            }
            _ => tiny(),
        };
        samples(&place, "ema.safetensors", "tiny");
        scores(&*started(&place.path("d.safetensors"), &preset), "tiny");
        // `audit` accepts every export.
        let audit = place.succeeds("audit d.safetensors --json");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&audit.out).unwrap();
        let matrices = sn_tui::weights::layers::layers(sn_tui::weights::Part::D, &preset);
        let stored = rows.iter().filter(|row| row["iterations"] == 0).count();
        let normalized = if form == "baked" {
            0
        } else {
            matrices.unwrap().len() - 1
        };
        assert_eq!(stored, normalized, "{form}");
        assert!(
            rows.iter().all(|row| row["note"].is_null()),
            "{}",
            audit.out
        );
    }
}
