//! `sn-tui run --init`.

use std::{fs, path::Path};

use sn_tui::files::{
    tensors::StateTensor,
    tensors::encode::{self, Entry},
};

use crate::{Place, pytorch_file, tensors::Weights};

fn hash(place: &Place, line: &str) -> String {
    let said = place.succeeds(line);
    let last: serde_json::Value = serde_json::from_str(said.out.lines().last().unwrap()).unwrap();
    last["summary"]["weights_sha256"]
        .as_str()
        .unwrap()
        .to_owned()
}

const RING: &str = "run ring --set batch=8 --log json --quiet --out";

#[test]
fn a_run_starts_where_another_ended_to_the_bit() {
    let place = Place::new();
    let first = hash(&place, &format!("{RING} a --steps 3"));
    for (out, from) in [("b", "a"), ("c", "a/weights.safetensors")] {
        assert_eq!(
            hash(
                &place,
                &format!("{RING} {out} --steps 0 --seed 9 --init {from}")
            ),
            first
        );
    }
    let log = fs::read_to_string(place.path("b/sn-tui.log")).unwrap();
    assert!(
        log.contains(&first) && log.contains("started from a/weights.safetensors"),
        "{log}"
    );
    assert_ne!(hash(&place, &format!("{RING} d --steps 1 --init a")), first);
    // With normalization of G, which then has its own vectors.
    let g = " --set spectral.generator=true";
    let with_g = hash(&place, &format!("{RING} e --steps 2{g}"));
    assert_eq!(
        hash(&place, &format!("{RING} f --steps 0 --init e{g}")),
        with_g
    );
}

#[test]
fn one_network_can_be_started_from() {
    let place = Place::new();
    place.ring("a", " --steps 3");
    let all = Weights::read(&place.path("a/weights.safetensors"));
    let fresh = |place: &Place| {
        place.ring("fresh", " --steps 0");
        Weights::read(&place.path("fresh/weights.safetensors"))
    };
    let fresh = fresh(&place);
    for form in ["torch-old", "torch-new"] {
        place.succeeds(&format!(
            "export a --what d --format {form} -o d.safetensors"
        ));
        place.ring(form, " --steps 0 --init d.safetensors");
        let started = Weights::read(&place.path(&format!("{form}/weights.safetensors")));
        for (key, tensor) in &started.0 {
            let from = if key.starts_with("d.") { &all } else { &fresh };
            assert_eq!(tensor, &from.0[key], "{key}");
        }
    }
    // G and its average start from the exported average, D as in a run without `--init`.
    place.succeeds("export a --what ema -o ema.safetensors");
    place.ring("b", " --steps 0 --init ema.safetensors");
    let started = Weights::read(&place.path("b/weights.safetensors"));
    for layer in ["0", "6"] {
        for network in ["g", "ema"] {
            let (key, from) = (
                format!("{network}.{layer}.weight"),
                format!("ema.{layer}.weight"),
            );
            assert_eq!(started.0[&key], all.0[&from], "{key}");
        }
    }
    assert_eq!(started.0["d.0.weight_orig"], fresh.0["d.0.weight_orig"]);
}

#[test]
fn files_of_pytorch_are_recognized_by_their_shapes() {
    let place = Place::new();
    place.ring("a", " --steps 1");
    place.succeeds("export a --what d -o d.safetensors");
    // The file has no metadata, as save_file(net.state_dict(), …) writes it.
    let bytes = fs::read(place.path("d.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    fs::write(
        place.path("d.safetensors"),
        safetensors::serialize(file.tensors(), None).unwrap(),
    )
    .unwrap();
    place.ring("b", " --steps 0 --init d.safetensors");
    let (a, b) = ("a/weights.safetensors", "b/weights.safetensors");
    let (a, b) = (Weights::read(&place.path(a)), Weights::read(&place.path(b)));
    assert_eq!(a.0["d.4.weight_u"], b.0["d.4.weight_u"]);
    assert_ne!(a.0["g.4.weight"], b.0["g.4.weight"]);

    // If the file fits neither network, the message is about the closer one.
    let less = "--set discriminator.layers=[Linear(out:128),ReLU,Linear(out:128),ReLU,Linear(out:128),ReLU,Linear(out:1,bias:false)]";
    place.fails(
        &format!("{RING} c --init d.safetensors {less}"),
        1,
        &[
            "does not fit the discriminator of ring",
            "6.bias belongs to no layer",
        ],
    );
    // G and D with the same shapes.
    let floats = |key: &str, shape: &[usize]| {
        let (key, shape, data) = (key.to_owned(), shape.to_vec(), vec![0.5]);
        Entry::floats(StateTensor { key, shape, data })
    };
    let either = vec![floats("1.weight", &[1, 1]), floats("1.bias", &[1])];
    fs::write(
        place.path("either.safetensors"),
        encode::file(either, None).unwrap(),
    )
    .unwrap();
    let pixel = "--set data.shape=(1,1,1) --set latent=1 --set generator.layers=[ReLU,Linear(out:1),Reshape(1,1,1)] \
                 --set discriminator.layers=[Flatten,Linear(out:1)]";
    place.fails(
        &format!("run digits --headless --out c --init either.safetensors {pixel}"),
        1,
        &[
            "its tensors fit the generator and the discriminator",
            "put `g.` or `d.` before",
        ],
    );
}

/// Writes a copy of a file with other keys and without metadata.
fn renamed(from: &Path, to: &Path, name: impl Fn(&str) -> Option<String>) {
    let bytes = fs::read(from).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.tensors().into_iter();
    let tensors: Vec<_> = tensors
        .filter_map(|(key, tensor)| Some((name(&key)?, tensor)))
        .collect();
    fs::write(to, safetensors::serialize(tensors, None).unwrap()).unwrap();
}

#[test]
fn prefixes_of_wrappers_are_stripped_and_reported() {
    let place = Place::new();
    place.ring("a", " --steps 1");
    let (all, file) = (
        place.path("a/weights.safetensors"),
        place.path("x.safetensors"),
    );
    let first = Weights::read(&all);
    let same = |out: &str, networks: &[&str]| {
        let started = Weights::read(&place.path(&format!("{out}/weights.safetensors")));
        for (key, tensor) in &first.0 {
            let network = key.split('.').next().unwrap();
            let same = networks.contains(&network);
            assert!(!same || tensor == &started.0[key], "{out}: {key}");
        }
    };
    let line = |out: &str| format!("{RING} {out} --steps 0 --seed 9 --init x.safetensors");
    for (out, prefix) in [("b", "module."), ("c", "_orig_mod.module.")] {
        renamed(&all, &file, |key| Some(format!("{prefix}{key}")));
        let said = place.succeeds(&line(out));
        assert!(
            said.err.contains(&format!("without the prefix `{prefix}`")),
            "{}",
            said.err
        );
        same(out, &["g", "d", "ema"]);
    }
    // Networks named as in PyTorch's DCGAN example, each with the wrapper of its script.
    let example = |key: &str| {
        let (network, key) = key.split_once('.')?;
        let name = ["netG.module", "netD"][usize::from(network == "d")];
        (network != "ema").then(|| format!("{name}.{key}"))
    };
    renamed(&all, &file, example);
    let said = place.succeeds(&line("d"));
    assert!(
        said.err
            .contains("without the prefixes `netD.` and `netG.module.`"),
        "{}",
        said.err
    );
    same("d", &["g", "d"]);
}

#[test]
fn a_file_of_d_alone_is_not_used_for_g() {
    let place = Place::new();
    place.ring("a", " --steps 1");
    let (all, file) = (
        place.path("a/weights.safetensors"),
        place.path("x.safetensors"),
    );
    let d = |key: &str| Some(format!("netD.main.{}", key.strip_prefix("d.")?));
    renamed(&all, &file, d);
    let said = place.succeeds(&format!("{RING} b --steps 0 --seed 9 --init x.safetensors"));
    assert!(
        said.err.contains("without the prefix `netD.main.`"),
        "{}",
        said.err
    );
    let (a, b) = (
        Weights::read(&all),
        Weights::read(&place.path("b/weights.safetensors")),
    );
    assert_eq!(a.0["d.4.weight_u"], b.0["d.4.weight_u"]);
    assert_ne!(a.0["g.4.weight"], b.0["g.4.weight"]);
    // The tensors would fit G as well.
    let pixel = "--set data.shape=(1,1,1) --set latent=1 --set generator.layers=[ReLU,Linear(out:1),Reshape(1,1,1)] \
                 --set discriminator.layers=[Flatten,Linear(out:1)]";
    let floats = |key: &str, shape: &[usize]| {
        let (key, shape, data) = (key.to_owned(), shape.to_vec(), vec![0.5]);
        Entry::floats(StateTensor { key, shape, data })
    };
    let either = vec![
        floats("netD.1.weight", &[1, 1]),
        floats("netD.1.bias", &[1]),
    ];
    fs::write(&file, encode::file(either, None).unwrap()).unwrap();
    let line = format!(
        "run digits --headless --quiet --set batch=2 --steps 0 --out c --init x.safetensors {pixel}"
    );
    place.succeeds(&line);
    let started = Weights::read(&place.path("c/weights.safetensors"));
    assert_eq!(started.0["d.1.weight_orig"].bytes, 0.5f32.to_le_bytes());
    assert_ne!(started.0["g.1.weight"].bytes, 0.5f32.to_le_bytes());
    // If the file does not fit, the message is about D.
    place.fails(
        &format!("{RING} d --steps 0 --init x.safetensors"),
        1,
        &["does not fit the discriminator of ring, read without the prefix `netD.`:"],
    );
    place.fails(
        "sample x.safetensors --what g -o x.npy",
        1,
        &["x.safetensors"],
    );
}

#[test]
fn normalization_switched_off_folds_or_keeps_the_weights() {
    let place = Place::new();
    place.ring("a", " --steps 2");
    place.succeeds("export a --what d --format baked -o baked.safetensors");
    let weights = Weights::read(&place.path("a/weights.safetensors"));
    let baked = Weights::read(&place.path("baked.safetensors"));
    place.ring("fold", " --steps 0 --set spectral.enabled=false --init a");
    let fold = Weights::read(&place.path("fold/weights.safetensors"));
    assert_eq!(fold.0["d.2.weight"], baked.0["2.weight"]);
    place.ring(
        "raw",
        " --steps 0 --set spectral.enabled=false --set spectral.on_disable=raw --init a",
    );
    let raw = Weights::read(&place.path("raw/weights.safetensors"));
    assert_eq!(raw.0["d.2.weight"], weights.0["d.2.weight_orig"]);
    // The reverse: W is unchanged, and new vectors find its σ, which is near 1.
    place.ring("on", " --steps 0 --init baked.safetensors");
    let on = Weights::read(&place.path("on/weights.safetensors"));
    assert_eq!(on.0["d.2.weight_orig"], baked.0["2.weight"]);
    let audit = place.succeeds("audit on --json --iterations 0");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&audit.out).unwrap();
    let stored = rows
        .iter()
        .filter(|row| row["layer"].as_str().unwrap().starts_with("d."));
    for row in stored {
        let error = row["relative_error"].as_f64().unwrap();
        assert!(error < 0.05, "{row}");
    }
}

#[test]
fn misfits_are_named_key_by_key_and_leave_no_directory() {
    let place = Place::new();
    place.ring("a", " --steps 0");
    let other = "generator.layers=[Linear(out:128),ReLU,Linear(out:64),ReLU,Linear(out:2)]";
    place.fails(
        &format!("{RING} b --steps 0 --init a --set {other}"),
        1,
        &[
            "--init: a/weights.safetensors does not fit the generator of ring:",
            "g.2.weight has the shape (128, 128), (64, 128) is needed",
            "g.4.weight has the shape (128, 128), (2, 64) is needed",
            "g.6.bias belongs to no layer",
        ],
    );
    let more = "discriminator.layers=[Linear(out:128),LeakyReLU(0.1),Linear(out:128),LeakyReLU(0.1),Linear(out:128),LeakyReLU(0.1),Linear(out:1,bias:false),Tanh,Linear(out:1)]";
    place.fails(
        &format!("{RING} b --steps 0 --init a --set {more}"),
        1,
        &[
            "the discriminator of ring:",
            "d.8.weight (1, 1) is missing",
            "d.8.bias (1) is missing",
            "d.6.bias belongs to no layer",
        ],
    );
    place.fails(
        &format!("{RING} b --init gone"),
        1,
        &["--init: no run in runs is named `gone`"],
    );
    place.fails(
        &format!(
            "{RING} b --init {}",
            pytorch_file("ring.safetensors").display()
        ),
        1,
        &[
            "does not fit the",
            "is missing",
            "latents belongs to no layer",
        ],
    );
    place.fails(
        &format!(
            "run digits --headless --quiet --out b --init {}",
            pytorch_file("tiny-weights.safetensors").display()
        ),
        1,
        &["… and", "more"],
    );
    assert!(!place.path("b").exists());
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let place = Place::new();
    place.ring("a", " --steps 0");
    let path = place.path("a/weights.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    place.fails(
        &format!("{RING} b --init a"),
        1,
        &["g.6.weight holds a number that is not finite"],
    );
}
