//! Ten thousand mutations each of what is read from a disk: no panic, no more memory than the input deserves.

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use sn_tui::{
    files::folder::Folder,
    gan::TrainingState,
    model::Updates,
    preset::{self, builtin::builtin},
    rundir::{
        about,
        checkpoint::{self, Checkpoint, Position},
        journal::Past,
        metrics::{Record, Survivors},
    },
    tensors::StateTensor,
};

/// What happens to one place of a text or file.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(usize, u8),
    Replace(usize, Vec<u8>),
    Cut(usize, usize),
    Repeat(usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let word = prop_oneof![
        vec(any::<u8>(), 0..8),
        prop_oneof![
            Just("999999999999999999"),
            Just("-1"),
            Just("NaN"),
            Just("1e400"),
            Just("(("),
            Just("\"\""),
            Just("[[[[[[[["),
            Just("null"),
            Just("journal:9"),
            Just("rewind"),
            Just("\n"),
        ]
        .prop_map(|word: &str| word.as_bytes().to_vec()),
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        (any::<usize>(), word).prop_map(|(at, word)| Mutation::Replace(at, word)),
        (any::<usize>(), 1_usize..40).prop_map(|(at, length)| Mutation::Cut(at, length)),
        (any::<usize>(), 1_usize..200).prop_map(|(at, length)| Mutation::Repeat(at, length)),
    ]
}

fn mutated(bytes: &[u8], mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for mutation in mutations {
        let length = bytes.len().max(1);
        match mutation {
            Mutation::Flip(at, bits) => {
                if let Some(byte) = bytes.get_mut(at % length) {
                    *byte ^= bits;
                }
            }
            Mutation::Replace(at, word) => {
                let at = (at % length).min(bytes.len());
                let end = (at + word.len()).min(bytes.len());
                bytes.splice(at..end, word.iter().copied());
            }
            Mutation::Cut(at, count) => {
                let at = (at % length).min(bytes.len());
                let end = (at + count).min(bytes.len());
                bytes.drain(at..end);
            }
            Mutation::Repeat(at, count) => {
                let at = (at % length).min(bytes.len());
                let end = (at + count).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

fn config() -> Config {
    Config {
        cases: 10_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    }
}

fn checkpoint() -> Vec<u8> {
    let preset = builtin("ring").unwrap();
    let tensor = |key: &str, shape: &[usize], data: &[f32]| StateTensor {
        key: key.into(),
        shape: shape.into(),
        data: data.into(),
    };
    let position = Position {
        schema: about::SCHEMA,
        numerics: about::NUMERICS,
        number: 3,
        step: 7,
        updates_d: 14,
        updates_g: 7,
        seed: 1,
        name: "ring".into(),
        settings: preset::print(&preset, "ring"),
        journal: 2,
        pending: vec![1],
        planned: 1,
        updates: Updates::Both,
        left: None,
        seconds: 1.5,
        saved: about::now(),
        device: None,
        compiler: None,
    };
    let state = TrainingState {
        steps: 7,
        updates_d: 14,
        updates_g: 7,
        tensors: vec![
            tensor("d.0.weight", &[2, 2], &[1.0, 2.0, 3.0, f32::NAN]),
            tensor("g.0.bias", &[1], &[0.5]),
        ],
    };
    checkpoint::encode(&Checkpoint { position, state }).unwrap()
}

const JOURNAL: &str = r#"{"step":3,"kind":"set","key":"gain","old":"16.0","new":"8.0","cause":"key"}
{"step":4,"kind":"step_d","key":"","old":"","new":"5","cause":"key"}
{"step":9,"kind":"not_applied","key":"","old":"","new":"","cause":"alarm"}
{"step":4,"kind":"rewind","key":"journal:1","old":"8","new":"3","cause":"key"}
{"step":4,"kind":"continue","key":"","old":"","new":"3","cause":"resume"}
"#;

const METRICS: &str = r#"{"step":1,"seconds":0.01,"updates":"both","loss_d":1.0,"loss_g":0.5,"d_real":0.1,"d_fake":-0.1,"accuracy_real":1.0,"accuracy_fake":0.5,"grad_d":2.0,"grad_g":1.0,"grad_x_mean":0.5,"grad_x_max":null,"sigma":{"d.0":1.0,"d.2":1.5},"weight_norm":{"d.0":3.0,"d.2":4.0},"gradient_norm":{"d.0":0.1,"g.0":0.2}}
{"step":2,"seconds":0.02,"updates":"both","loss_d":null,"loss_g":0.5,"d_real":0.1,"d_fake":-0.1,"accuracy_real":1.0,"accuracy_fake":0.5,"grad_d":2.0,"grad_g":1.0,"grad_x_mean":0.5,"grad_x_max":0.7,"sigma":{"d.0":1.0,"d.2":1.5},"weight_norm":{"d.0":3.0,"d.2":4.0},"gradient_norm":{"d.0":0.1,"g.0":0.2},"scores_step":2,"modes":7,"modes_total":8,"high_quality":0.5,"reverse_kl":0.1}
{"step":2,"seconds":0.03,"updates":"generator","loss_d":null,"loss_g":0.5,"d_real":null,"d_fake":null,"accuracy_real":null,"accuracy_fake":null,"grad_d":null,"grad_g":1.0,"grad_x_mean":0.5,"grad_x_max":0.7,"sigma":{},"weight_norm":{},"gradient_norm":{"g.0":0.2}}
"#;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn presets(mutations in vec(mutation(), 1..6), which in 0_usize..3) {
        let text = preset::print(&builtin(["ring", "digits", "dolls"][which]).unwrap(), "x");
        let bytes = mutated(text.as_bytes(), &mutations);
        if let Ok(text) = String::from_utf8(bytes) {
            match preset::parse(&text, "x.ron") {
                Ok(preset) => prop_assert!(preset::check(&preset).is_ok()),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }

    #[test]
    fn checkpoints(mutations in vec(mutation(), 1..6)) {
        let whole = checkpoint();
        let bytes = mutated(&whole, &mutations);
        match checkpoint::decode(&bytes) {
            // What still reads is what was written.
            Ok(read) => {
                let written = checkpoint::decode(&whole).unwrap();
                prop_assert_eq!(read.position, written.position);
                let count = |state: &TrainingState| state.tensors.iter().map(|t| t.data.len()).sum::<usize>();
                prop_assert_eq!(count(&read.state), count(&written.state));
            }
            Err(problem) => prop_assert!(!problem.to_string().is_empty()),
        }
    }

    #[test]
    fn journals(mutations in vec(mutation(), 1..6)) {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("journal.jsonl");
        let bytes = mutated(JOURNAL.as_bytes(), &mutations);
        place.write(&bytes).unwrap();
        let past = Past::read(&place).unwrap();
        let ends = bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        prop_assert!(past.lines() <= ends + 1);
        prop_assert_eq!(past.unread() + past.written().len() as u64, past.lines());
        let kept = past.lineage(past.lines());
        prop_assert!((past.lines()..past.lines() + 9).all(|line| !kept.contains(line)));
        prop_assert!(past.written().iter().all(|line| past.change(line).is_ok()));
    }

    #[test]
    fn metrics(mutations in vec(mutation(), 1..6)) {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("metrics.jsonl");
        place.write(&mutated(METRICS.as_bytes(), &mutations)).unwrap();
        let records: Vec<Record> = Survivors::until(&place, u64::MAX).unwrap().collect();
        prop_assert!(records.len() <= 4);
        prop_assert!(records.windows(2).all(|w| w[0].measures.step < w[1].measures.step));
    }
}
