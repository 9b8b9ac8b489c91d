//! The audit as text.

use super::{
    named,
    weights::{Audit, Nearer, Note, Row, Start},
};
use crate::text;

/// What the figures are.
pub const LEGEND: &str = "\
σ power: uᵀWv after so many power iterations, in single precision, as in training.
σ SVD: the largest singular value of the same matrix by SVD, in double precision.
σ(W/σ̂): norm of the updated weight, W divided by |σ power|; 1.0 is desired.
The matrix is the weight reshaped to (out, everything else): the paper's choice. The operator norm is that
of the convolution itself, with its stride and zero padding: what bounds the Lipschitz constant.
";

/// One layer: what it is, a row of seven figures for each number of iterations, what else is known of it.
pub fn layer(audit: &Audit) -> String {
    let Some(first) = audit.rows.first() else {
        return String::new();
    };
    let mut text = format!("{}\n{HEADING}\n", title(audit, first));
    for row in &audit.rows {
        text += &line(row);
        text.push('\n');
    }
    text += &closing(audit, first);
    text += "\n\n";
    text
}

fn title(audit: &Audit, row: &Row) -> String {
    let name = text::one_line(named(&row.layer));
    let shape: Vec<String> = row.shape.iter().map(usize::to_string).collect();
    let (rows, columns) = audit.matrix;
    let vectors = match audit.start {
        Start::Stored => "stored u, v",
        Start::StoredU => "stored u",
        Start::Fresh => "fresh u, v",
    };
    let layout = match audit.nearer {
        None => "",
        Some(Nearer::Plain) => " · plain by its vectors",
        Some(Nearer::Transposed) => " · transposed by its vectors",
    };
    let note = match row.note {
        None => "",
        Some(Note::Zero) => " · zero",
        Some(Note::NonFinite) => " · non-finite",
        Some(Note::ShapeMismatch) => " · shape-mismatch: u and v do not fit the matrix",
        Some(Note::Groups) => " · groups?",
    };
    format!(
        "{name} · {} · matrix {rows}×{columns} · {vectors}{layout}{note}",
        shape.join("×"),
    )
}

const HEADING: &str =
    "  iterations      σ power        σ SVD  rel. error  1−|cos u|  1−|cos v|     σ(W/σ̂)  desired";

/// What the norm of the updated weight should be.
const DESIRED: &str = "1.0";

fn line(row: &Row) -> String {
    format!(
        "  {:>10} {:>12} {:>12} {:>11} {:>10} {:>10} {:>10} {:>8}",
        row.iterations,
        number(row.sigma_power),
        number(row.sigma_svd),
        error(row.relative_error),
        error(row.cosine_error_u),
        error(row.cosine_error_v),
        number(row.sigma_normalized),
        DESIRED,
    )
}

fn closing(audit: &Audit, row: &Row) -> String {
    let mut text = format!(
        "  ‖W‖F {} · stable rank {}",
        number(row.frobenius),
        number(row.stable_rank)
    );
    let Some((place, groups)) = audit.place else {
        return text;
    };
    text += &format!(" · operator norm {}", number(row.operator_norm));
    if let Some(reason) = audit.unknown {
        text += &format!(" ({reason})");
    }
    if let (Some(operator), Some(svd)) = (row.operator_norm, row.sigma_svd.filter(|&s| s > 0.0)) {
        text += &format!(" = {} × σ SVD", short(operator / svd));
    }
    let (height, width) = place.input;
    let padding = match place.padding {
        (rows, columns) if rows == columns => rows.to_string(),
        (rows, columns) => format!("{rows}×{columns}"),
    };
    let kind = if place.transposed { "transposed, " } else { "" };
    let groups = match groups {
        1 => String::new(),
        groups => format!("{groups} groups, "),
    };
    text += &format!(
        "\n  ({kind}{groups}stride {}, padding {padding}, input {height}×{width})",
        place.stride
    );
    text
}

/// Seven significant figures.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "—".to_owned();
    };
    // Written once in scientific notation, so that what rounds up to a power of ten counts as one.
    let scientific = format!("{value:.6e}");
    let exponent = scientific
        .split_once('e')
        .and_then(|(_, e)| e.parse::<i32>().ok());
    match exponent {
        _ if value == 0.0 => "0".to_owned(),
        Some(exponent @ -3..=6) => format!("{value:.*}", (6 - exponent) as usize),
        _ => scientific,
    }
}

fn short(value: f64) -> String {
    format!("{value:.3}")
}

fn error(value: Option<f64>) -> String {
    match value {
        None => "—".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(value) => format!("{value:.2e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_seven_figures() {
        for (value, text) in [
            (1.0, "1.000000"),
            (0.123456789, "0.1234568"),
            (1234.56789, "1234.568"),
            (-2.5, "-2.500000"),
            (3e20, "3.000000e20"),
            (0.99999999, "1.000000"),
            (0.001234, "0.001234000"),
            (0.0, "0"),
        ] {
            assert_eq!(number(Some(value)), text);
        }
        assert_eq!(number(None), "—");
    }
}
