//! The text form of presets: shipped ones parse and print back, and settings change what they name.

use std::{fs, path::Path};

use proptest::prelude::*;
use sn_tui::preset::{
    Centres, Checkpoints, Data, Fit, LayerSpectral, Loss, NetworkSpec, OnDisable, Preset, Samples,
    Scoring, Source, SpectraSchedule, Spectral, WeightInit,
    builtin::{self, builtin},
    get, load, parse, print, set,
    set::paths,
    set_all,
};

#[test]
fn built_in_presets_survive_a_round_trip() {
    assert_eq!(
        builtin::names().collect::<Vec<_>>(),
        [
            "digits",
            "ring",
            "dolls",
            "grid",
            "fashion",
            "cifar10",
            "cifar10-resnet",
            "stl10"
        ]
    );
    for name in builtin::names() {
        let preset = builtin(name).unwrap_or_else(|error| panic!("{}", error.render(false)));
        let text = print(&preset, name);
        assert!(text.starts_with(&format!("// {name}: ")));
        assert_eq!(parse(&text, name).as_ref(), Ok(&preset));
        assert_eq!(print(&parse(&text, name).unwrap(), name), text);
        assert!(
            builtin::text(name).unwrap().starts_with("// "),
            "{name} opens with a comment"
        );
    }
}

#[test]
fn a_name_like_a_line_break_stays_in_its_comment() {
    let mut preset = builtin("ring").unwrap();
    preset.about = "a \"quoted\"\n) line\u{2028}\r(".to_owned();
    let text = print(&preset, "x\ny");
    assert_eq!(parse(&text, "x"), Ok(preset));
}

/// A preset in which every field differs from its default.
fn full() -> Preset {
    let ring = builtin("ring").unwrap();
    Preset {
        about: "all fields".to_owned(),
        data: Data::Mixture {
            centres: Centres::Ring {
                modes: 5,
                radius: 2.5,
            },
            sigma: 0.03,
            scale: 4.0,
            noise: 0.25,
        },
        latent: 3,
        loss: Loss::LeastSquares,
        spectral: Spectral {
            enabled: false,
            generator: true,
            iterations: 7,
            layer_gain: 0.3,
            on_disable: OnDisable::Raw,
            layers: [(
                "g.2".to_owned(),
                LayerSpectral {
                    enabled: Some(true),
                    iterations: Some(2),
                    layer_gain: Some(1e-7),
                },
            )]
            .into(),
        },
        gain: 1e20,
        batch: 31,
        n_dis: 3,
        clip: Some(0.01),
        ema: 0.123_456_79,
        steps: u64::MAX,
        decay: true,
        decay_steps: Some(9),
        samples: Samples { every: 1, count: 2 },
        scores: Scoring { every: 0, count: 2 },
        spectra: SpectraSchedule { every: 7 },
        checkpoints: Checkpoints {
            every: 5,
            seconds: 0.0,
            keep: 1,
        },
        discriminator: NetworkSpec {
            learning_rate: 1e-10,
            init: WeightInit::Normal(0.02),
            ..ring.discriminator
        },
        generator: ring.generator,
    }
}

#[test]
fn every_field_is_printed_and_read_back() {
    let preset = full();
    assert_eq!(parse(&print(&preset, "full"), "full"), Ok(preset));
}

#[test]
fn every_path_can_be_read_and_set_to_its_value() {
    let images = builtin("digits").unwrap();
    let with_path = set(&images, "data.source", "Path(\"a/b\")").unwrap();
    let centres = "Points([(0.5, 1.0), (-2.0, 1e-9)])";
    let points = set(&full(), "data.centres", centres).unwrap();
    for preset in [full(), images, with_path, points] {
        let paths = paths(&preset);
        assert!(paths.len() > 60);
        for (path, value) in paths {
            assert_eq!(get(&preset, &path).as_ref(), Some(&value), "{path}");
            let same = set(&preset, &path, &value);
            assert_eq!(same.as_ref(), Ok(&preset), "{path}={value}");
        }
    }
}

#[test]
fn settings_take_ron_values() {
    let digits = builtin("digits").unwrap();
    let with = |path: &str, value: &str| {
        set(&digits, path, value).unwrap_or_else(|error| panic!("{}", error.render(false)))
    };
    assert_eq!(with("loss", "wasserstein").loss, Loss::Wasserstein);
    assert_eq!(
        with("spectral.on_disable", "raw").spectral.on_disable,
        OnDisable::Raw
    );
    assert_eq!(
        with("generator.betas", "(0.0,0.9)").generator.betas,
        (0.0, 0.9)
    );
    assert_eq!(with("generator.betas.0", "0").generator.betas, (0.0, 0.9));
    assert_eq!(with("decay_steps", "3000").decay_steps, Some(3000));
    assert_eq!(with("decay_steps", "Some(3000)").decay_steps, Some(3000));
    assert_eq!(with("decay_steps", "None").decay_steps, None);
    assert_eq!(with("gain", "2").gain, 2.0);
    assert_eq!(with(" gain ", " 2 // two").gain, 2.0);
    let mixture = with("data.source", "Fashion");
    assert!(matches!(
        mixture.data,
        Data::Images {
            source: Source::Fashion,
            ..
        }
    ));
    let ring = builtin("ring").unwrap();
    let scaled = set(&ring, "data.scale", "4").unwrap();
    assert!(matches!(scaled.data, Data::Mixture { scale: 4.0, .. }));
    let points = set(&ring, "data.centres", "Points([(0,0),(1,-2.5)])").unwrap();
    let Data::Mixture { centres, .. } = &points.data else {
        panic!("a mixture expected")
    };
    assert_eq!(centres.points(), [[0.0, 0.0], [1.0, -2.5]]);
    assert_eq!(parse(&print(&points, "points"), "points"), Ok(points));
    let augmented = set_all(&digits, &["data.flip=true", "data.dequantize=true"]).unwrap();
    assert!(matches!(
        augmented.data,
        Data::Images {
            flip: true,
            dequantize: true,
            ..
        }
    ));
}

#[test]
fn built_in_presets_crop_and_presets_without_fit_stretch() {
    let fit = |preset: &Preset| match preset.data {
        Data::Images { fit, .. } => Some(fit),
        Data::Mixture { .. } => None,
    };
    for name in builtin::names() {
        let preset = builtin(name).unwrap();
        assert!(fit(&preset).is_none_or(|fit| fit == Fit::Crop), "{name}");
        let text = builtin::text(name).unwrap().replace(", fit: Crop", "");
        let before = parse(&text, name).unwrap();
        assert!(fit(&before).is_none_or(|fit| fit == Fit::Stretch), "{name}");
    }
    let digits = builtin("digits").unwrap();
    assert_eq!(
        fit(&set(&digits, "data.fit", "Pad").unwrap()),
        Some(Fit::Pad)
    );
    let error = set(&digits, "data.fit", "Corp").unwrap_err();
    assert!(error.render(false).contains("did you mean `Crop`"));
}

#[test]
fn values_at_the_edge_of_their_range_are_distinguished() {
    let refused = |name: &str, setting: &str| {
        let preset = builtin(name).unwrap();
        set_all(&preset, &[setting]).is_err()
    };
    #[rustfmt::skip]
    let edges = [
        ("ring", "batch=1", "batch=0"), ("digits", "batch=1", "batch=65537"),
        ("ring", "n_dis=1000", "n_dis=1001"), ("ring", "spectral.iterations=50", "spectral.iterations=51"),
        ("ring", "ema=0", "ema=1"), ("ring", "ema=0.999", "ema=-0.1"), ("ring", "gain=1e-3", "gain=0"),
        ("ring", "gain=1e30", "gain=inf"), ("ring", "spectral.layer_gain=2", "spectral.layer_gain=NaN"),
        ("ring", "generator.learning_rate=0", "generator.learning_rate=-1e-9"),
        ("ring", "discriminator.betas=(0,0)", "discriminator.betas=(0,-0.5)"),
        ("ring", "generator.init=Normal(1e-9)", "generator.init=Normal(0)"),
        ("ring", "discriminator.init=Torch", "discriminator.init=Normal(inf)"),
        ("ring", "decay_steps=1", "decay_steps=0"), ("ring", "steps=0", "steps=-1"),
        ("ring", "samples.every=1", "samples.every=0"), ("ring", "samples.count=1024", "samples.count=1025"),
        ("ring", "scores.every=0", "scores.every=-1"), ("digits", "scores.count=2", "scores.count=1"),
        ("ring", "spectra.every=0", "spectra.every=-1"),
        ("digits", "scores.count=10000", "scores.count=10001"),
        ("ring", "data.sigma=1e-9", "data.sigma=0"), ("ring", "data.scale=1e-9", "data.scale=-1"),
        ("ring", "data.centres=Grid(side: 32, spacing: 1)", "data.centres=Grid(side: 33, spacing: 1)"),
        ("ring", "data.centres.modes=1", "data.centres.modes=0"), ("ring", "data.centres.radius=1", "data.centres.radius=inf"),
        ("ring", "data.centres=Points([(0,0)])", "data.centres=Points([])"),
        ("ring", "data.centres=Points([(0,1e38)])", "data.centres=Points([(0,0),(inf,0)])"),
        ("ring", "latent=1", "latent=0"), ("digits", "data.source=Path(\"x\")", "data.source=Path(\"\")"),
        ("digits", "discriminator.layers.1.0=0", "discriminator.layers.1.0=-0.1"),
        ("digits", "discriminator.layers.1.0=2", "discriminator.layers.1.0=inf"),
    ];
    for (name, fine, wrong) in edges {
        assert!(!refused(name, fine), "{fine}");
        assert!(refused(name, wrong), "{wrong}");
    }
    let points = |count| format!("data.centres=Points([{}])", "(0,1),".repeat(count));
    assert!(!refused("ring", &points(1000)) && refused("ring", &points(1001)));
    let flat = "generator.layers=[Linear(out: 8), BatchNorm, Linear(out: 2)]";
    let ring = builtin("ring").unwrap();
    assert!(set_all(&ring, &[flat, "batch=2"]).is_ok());
    let error = set_all(&ring, &[flat, "batch=1"]).unwrap_err();
    assert!(error.message.contains("no variance in a batch of 1"));
    // 2³² latent numbers, regardless of the layers.
    let error = set_all(&ring, &["latent=65536", "batch=65536"]).unwrap_err();
    assert!(error.message.contains("a batch of 65536"));
}

#[test]
fn layer_exceptions_are_added_and_removed() {
    let digits = builtin("digits").unwrap();
    let path = "spectral.layers.d.2.iterations";
    assert_eq!(get(&digits, path).as_deref(), Some("None"));
    let changed = set(&digits, path, "3").unwrap();
    assert_eq!(changed.spectral.layer("d.2").iterations, 3);
    assert_eq!(changed.spectral.layer("d.0").iterations, 1);
    assert_eq!(get(&changed, path).as_deref(), Some("3"));
    let whole = set(&digits, "spectral.layers", r#"{"d.2": (iterations: 3)}"#);
    assert_eq!(whole.as_ref(), Ok(&changed));
    assert_eq!(set(&changed, path, "None"), Ok(digits));
}

#[test]
fn an_invalid_setting_is_refused_at_its_place() {
    let digits = builtin("digits").unwrap();
    for (setting, column, words) in [
        ("n_diss=3", 1, "did you mean `n_dis`"),
        (
            "learning_rate=1",
            1,
            "`generator.learning_rate` or `discriminator.learning_rate`",
        ),
        ("data.scale=4", 1, "`data` has source, shape"),
        ("n_dis", 1, "KEY=VALUE"),
        ("=1", 1, "KEY=VALUE"),
        ("n_dis=", 7, "no value"),
        ("n_dis=0", 7, "from 1 to 1000"),
        ("n_dis=3, batch: 4", 7, "not one RON value"),
        ("about=\"x", 7, "not one RON value"),
        ("loss=hing", 6, "did you mean `hinge`"),
        ("generator.betas=(0.1, 2)", 23, "under 1"),
        ("generator.layers.0.out=3137", 24, "64·7·7 = 3136"),
        ("spectral.layers.d.1.iterations=3", 1, "d.0, d.2, d.5"),
        (
            "spectral.layers={\"d.0\":(iterations:x)}",
            36,
            "cannot be `x`",
        ),
        ("data.flip=1", 11, "true or false"),
        ("data.shape=(1,28)", 12, "(channels, height, width)"),
    ] {
        let error = set_all(&digits, &[setting]).expect_err(setting);
        let report = error.render(false);
        assert_eq!(error.position(), Some((1, column)), "{report}");
        assert!(
            report.contains(words) && report.contains(setting),
            "{report}"
        );
    }
}

#[test]
fn arguments_name_files_or_built_in_presets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.ron");
    fs::write(&file, format!("\u{feff}{}", builtin::text("ring").unwrap())).unwrap();
    let named = load(file.to_str().unwrap()).unwrap();
    assert_eq!(
        (named.name.as_str(), named.preset),
        ("mine", builtin("ring").unwrap())
    );
    assert!(
        load("rign")
            .unwrap_err()
            .to_string()
            .contains("did you mean `ring`")
    );
    assert!(
        load("./nowhere")
            .unwrap_err()
            .message
            .contains("cannot read ./nowhere")
    );
    let here = Path::new(folder.path()).to_str().unwrap();
    assert!(load(here).unwrap_err().message.contains("no preset.ron"));
    fs::copy(&file, folder.path().join("preset.ron")).unwrap();
    assert_eq!(load(here).unwrap().preset, builtin("ring").unwrap());
    let big = folder.path().join("big.ron");
    fs::write(&big, vec![b' '; (1 << 20) + 1]).unwrap();
    assert!(
        load(big.to_str().unwrap())
            .unwrap_err()
            .message
            .contains("1 MiB")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A mutated text gives a preset, or an error that renders.
    #[test]
    fn mutated_texts_never_panic(
        name in prop::sample::select(vec!["digits", "ring"]),
        edits in prop::collection::vec((0usize..4000, 0usize..30, "[-()\\[\\]{}:,\"'/*#r0-9.eé\\n ]{0,6}"), 1..4),
    ) {
        let mut text = builtin::text(name).unwrap().to_owned();
        for (at, length, new) in edits {
            let floor = |mut at: usize| { while !text.is_char_boundary(at) { at -= 1 } at };
            let start = floor(at % (text.len() + 1));
            let end = floor((start + length).min(text.len()));
            text.replace_range(start..end.max(start), &new);
        }
        match parse(&text, "mutated") {
            Ok(preset) => prop_assert_eq!(parse(&print(&preset, name), name), Ok(preset)),
            Err(error) => {
                let report = error.render(false);
                prop_assert!(error.position().is_some() && report.lines().count() <= 10, "{}", report);
            }
        }
    }

    #[test]
    fn any_setting_is_applied_or_refused_without_a_panic(setting in "[a-z_.]{0,12}(=[-a-z0-9.(){}\\[\\]\",:/ é]{0,12})?") {
        let digits = builtin("digits").unwrap();
        if let Err(error) = set_all(&digits, &[setting]) {
            prop_assert!(error.render(false).lines().count() <= 10);
        }
    }

    #[test]
    fn any_value_is_applied_or_refused_without_a_panic(
        path in prop::sample::select(vec!["about", "loss", "gain", "data", "generator.betas", "generator.layers.0", "spectral.layers", "decay_steps", "spectral.layers.d.0"]),
        value in "[-a-zA-Z0-9.(){}\\[\\]\",:/*# é\\n]{0,16}",
    ) {
        let digits = builtin("digits").unwrap();
        match set(&digits, path, &value) {
            // Only the setting at the given path has changed.
            Ok(changed) => for (other, text) in paths(&digits) {
                let apart = !other.starts_with(path) && !path.starts_with(&other);
                prop_assert!(!apart || get(&changed, &other) == Some(text), "{} {}", path, other);
            },
            Err(error) => prop_assert!(!error.render(false).is_empty()),
        }
    }
}
