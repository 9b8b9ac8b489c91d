use crate::{
    model::{Exact, Figures, ImageScores, Logged, MixtureScores},
    preset::Lipschitz,
    run::fake,
    rundir::metrics::record::*,
};

fn record(step: u64) -> Record {
    let mut measures = fake::measures(step);
    measures.sigma = vec![("d.2".into(), 1.25), ("d.10".into(), 0.1)];
    Record {
        updates: Updates::Generator,
        ..Record::new(&Arc::new(measures), Updates::Both, 1.25)
    }
}

fn scores(step: u64, figures: Figures) -> Option<Arc<Scores>> {
    Some(Arc::new(Scores {
        step,
        protocol: "as docs/scores.md says".into(),
        figures,
    }))
}

fn strict(line: &[u8]) -> Option<Record> {
    Record::read(line, Reading::Strict).ok()
}

fn lenient(line: &[u8]) -> Option<Record> {
    Record::read(line, Reading::Lenient).ok()
}

#[test]
fn what_is_written_is_read() {
    let read = |record: &Record| strict(record.line().as_bytes());
    let plain = record(7);
    assert!(!plain.line().contains("applied"));
    assert_eq!(read(&plain), Some(plain));
    let failed = Record {
        applied: false,
        ..record(8)
    };
    assert_eq!(read(&failed), Some(failed));
    let mixture = MixtureScores {
        modes: 7,
        modes_total: 8,
        high_quality: 0.95,
        reverse_kl: 0.01,
    };
    let images = ImageScores {
        diversity: 0.5,
        swd: 0.25,
        classifier_score: None,
        frechet: Some(4.0),
        class_entropy: None,
    };
    for figures in [Figures::Mixture(mixture), Figures::Images(images)] {
        let scored = Record {
            scores: scores(6, figures),
            ..record(7)
        };
        assert_eq!(read(&scored), Some(scored));
    }
}

#[test]
fn the_keys_of_a_line_stand_in_their_order() {
    let line = record(7).line();
    assert!(
        line.starts_with(r#"{"step":7,"loss_d":1.0,"loss_g":2.0,"d_real":0.5,"#),
        "{line}"
    );
    let end = concat!(
        r#""sigma":{"d.2":1.25,"d.10":0.1},"weight_norm":{"d.0":2.5},"#,
        r#""gradient_norm":{},"seconds":1.25,"updates":"generator"}"#
    );
    assert!(line.ends_with(end), "{line}");
}

#[test]
fn exact_measures_are_written_and_read() {
    let exact = Exact {
        sigma_svd: Some(1.0 / 3.0),
        sigma_error: Some(1e-7),
        effective_rank: Some(12.5),
        ..Exact::default()
    };
    let measured = Record {
        spectra: Some(Arc::new(ExactSpectra {
            step: 7,
            layers: vec![("d.2".into(), exact), ("d.10".into(), Exact::default())],
            lipschitz: Some(Lipschitz {
                value: 16.25,
                of_matrices: false,
            }),
        })),
        ..record(7)
    };
    let line = measured.line();
    let start = r#""spectra":{"d.2":{"sigma_svd":0.3333333333333333,"sigma_error":1e-7,"cosine_error_u":null,"#;
    assert!(line.contains(start), "{line}");
    assert!(
        line.contains(r#","spectra_step":7,"lipschitz_bound":16.25,"#),
        "{line}"
    );
    assert_eq!(lenient(line.as_bytes()).as_ref(), Some(&measured));
    assert_eq!(strict(line.as_bytes()), Some(measured));
}

#[test]
fn distances_from_lane_a_are_written_and_read() {
    let lane = Record {
        distances: Some(Distances {
            step: 7,
            distance_d: 0.25,
            distance_g: 1e-7,
            distance_samples: 1.5,
        }),
        ..record(7)
    };
    let line = lane.line();
    let keys = r#""distance_d":0.25,"distance_g":1e-7,"distance_samples":1.5"#;
    assert!(line.contains(keys), "{line}");
    assert_eq!(strict(line.as_bytes()), Some(lane.clone()));
    let broken = line.replace("0.25", "null");
    let read = strict(broken.as_bytes()).unwrap().distances.unwrap();
    assert!(read.distance_d.is_nan() && read.distance_samples == 1.5);
    let mut history = History::default();
    lane.draw(&mut history);
    let drawn = history.get("distance_g").unwrap();
    assert_eq!(drawn.recent, [(7, 1e-7)]);
    assert_eq!(record(7).distances, None);
    let twice = line.replace(keys, &format!("{keys},{keys}"));
    assert_eq!(strict(twice.as_bytes()), None);
}

#[test]
fn histograms_of_outputs_are_written_and_read() {
    let of = |step| Outputs::of(step, &[0.5, 0.75], &[-1.0, 0.25]).map(Arc::new);
    let measured = Record {
        outputs: of(7),
        ..record(7)
    };
    let line = measured.line();
    let start = r#""outputs":{"step":7,"low":-1.0,"high":0.75,"real":{"below":0,"bins":[0,"#;
    assert!(line.contains(start), "{line}");
    assert_eq!(strict(line.as_bytes()).as_ref(), Some(&measured));
    assert_eq!(lenient(line.as_bytes()).as_ref(), Some(&measured));
    let mut history = History::default();
    measured.draw(&mut history);
    assert_eq!(history.outputs_at(9), measured.outputs.as_ref());
    assert!(!record(7).line().contains("outputs"));
    // Those of another step, or without an axis, are left out.
    for wrong in [
        line.replace(r#"{"step":7,"low""#, r#"{"step":6,"low""#),
        line.replace(r#""high":0.75"#, r#""high":-1.0"#),
    ] {
        assert_eq!(lenient(wrong.as_bytes()), Some(record(7)), "{wrong}");
    }
    let short = line.replace(r#""bins":[0,"#, r#""bins":["#);
    assert_eq!(lenient(short.as_bytes()), None);
}

#[test]
fn what_is_not_finite_is_null_and_read_as_nan() {
    let mut measures = fake::measures(7);
    measures.loss_d = f32::INFINITY;
    measures.grad_x_max = None;
    measures.sigma[0].1 = f32::NAN;
    let line = Record {
        measures: Arc::new(measures),
        ..record(7)
    }
    .line();
    assert!(line.contains(r#""loss_d":null"#) && line.contains(r#""sigma":{"d.0":null}"#));
    let read = strict(line.as_bytes()).unwrap().measures;
    assert!(read.loss_d.is_nan() && read.sigma[0].1.is_nan());
    assert_eq!(read.grad_x_max, None);
}

#[test]
fn a_step_of_one_network_has_no_numbers_of_the_other() {
    let mut measures = fake::measures(7);
    measures.sigma.push(("g.0".into(), 3.0));
    let of = |updates| Record::new(&Arc::new(measures.clone()), updates, 1.0).measures;
    let d = of(Updates::Discriminator);
    assert!(d.loss_g.is_nan() && d.grad_g.is_nan() && d.loss_d == 1.0);
    assert_eq!(
        (d.grad_x_mean, &d.sigma),
        (None, &vec![("d.0".into(), 1.5)])
    );
    let g = of(Updates::Generator);
    assert!(g.loss_d.is_nan() && g.accuracy_fake.is_nan() && g.grad_g == 4.0);
    assert_eq!(
        (g.grad_x_mean, &g.sigma),
        (Some(0.1), &vec![("g.0".into(), 3.0)])
    );
}

#[test]
fn torn_lines_are_none() {
    let line = record(7).line();
    for length in [0, 1, line.len() / 2, line.len() - 1] {
        assert_eq!(strict(&line.as_bytes()[..length]), None);
        assert_eq!(lenient(&line.as_bytes()[..length]), None);
    }
}

#[test]
fn strict_reading_requires_the_fields_of_every_line() {
    assert!(lenient(b"{\"step\":1}").is_some());
    assert_eq!(strict(b"{\"step\":1}"), None);
    let line = record(7).line();
    for key in [
        "loss_d",
        "grad_g",
        "sigma",
        "gradient_norm",
        "seconds",
        "updates",
    ] {
        let without = line.replacen(&format!("\"{key}\""), "\"other\"", 1);
        assert!(lenient(without.as_bytes()).is_some(), "{key}");
        assert_eq!(strict(without.as_bytes()), None, "{key}");
    }
    let without = line.replacen("\"grad_x_max\"", "\"other\"", 1);
    assert!(strict(without.as_bytes()).is_some());
}

#[test]
fn a_headless_line_reads_back_as_what_it_was_made_of() {
    let mut measures = fake::measures(7);
    measures.sigma.push(("d.10".into(), 2.25));
    let images = ImageScores {
        diversity: 0.5,
        swd: 0.25,
        classifier_score: Some(4.5),
        frechet: None,
        class_entropy: None,
    };
    let logged = Logged {
        lane: None,
        measures: Arc::new(measures),
        applied: true,
        scores: scores(4, Figures::Images(images)),
        spectra: None,
    };
    let line = serde_json::to_string(&Line::from(&logged)).unwrap();
    let record = lenient(line.as_bytes()).unwrap();
    assert_eq!(record.measures, logged.measures);
    assert_eq!(record.scores, logged.scores);
    assert_eq!((record.updates, record.seconds), (Updates::Both, None));
}

#[test]
fn what_is_null_is_not_finite_and_what_is_missing_is_not_there() {
    let line =
        br#"{"step":3,"loss_d":null,"sigma":{"d.0":null},"updates":"generator","seconds":1.5,
        "diversity":null,"swd":0.5,"frechet":null,"something_new":[{}]}"#;
    let record = lenient(line).unwrap();
    assert!(record.measures.loss_d.is_nan() && record.measures.sigma[0].1.is_nan());
    let read = (record.updates, record.seconds);
    assert_eq!(read, (Updates::Generator, Some(1.5)));
    let Figures::Images(images) = record.scores.unwrap().figures else {
        panic!("not images");
    };
    assert!(images.diversity.is_nan() && images.frechet.unwrap().is_nan());
    assert_eq!(images.classifier_score, None);
    let mixture = br#"{"step":3,"modes":7,"modes_total":8,"high_quality":0.5,"reverse_kl":null,"scores_step":2}"#;
    let scores = lenient(mixture).unwrap().scores.unwrap();
    assert_eq!(scores.step, 2);
    assert_eq!(scores.figures.named()[0], ("modes", 7.0));
    assert_eq!(step(line), Some(3));
}

#[test]
fn invalid_lines_are_rejected() {
    let many: Vec<String> = (0..600).map(|i| format!("\"d.{i}\":1")).collect();
    let many = format!("{{\"step\":1,\"sigma\":{{{}}}}}", many.join(","));
    for wrong in [
        "",
        "{}",
        "[]",
        "{\"step\":-1}",
        "{\"step\":1.5}",
        "{\"step\":0}",
        "{\"step\":18446744073709551615}",
        "{\"step\":1,\"loss_d\":\"x\"}",
        "{\"step\":1,\"loss_d\":1",
        "{\"step\":1,\"loss_d\":1,\"loss_d\":2}",
        "{\"step\":1,\"sigma\":[1]}",
        "{\"step\":1,\"sigma\":{\"\\u001b[2J\":1}}",
        "{\"step\":1,\"updates\":\"none\"}",
        "{\"step\":1,\"step\":2}",
        &many,
    ] {
        assert!(lenient(wrong.as_bytes()).is_none(), "{wrong}");
    }
}
