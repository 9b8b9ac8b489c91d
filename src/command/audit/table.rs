//! The audit as a table of text.

use super::{
    display_name,
    weights::{Audit, ChosenLayout, Note, Row, Start},
};
use crate::text;

/// The legend of the table.
pub(super) const LEGEND: &str = "\
σ power: uᵀWv after this many power iterations, in single precision, as in training.
σ SVD: the largest singular value of the same matrix by SVD, in double precision.
σ(W/σ̂): norm of the normalized weight, W divided by |σ power|; 1.0 is desired.
The matrix is the weight reshaped to (out, everything else), as in the paper. The
operator norm is that of the convolution itself, with its stride and zero padding;
it bounds the Lipschitz constant.
";

/// Returns the text of one layer: a title, a row of seven figures for each number of iterations, and its norms.
pub(super) fn layer(audit: &Audit) -> String {
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

/// Returns the title of a layer: name, shapes, start vectors, layout and note.
fn title(audit: &Audit, row: &Row) -> String {
    let name = text::one_line(display_name(&row.layer));
    let shape: Vec<String> = row.shape.iter().map(usize::to_string).collect();
    let (rows, columns) = audit.matrix;
    let vectors = match audit.start {
        Start::Stored => "stored u, v",
        Start::StoredU => "stored u",
        Start::Fresh => "fresh u, v",
    };
    let layout = match audit.chosen {
        None => "",
        Some(ChosenLayout::Plain) => " · plain by its vectors",
        Some(ChosenLayout::Transposed) => " · transposed by its vectors",
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

/// The desired norm of the normalized weight.
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

/// Returns the lines after the rows: norms, rank and, for a convolution, its parameters.
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
    if let Some(reason) = audit.no_norm {
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

/// Returns a number with seven significant digits.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "—".to_owned();
    };
    // The exponent of the rounded number decides the notation.
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
