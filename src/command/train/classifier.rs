//! `sn-tui train-classifier`: trains a classifier of `assets/`.

use crate::{
    command::{ClassifierArgs, ClassifierSet, Error, check_safetensors, device},
    engine::{
        metric::classifier::{self, Set},
        nn::Host,
    },
    run::Device,
    text::streams::say,
};

/// Trains the classifier, prints progress to standard error, and writes the file.
///
/// # Errors
/// Training fails, or the file cannot be written.
pub(crate) fn train(arguments: &ClassifierArgs) -> Result<(), Error> {
    let set = match arguments.set {
        ClassifierSet::Digits => Set::Digits,
        ClassifierSet::Fashion => Set::Fashion,
    };
    check_safetensors(&arguments.out)?;
    let progress = |epoch, loss: f32| say(&format!("epoch {epoch:>3}  cross entropy {loss:.4}"));
    let (seed, epochs) = (arguments.seed, arguments.epochs);
    let trained = match device(Some(arguments.device), false, None)? {
        Device::Cpu => classifier::train(&Host, set, seed, epochs, progress)?,
        Device::Cuda(card) => classifier::train(&card.open()?, set, seed, epochs, progress)?,
    };
    arguments.out.write(&trained.file)?;
    let about = &trained.about;
    say(&format!(
        "held-out accuracy {:.4}: {} images, trained on {}, seed {}\n  ({})\n{}: {} bytes",
        about.accuracy,
        about.held_out,
        about.trained_on,
        about.seed,
        about.protocol,
        arguments.out,
        trained.file.len()
    ));
    Ok(())
}
