//! The arguments of `audit`.

use std::path::PathBuf;

use clap::{Args, builder::RangedU64ValueParser};

use crate::command::Invalid;

/// Number of iterations, at most.
const MAX_ITERATIONS: u64 = 1_000_000;
/// Longest side of an image in pixels.
const MAX_SIDE: usize = 4096;
/// Number of values in a random matrix, at most.
const MAX_RANDOM: usize = 1 << 26;
/// Largest stride and padding.
const MAX_STEP: usize = 4096;
/// Number of groups of a convolution, at most.
const MAX_GROUPS: usize = 1 << 20;

/// Arguments of `audit`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui audit weights.safetensors
  sn-tui audit mine                   all layers of the run runs/mine
  sn-tui audit weights.safetensors --iterations 1,100 --json
  sn-tui audit g.safetensors --transposed 3 --stride 3=2 --input 7x7
  sn-tui audit mobilenet.safetensors --groups features.1=32
  sn-tui audit --random 512x4608

Weights are the tensors of two or more dimensions whose keys end as PyTorch names weights (weight, weight_hh_l0, in_proj_weight, X_orig, parametrizations.X.original), in f64, f32, f16, bf16 or f8. Of weight normalization, the resulting weight is audited. Every other such tensor is named on standard error.

The iteration starts from u and v if they are stored with a weight. The matrix is the weight reshaped to (out, everything else), as in the paper. The operator norm is that of the convolution itself, with its stride and zero padding; it bounds the Lipschitz constant. Files of this program contain stride, padding and image sizes; for other files they are 1, (kernel - 1)/2 and 32x32 unless given. If a convolution may be grouped, it has no operator norm and the note groups? until --groups gives the number.")]
pub struct AuditArgs {
    /// A safetensors file, a run (its folder, name or id), or the folder of a model
    #[arg(
        value_name = "FILE.safetensors|RUN",
        required_unless_present = "random",
        value_hint = clap::ValueHint::AnyPath
    )]
    pub file: Option<PathBuf>,
    /// Numbers of power iterations, one row for each, counted from the stored vectors or from fresh ones
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "1,2,5,10",
        value_parser = RangedU64ValueParser::<usize>::new().range(..=MAX_ITERATIONS)
    )]
    pub iterations: Vec<usize>,
    /// Seed of random matrices, and of the start vectors of layers without stored ones
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Treat a layer as a transposed convolution, stored as (in, out, kh, kw); repeatable
    #[arg(long, value_name = "LAYER")]
    pub transposed: Vec<String>,
    /// Audit a random matrix as well; repeatable
    #[arg(long, value_name = "MxN", value_parser = random)]
    pub random: Vec<(usize, usize)>,
    /// Size of the input images of convolutions, for the operator norm [default: 32x32, or that of the run]
    #[arg(long, value_name = "HxW", value_parser = image)]
    pub input: Option<(usize, usize)>,
    /// Stride of a convolution, for its operator norm; repeatable
    #[arg(long, value_name = "LAYER=N", value_parser = stride)]
    pub stride: Vec<(String, usize)>,
    /// Zero padding of a convolution, for its operator norm; repeatable
    #[arg(long, value_name = "LAYER=N", value_parser = padding)]
    pub padding: Vec<(String, usize)>,
    /// Groups of a convolution, for its operator norm (1: not grouped); repeatable
    #[arg(long, value_name = "LAYER=N", value_parser = groups)]
    pub groups: Vec<(String, usize)>,
    /// Print a JSON array with one object for each row
    #[arg(long)]
    pub json: bool,
}

/// Parses two numbers, `AxB`.
fn pair(text: &str) -> Option<(usize, usize)> {
    let (first, second) = text.split_once(['x', 'X', '×'])?;
    Some((first.trim().parse().ok()?, second.trim().parse().ok()?))
}

/// Parses the size of a random matrix.
fn random(text: &str) -> Result<(usize, usize), Invalid> {
    let expected = || Invalid::Expected("two numbers of 1 or more, as in 512x4608".to_owned());
    let size = pair(text).filter(|&(m, n)| m > 0 && n > 0);
    let (m, n) = size.ok_or_else(expected)?;
    match m.checked_mul(n) {
        Some(count) if count <= MAX_RANDOM => Ok((m, n)),
        _ => Err(Invalid::TooMany(MAX_RANDOM)),
    }
}

/// Parses the height and width of an image.
fn image(text: &str) -> Result<(usize, usize), Invalid> {
    let fits = |n: usize| (1..=MAX_SIDE).contains(&n);
    let expected = || format!("height and width from 1 to {MAX_SIDE}, as in 32x32");
    pair(text)
        .filter(|&(h, w)| fits(h) && fits(w))
        .ok_or_else(|| Invalid::Expected(expected()))
}

fn stride(text: &str) -> Result<(String, usize), Invalid> {
    of_layer(text, 1, MAX_STEP)
}

fn groups(text: &str) -> Result<(String, usize), Invalid> {
    of_layer(text, 1, MAX_GROUPS)
}

fn padding(text: &str) -> Result<(String, usize), Invalid> {
    of_layer(text, 0, MAX_STEP)
}

/// Parses `LAYER=N`, with N from `least` to `most`.
fn of_layer(text: &str, least: usize, most: usize) -> Result<(String, usize), Invalid> {
    let found = text.rsplit_once('=').and_then(|(layer, number)| {
        let number: usize = number.trim().parse().ok()?;
        let fits = (least..=most).contains(&number);
        fits.then(|| (layer.trim().to_owned(), number))
    });
    let expected = || format!("a layer and a number from {least} to {most}, as in d.2=2");
    found.ok_or_else(|| Invalid::Expected(expected()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command::{Cli, Command};

    fn audit(arguments: &[&str]) -> Option<AuditArgs> {
        let all = ["sn-tui", "audit"].iter().chain(arguments);
        match Cli::try_parse_from(all).ok()?.command {
            Some(Command::Audit(audit)) => Some(audit),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_or_a_random_matrix_is_needed() {
        assert_eq!(audit(&[]), None);
        assert_eq!(audit(&["a.safetensors"]).unwrap().iterations, [1, 2, 5, 10]);
        assert_eq!(audit(&["--random", "3x4"]).unwrap().random, [(3, 4)]);
    }

    #[test]
    fn invalid_arguments_are_refused() {
        for wrong in [
            ["--iterations", "1,x"],
            ["--iterations", "-1"],
            ["--iterations", ""],
            ["--random", "3"],
            ["--random", "0x3"],
            ["--random", "99999999999x99999999999"],
            ["--input", "0x3"],
            ["--input", "99999x3"],
            ["--stride", "d.0"],
            ["--stride", "d.0=0"],
            ["--padding", "d.0=-1"],
            ["--groups", "d.0"],
            ["--groups", "d.0=0"],
        ] {
            assert_eq!(audit(&["a", wrong[0], wrong[1]]), None, "{wrong:?}");
        }
        let right = audit(&[
            "a",
            "--stride",
            "a=b=2",
            "--padding",
            "=0",
            "--input",
            "7×5",
        ])
        .unwrap();
        assert_eq!(right.stride, [("a=b".to_owned(), 2)]);
        assert_eq!(right.padding, [(String::new(), 0)]);
        assert_eq!(right.input, Some((7, 5)));
    }
}
