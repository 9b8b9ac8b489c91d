//! The conditions of alarms in words. The numbers are the detectors' own thresholds.

use super::detectors;
use crate::model::AlarmKind;

/// The conditions of an alarm in words.
pub(super) struct Rule {
    pub kind: AlarmKind,
    /// The condition for going on.
    pub on: String,
    /// The condition for going off.
    pub off: String,
}

/// The table of alarms in Markdown.
pub fn markdown() -> String {
    let mut table = "| alarm | goes on when | goes off when |\n| --- | --- | --- |\n".to_owned();
    for Rule { kind, on, off } in detectors::rules() {
        table.push_str(&format!("| `{}` | {on} | {off} |\n", kind.name()));
    }
    table
}

/// Formats a small number as a power of ten: `5·10⁻⁶`, `10⁻⁷`.
pub(super) fn power(figure: f64) -> String {
    const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let text = format!("{figure:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: String = exponent
        .chars()
        .map(|symbol| match symbol.to_digit(10) {
            Some(digit) => SUPERSCRIPTS[digit as usize],
            None => '⁻',
        })
        .collect();
    match digits {
        "1" => format!("10{exponent}"),
        digits => format!("{digits}·10{exponent}"),
    }
}

/// Formats a share as a percentage: `98.5 %`.
pub(super) fn percent(share: f64) -> String {
    // Shares are constants with few digits. Further digits are rounding errors.
    format!("{} %", (share * 1e4).round() / 1e2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_in_print() {
        assert_eq!(
            [5e-6, 1e-7, 3e-8, 2.5e-12].map(power),
            ["5·10⁻⁶", "10⁻⁷", "3·10⁻⁸", "2.5·10⁻¹²"]
        );
        assert_eq!([0.985, 0.6, 0.1].map(percent), ["98.5 %", "60 %", "10 %"]);
    }

    #[test]
    fn every_alarm_has_a_rule() {
        use AlarmKind::*;
        let kinds: Vec<AlarmKind> = detectors::rules().map(|rule| rule.kind).collect();
        let all = [
            DyingGradient,
            ExplodingGradient,
            DiscriminatorWins,
            DiscriminatorLoses,
            ModeCollapse,
            LowQuality,
            SpectralCollapse,
            EstimateDrift,
            NonFinite,
        ];
        assert_eq!(kinds, all);
    }
}
