//! Ten thousand mutations each of the files that a resumed run reads: no panic, and no more memory than the input
//! justifies. Files with a fuzz target are covered by `fuzz.rs`.

#[path = "common/mutation.rs"]
mod mutation;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use sn_tui::{
    engine::gan::TrainingState,
    files::{folder::Folder, tensors::StateTensor},
    model::{Change, Updates},
    preset::{self, builtin::builtin},
    rundir::{
        about,
        checkpoint::{self, Checkpoint, Position},
        metrics::{LiveRecords, Record},
    },
};

use mutation::{mutated, mutation};

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
        metrics: Some(1_000),
        planned: 1,
        updates: Updates::Both,
        left: None,
        seconds: 1.5,
        saved: about::now(),
        changes: vec![vec![Change {
            key: "gain".into(),
            old: "16.0".into(),
            new: "2.0".into(),
        }]],
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

const METRICS: &str = r#"{"step":1,"seconds":0.01,"updates":"both","loss_d":1.0,"loss_g":0.5,"d_real":0.1,"d_fake":-0.1,"accuracy_real":1.0,"accuracy_fake":0.5,"grad_d":2.0,"grad_g":1.0,"grad_x_mean":0.5,"grad_x_max":null,"sigma":{"d.0":1.0,"d.2":1.5},"weight_norm":{"d.0":3.0,"d.2":4.0},"gradient_norm":{"d.0":0.1,"g.0":0.2}}
{"step":2,"seconds":0.02,"updates":"both","loss_d":null,"loss_g":0.5,"d_real":0.1,"d_fake":-0.1,"accuracy_real":1.0,"accuracy_fake":0.5,"grad_d":2.0,"grad_g":1.0,"grad_x_mean":0.5,"grad_x_max":0.7,"sigma":{"d.0":1.0,"d.2":1.5},"weight_norm":{"d.0":3.0,"d.2":4.0},"gradient_norm":{"d.0":0.1,"g.0":0.2},"scores_step":2,"modes":7,"modes_total":8,"high_quality":0.5,"reverse_kl":0.1}
{"step":2,"seconds":0.03,"updates":"generator","loss_d":null,"loss_g":0.5,"d_real":null,"d_fake":null,"accuracy_real":null,"accuracy_fake":null,"grad_d":null,"grad_g":1.0,"grad_x_mean":0.5,"grad_x_max":0.7,"sigma":{},"weight_norm":{},"gradient_norm":{"g.0":0.2}}
"#;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn checkpoints(mutations in vec(mutation(), 1..6)) {
        let whole = checkpoint();
        let bytes = mutated(&whole, &mutations);
        match checkpoint::decode(&bytes) {
            // If a checkpoint can still be read, it is the one that was written.
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
    fn metrics(mutations in vec(mutation(), 1..6)) {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("metrics.jsonl");
        place.write(&mutated(METRICS.as_bytes(), &mutations)).unwrap();
        let records: Vec<Record> = LiveRecords::until(&place, u64::MAX).unwrap().collect();
        prop_assert!(records.len() <= 4);
        prop_assert!(records.windows(2).all(|w| w[0].measures.step < w[1].measures.step));
    }
}
