//! The command that trains the classifiers in assets/.

use std::error::Error;

use crate::{
    cli::{ClassifierArgs, ClassifierSet, say, takes_safetensors},
    metric::classifier::{self, Set},
};

/// Trains as the arguments say, tells how it goes on standard error, and writes the file.
///
/// # Errors
/// Training that fails; a file that cannot be written.
pub fn train(arguments: &ClassifierArgs) -> Result<(), Box<dyn Error>> {
    let set = match arguments.set {
        ClassifierSet::Digits => Set::Digits,
        ClassifierSet::Fashion => Set::Fashion,
    };
    takes_safetensors(&arguments.out)?;
    let progress = |epoch, loss: f32| say(&format!("epoch {epoch:>3}  cross entropy {loss:.4}"));
    let trained = classifier::train(set, arguments.seed, arguments.epochs, progress)?;
    arguments.out.write(&trained.file)?;
    let about = &trained.classifier.about;
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
