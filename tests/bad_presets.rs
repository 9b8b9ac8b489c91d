//! Invalid presets: each is refused at the right place with a helpful message.

use std::fs;

use sn_tui::preset::load;

/// (file in tests/bad-presets, line, column, words of the message or the help).
#[rustfmt::skip]
const BAD: &[(&str, usize, usize, &[&str])] = &[
    ("argument-for-none", 14, 13, &["generator.layers.7", "Tanh(1)", "without anything"]),
    ("batch-of-none", 28, 12, &["`batch` cannot be 0", "from 1 to"]),
    ("beta-of-one", 25, 22, &["discriminator.betas.1", "under 1"]),
    ("binary", 1, 3, &["not UTF-8"]),
    ("deep", 1, 2, &["not start like a preset"]),
    ("discriminator-misfit", 22, 13, &["layer 2 (Linear) gets 4×14×14", "flat features", "put Flatten"]),
    ("discriminator-output", 23, 13, &["2 features", "one score"]),
    ("duplicate-field", 29, 5, &["`batch` is given twice"]),
    ("empty", 1, 1, &["no preset"]),
    ("ends-early", 1, 1, &["ends before this is closed"]),
    ("escape-codes", 2, 6, &["`[` is never closed"]),
    ("exception-without-matrix", 27, 25, &["`d.1`", "d.0, d.3, g.0, g.4, g.6"]),
    ("fraction-for-whole", 28, 12, &["`batch` cannot be `32.5`", "whole number"]),
    ("generator-misfit", 8, 13, &["layer 1 (Reshape) gets 391 features", "8·7·7 = 392"]),
    ("generator-output", 14, 13, &["makes 1×15×15", "samples are 1×28×28"]),
    ("huge-batch", 28, 12, &["a batch of 65536", "numbers between the layers"]),
    ("huge-layer", 20, 13, &["16,777,216"]),
    ("huge-parameters", 23, 13, &["786,000,069 parameters", "100,000,000"]),
    ("infinite-rate", 16, 24, &["generator.learning_rate", "inf", "finite"]),
    ("kernel-too-large", 20, 13, &["at least 40×40", "smaller kernel"]),
    ("missing-colon", 28, 10, &["a colon is missing"]),
    ("missing-comma", 5, 5, &["a comma is missing before this"]),
    ("missing-field", 1, 1, &["`latent` is missing"]),
    ("missing-layer-field", 23, 13, &["`out` is missing in Linear"]),
    ("misspelt-layer", 8, 13, &["unknown layer `Reshpae`", "did you mean `Reshape`"]),
    ("misspelt-loss", 4, 11, &["unknown loss `hinje`", "did you mean `hinge`"]),
    ("negative-slope", 21, 23, &["discriminator.layers.1.0", "-0.1", "0 or more"]),
    ("negative", 29, 12, &["`steps` cannot be `-100`"]),
    ("only-a-comment", 2, 1, &["no preset"]),
    ("overflow", 29, 12, &["`steps` cannot be `99999999999999999999`"]),
    ("pair-of-one", 25, 16, &["discriminator.betas", "a pair"]),
    ("text-after-end", 31, 1, &["nothing may follow"]),
    ("text-for-number", 3, 13, &["`latent` cannot be `\"16\"`", "whole number"]),
    ("too-many-iterations", 27, 45, &["spectral.layers.d.0.iterations", "51", "0 to 50"]),
    ("two-channels", 2, 42, &["data.shape.0", "1 or 3 channels"]),
    ("unclosed-bracket", 21, 22, &["`(` is never closed", "`]` on line 24"]),
    ("unclosed-quote", 27, 25, &["quotes has no end"]),
    ("unknown-field", 3, 5, &["unknown field `latnet`", "did you mean `latent`"]),
    ("unknown-nested-field", 11, 48, &["unknown field `strid`", "did you mean `stride`"]),
    ("wrong-format", 1, 1, &["not start like a preset"]),
];

#[test]
fn every_bad_preset_is_refused_at_its_place() {
    for &(name, line, column, words) in BAD {
        let path = format!("tests/bad-presets/{name}.ron");
        let error = load(&path).expect_err(name);
        let report = error.render(false);
        assert_eq!(error.position(), Some((line, column)), "{report}");
        assert!(
            report.contains(&format!("{path}:{line}:{column}")),
            "{report}"
        );
        for word in words {
            assert!(report.contains(word), "no {word:?} in\n{report}");
        }
        let caret = report
            .lines()
            .any(|line| line.trim_start_matches([' ', '|']).starts_with('^'));
        let short = report.lines().count() <= 10 && report.chars().count() <= 800;
        assert!(caret && short, "{report}");
    }
}

#[test]
fn every_bad_preset_is_tested() {
    let folder = fs::read_dir("tests/bad-presets").unwrap();
    for entry in folder {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(BAD.iter().any(|(name, ..)| *name == stem), "{stem}");
    }
}
