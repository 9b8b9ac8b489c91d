//! A training thread that panics: the screen shows it, and the terminal is restored.

use std::{env, path::Path, rc::Rc};

use sn_tui::{
    engine::{
        gan::{Outcome, TrainingState},
        spectral::LayerWeight,
    },
    files::tensors::StateTensor,
    model::{Command, Measures, RunRequest, Updates},
    preset::{Preset, builtin},
    run::{self, Device, Engine, Failure, Handle, Options, engine::Real},
    tui::{self, End, LaunchError, Launcher, Link, app::keys::Table},
};

use crate::live::Live;

/// A real engine that panics at a given step.
struct Panicking(Box<dyn Engine>);

impl Engine for Panicking {
    fn parameters(&self) -> (usize, usize) {
        self.0.parameters()
    }

    fn steps(&self) -> u64 {
        self.0.steps()
    }

    fn step_of(&mut self, updates: Updates, real: Real) -> Result<Outcome, Failure> {
        assert!(self.0.steps() < 20, "the twenty-first step is one too many");
        self.0.step_of(updates, real)
    }

    fn measures(&self) -> Result<Option<Measures>, Failure> {
        self.0.measures()
    }

    fn reconfigure(&mut self, preset: &Preset) -> Result<(), Failure> {
        self.0.reconfigure(preset)
    }

    fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Failure> {
        self.0.sample(latents)
    }

    fn discriminate(&self, samples: &[f32], count: usize) -> Result<(Vec<f32>, Vec<f32>), Failure> {
        self.0.discriminate(samples, count)
    }

    fn weights(&self) -> Result<Vec<LayerWeight>, Failure> {
        self.0.weights()
    }

    fn in_use(&self) -> Result<[Vec<f32>; 2], Failure> {
        Err("no parameters".into())
    }

    fn state(&self) -> Result<Vec<StateTensor>, Failure> {
        self.0.state()
    }

    fn capture(&self) -> Result<TrainingState, Failure> {
        self.0.capture()
    }

    fn restore(&mut self, preset: &Preset, state: Option<&TrainingState>) -> Result<(), Failure> {
        self.0.restore(preset, state)
    }
}

struct Nowhere;

impl Launcher for Nowhere {
    fn start(&self, _: &RunRequest) -> Result<Rc<dyn Link>, LaunchError> {
        Err(LaunchError::Unsupported("this screen starts no runs"))
    }
}

/// The program under test, which runs on the terminal in its own process.
#[test]
#[ignore = "takes the terminal; the other test of this file starts it"]
fn program() {
    if env::var_os("SN_TUI_PANICKING").is_none() {
        return;
    }
    let options = Options::new("ring", builtin::builtin("ring").unwrap(), "out");
    let build = |preset: &Preset, seed| -> Result<Box<dyn Engine>, Failure> {
        Ok(Box::new(Panicking(Device::Cpu.build(preset, seed)?)))
    };
    let handle: Rc<Handle> = Rc::new(run::start(options, build).unwrap());
    let shown = tui::Options {
        fps: 10,
        mouse: true,
        keys: Table::default(),
        first_request: None,
        seed: None,
        demo: None,
        keep_running: false,
        caller_handles_signals: false,
    };
    let end = tui::run(Rc::new(tui::OwnRun::of(handle.clone())), &Nowhere, &shown).unwrap();
    handle.send(Command::Quit);
    let End::WorkerFailed(message) = end else {
        panic!("{end:?}");
    };
    println!("told: {message}");
}

#[test]
fn a_panic_is_shown_and_the_terminal_restored() {
    let program = env::current_exe().unwrap();
    let arguments = [
        "--exact",
        "panicking::program",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ];
    // The variable keeps a plain `--ignored` from taking over a terminal.
    let with_variable = ["SN_TUI_PANICKING=1", program.to_str().unwrap()];
    let all = [&with_variable[..], &arguments[..]].concat();
    let mut live = Live::start_program(Path::new("/usr/bin/env"), &all, |_| {});
    live.until_shown("The run has stopped");
    live.until_shown("the twenty-first step is one too many");
    live.until_shown("It made 20 of");
    // Keys of the training do nothing, presets can be viewed, and this launcher starts none.
    live.press("s P");
    live.until_shown("generator");
    live.press("\r");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    live.until_shown("told: the training thread panicked");
    assert!(live.log().contains("one too many"), "{}", live.log());
}
