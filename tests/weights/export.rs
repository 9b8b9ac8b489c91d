//! `sn-tui export`: files, programs and refusals.

use std::fs;

use crate::{Place, pytorch_file, tensors::Weights};

const PAGE: &str = include_str!("../../docs/pytorch.md");

#[test]
fn keys_are_those_of_the_bare_sequential() {
    let place = Place::new();
    place.ring("out", " --steps 2");
    let all = Weights::read(&place.path("out/weights.safetensors"));
    for (form, weight, u) in [
        ("torch-old", "weight_orig", "weight_u"),
        (
            "torch-new",
            "parametrizations.weight.original",
            "parametrizations.weight.0._u",
        ),
    ] {
        let said = place.succeeds(&format!(
            "export out --what d --format {form} -o d.safetensors"
        ));
        assert!(
            said.err
                .contains("saved d.safetensors: d of out/weights.safetensors, step 2"),
            "{}",
            said.err
        );
        assert!(
            said.err.contains("multiply D's output by 16"),
            "{}",
            said.err
        );
        let file = Weights::read(&place.path("d.safetensors"));
        assert_eq!(file.0.len(), 16);
        assert_eq!(file.0[&format!("2.{weight}")], all.0["d.2.weight_orig"]);
        assert_eq!(file.0[&format!("2.{u}")], all.0["d.2.weight_u"]);
        assert_eq!(file.0["6.bias"], all.0["d.6.bias"]);
    }
    place.succeeds("export out --what ema");
    let file = Weights::read(&place.path("ema.safetensors"));
    assert_eq!(file.0["0.weight"], all.0["ema.0.weight"]);
    assert_eq!(file.keys().len(), 8);
}

#[test]
fn a_file_has_the_same_bytes_whenever_it_is_written() {
    let place = Place::new();
    let weights = pytorch_file("tiny-weights.safetensors");
    let mut files = (0..4).map(|i| {
        place.succeeds(&format!(
            "export {} --what d -o {i}.safetensors",
            weights.display()
        ));
        fs::read(place.path(&format!("{i}.safetensors"))).unwrap()
    });
    let first = files.next().unwrap();
    assert!(files.all(|file| file == first));
}

/// The documentation shows what the program prints for `digits`, which was executed in PyTorch.
#[test]
fn the_documentation_shows_the_programs_of_digits() {
    let place = Place::new();
    place.succeeds("run digits --steps 0 --headless --quiet --set scores.count=2 --out runs/mine");
    let net = |text: &str| {
        let (_, net) = text.split_once("net = nn").unwrap();
        net.split_once("net.eval()").unwrap().0.to_owned()
    };
    let g = place
        .succeeds("export runs/mine --what ema --python -o g.safetensors")
        .out;
    assert!(PAGE.contains(&net(&g)), "{g}");
    let d = place
        .succeeds("export mine --what d --python -o d.safetensors")
        .out;
    assert!(PAGE.contains(&net(&d)), "{d}");
}

#[test]
fn programs_contain_what_keys_cannot_express() {
    let place = Place::new();
    let weights = pytorch_file("tiny-weights.safetensors");
    let run = weights.display();
    let d = place.succeeds(&format!("export {run} --what d --python -o d.safetensors"));
    assert!(
        d.err.contains("layer 0.conv1 by 1.5, its layer_gain"),
        "{}",
        d.err
    );
    for line in [
        "scaled(nn.Conv2d(3, 6, 3, padding=1), 1.5)",
        "    nn.Conv2d(8, 8, 3, stride=2, padding=1),",
        "spectral_norm(nn.Linear(8, 1))",
        "\"pool\": nn.AvgPool2d(2)",
        "return 2.5 * net(x)",
        "class SumPool",
    ] {
        assert!(d.out.contains(line), "no {line:?} in\n{}", d.out);
    }
    let baked = place.succeeds(&format!(
        "export {run} --what d --python -o d.safetensors --format baked"
    ));
    assert!(!baked.out.contains("spectral") && !baked.err.contains("layer_gain"));
    // Names with quotes remain valid strings of Python.
    let odd = place.succeeds(&format!(
        "export {run} --what g --python -o it's\"g\".safetensors"
    ));
    assert!(
        odd.out.contains(r#"load_file("it's\"g\".safetensors")"#),
        "{}",
        odd.out
    );
}

#[test]
fn refusals_say_what_to_do() {
    let place = Place::new();
    place.ring("out", " --steps 1");
    place.succeeds("export out --what g");
    place.fails(
        "export out --what g",
        2,
        &["g.safetensors exists already", "-o g.safetensors"],
    );
    place.succeeds("export out --what g -o g.safetensors");
    place.fails(
        "export nowhere --what g -o a",
        1,
        &["no run in runs is named `nowhere`", "a .safetensors file"],
    );
    place.fails(
        "export ./nowhere --what g -o a",
        1,
        &["cannot read ./nowhere"],
    );
    place.fails(
        "export gone.safetensors --what g -o a",
        1,
        &["cannot read gone.safetensors"],
    );
    place.fails(
        "export out --what g --step 7 -o a",
        1,
        &[
            "no checkpoint of step 7",
            "it has checkpoints of steps 0, 1",
        ],
    );
    place.fails(
        "export g.safetensors --what d -o a",
        1,
        &["holds nothing of d", "0.bias"],
    );
    place.fails(
        "export out/preset.ron --what d -o a",
        1,
        &["not a safetensors file"],
    );
    place.fails("export out/samples --what d -o a", 1, &["holds no weights"]);
    place.fails(
        "export out --what g -o no/such/folder/a",
        1,
        &["cannot write no/such/folder/a"],
    );
    assert!(!place.path("a").exists());
    // A file without metadata, and without a preset beside it.
    let bare = sn_tui::files::tensors::encode::file(Vec::new(), None).unwrap();
    fs::write(place.path("bare.safetensors"), bare).unwrap();
    place.fails(
        "export bare.safetensors --what g -o a",
        1,
        &["does not say which networks", "preset.ron"],
    );
}

#[test]
fn weights_without_metadata_belong_to_the_preset_beside_them() {
    let place = Place::new();
    place.ring("out", " --steps 1");
    let path = place.path("out/weights.safetensors");
    let bytes = fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    fs::write(&path, safetensors::serialize(file.tensors(), None).unwrap()).unwrap();
    place.succeeds("export out --what d -o d.safetensors");
    place.succeeds("sample out -o a.png");
    place.fails(
        "sample out --step 3 -o b.png",
        1,
        &["no checkpoint of step 3"],
    );
    fs::write(place.path("out/preset.ron"), "(nonsense)").unwrap();
    place.fails(
        "export out --what d -o d.safetensors",
        1,
        &["the preset of out/weights.safetensors"],
    );
}

#[test]
fn a_layer_without_sigma_fits_only_baked_exports() {
    let place = Place::new();
    place.ring("out", " --steps 0");
    // d.2's weight is all zeros.
    let path = place.path("out/weights.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let place_of = |end: usize| {
        header["d.2.weight_orig"]["data_offsets"][end]
            .as_u64()
            .unwrap() as usize
    };
    bytes[8 + length + place_of(0)..8 + length + place_of(1)].fill(0);
    fs::write(&path, bytes).unwrap();
    place.fails(
        "export out --what d -o d.safetensors",
        1,
        &["layer 2: σ is zero", "--format baked"],
    );
    place.succeeds("export out --what d -o d.safetensors --format baked");
    let file = Weights::read(&place.path("d.safetensors"));
    assert!(file.numbers("2.weight").iter().all(|&w| w == 0.0));
}
