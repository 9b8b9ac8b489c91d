//! `sn-tui bench`: times training steps.
//!
//! A single network is timed in this process. Several networks are timed in one child process each, so that each has its
//! own peak of memory, caches and heap.

pub(crate) mod arguments;

mod arithmetic;
mod child;
mod cost;
mod matmul;
mod memory;
pub(crate) mod networks;
mod report;
mod table;
mod timing;

use std::sync::Arc;

use rand::Rng;

use super::{BenchArgs, Error, threads};
use crate::{
    command,
    engine::{
        data::Dataset,
        random::{Stream, generator},
    },
    preset::Preset,
    run::{Device, Failure, pool, prefetch::Prefetch},
    text::streams::write_out,
};

use networks::{Samples, Subject};
use report::{Calls, Parts, Report, thousandths};
use timing::Timings;

/// Seed of weights, latents and samples.
const SEED: u64 = 0;

/// Times the networks that the arguments name, and prints each report when it is ready.
///
/// # Errors
/// - A name is unknown or a preset is wrong (a [`Diagnostic`](crate::preset::Diagnostic), before anything is timed).
/// - The device or the data fail, or a loss or gradient is not finite.
pub(crate) fn bench(arguments: &BenchArgs) -> Result<(), Error> {
    let mut names = arguments.networks.clone();
    if names.is_empty() {
        names = networks::PEERS.map(str::to_owned).to_vec();
    }
    let subjects: Vec<Subject> = names
        .iter()
        .map(|name| networks::find(name))
        .collect::<Result<_, _>>()?;
    if arguments.sn_cost {
        return costs(&subjects, arguments);
    }
    let show = |report: &Report| -> Result<(), Error> {
        let text = if arguments.json {
            serde_json::to_string(report)? + "\n"
        } else {
            table::block(report) + "\n"
        };
        Ok(write_out(text.as_bytes())?)
    };
    let alone = subjects.len() == 1;
    for (name, subject) in names.iter().zip(&subjects) {
        let report = if alone {
            time(subject, arguments)
        } else {
            child::report(name, arguments)
        };
        show(&report?)?;
    }
    if !arguments.json {
        write_out(table::LEGEND.as_bytes())?;
    }
    Ok(())
}

/// Prints the cost of spectral normalization for each network.
fn costs(subjects: &[Subject], arguments: &BenchArgs) -> Result<(), Error> {
    let threads = threads(arguments.threads);
    let pool = pool::pool(threads)?;
    for subject in subjects {
        let cost = pool.install(|| cost::cost(subject, arguments, threads))?;
        let text = if arguments.json {
            serde_json::to_string(&cost)? + "\n"
        } else {
            cost.text()
        };
        write_out(text.as_bytes())?;
    }
    Ok(())
}

/// Times a network in this process.
fn time(subject: &Subject, arguments: &BenchArgs) -> Result<Report, Failure> {
    let preset = settings(&subject.preset, arguments);
    let threads = threads(arguments.threads);
    let pool = pool::pool(threads)?;
    pool.install(|| {
        let (device, sigma) = (
            command::device(arguments.device, arguments.tf32, None)?,
            !arguments.no_sn,
        );
        let mut engine = device.build_measuring(&preset, SEED, sigma)?;
        if device == Device::Cpu {
            engine.time_parts();
        }
        let mut samples = source(subject.samples, &preset)?;
        let timings = Timings::of(&mut *engine, &mut *samples, arguments.steps)?;
        let calls = match engine.counts() {
            None => None,
            Some(before) => {
                engine.step(&mut *samples)?;
                engine.counts().map(|after| Calls::from(after - before))
            }
        };
        let peak_memory_mb = memory::peak_megabytes();
        let gflop = arithmetic::gflop(&preset)?;
        let (params_g, params_d) = engine.parameters();
        Ok(Report {
            net: subject.name.clone(),
            sn: preset.spectral.enabled,
            threads,
            batch: preset.batch,
            n_dis: preset.n_dis,
            step_ms_median: thousandths(timings.median()),
            step_ms_min: thousandths(timings.min()),
            step_ms_spread: thousandths(timings.spread()),
            steps: timings.count(),
            gflop: thousandths(gflop),
            step_gflops: thousandths(1e3 * gflop / timings.median()),
            matmul_gflops: thousandths(matmul::gflops()),
            peak_memory_mb: peak_memory_mb.map(thousandths),
            parts: Parts::of(&timings),
            params_g,
            params_d,
            samples: match subject.samples {
                Samples::Uniform => "uniform".to_owned(),
                Samples::Own => "own".to_owned(),
            },
            device: device.to_string(),
            calls,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    })
}

/// Returns the preset with the settings of the flags.
fn settings(preset: &Preset, arguments: &BenchArgs) -> Preset {
    let mut preset = preset.clone();
    if let Some(n_dis) = arguments.n_dis {
        preset.n_dis = n_dis;
    }
    if arguments.no_sn {
        preset.spectral.enabled = false;
        preset.spectral.generator = false;
        preset.spectral.layers.clear();
    }
    preset
}

/// Returns the batch of real samples with this index.
type Source = Box<dyn FnMut(u64) -> Result<Vec<f32>, Failure>>;

/// Opens the source of real samples.
fn source(samples: Samples, preset: &Preset) -> Result<Source, Failure> {
    match samples {
        Samples::Uniform => {
            let count = preset.data.sample_shape().features() * preset.batch;
            let mut rng = generator(SEED, Stream::Data, 0);
            let batch: Vec<f32> = (0..count).map(|_| rng.random_range(-1.0..1.0)).collect();
            Ok(Box::new(move |_| Ok(batch.clone())))
        }
        Samples::Own => {
            let dataset = Arc::new(Dataset::load(&preset.data)?);
            let mut prefetch = Prefetch::new(dataset, SEED, preset.batch);
            Ok(Box::new(move |index| prefetch.batch(index)))
        }
    }
}
