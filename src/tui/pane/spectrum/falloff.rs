//! The plot of singular values: σᵢ/σ₁ over i.

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use crate::tui::{
    look::theme::Look,
    plot::{
        Side, axis,
        canvas::{Canvas, Ink, Several},
        kind::Kind,
        scale::Scale,
    },
    words::number,
};

/// The minimum of a logarithmic axis. Smaller shares are drawn at its foot.
const FLOOR: f64 = 1e-6;

/// Draws spectra, each in descending order, on one axis, in `braille` or in the characters of their inks. The last one is
/// in front.
pub(super) fn render(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    braille: bool,
    kind: Kind,
    spectra: &[(&[f64], Ink)],
) {
    let scaled: Vec<Vec<f32>> = spectra.iter().map(|(values, _)| shares(values)).collect();
    let all = scaled.iter().flatten().copied();
    let scale = if kind == Kind::Log {
        Scale::over(kind, all.filter(|&share| f64::from(share) >= FLOOR))
    } else {
        Scale::over(kind, [0.0, 1.0].into_iter())
    };
    let Some(scale) = scale else { return };
    let below = area.height >= 4;
    let plot = Rect {
        height: area.height - u16::from(below),
        ..area
    };
    let gutter = axis::vertical(buf, plot, look, &scale, Side::Left, None);
    let inner = Rect {
        x: plot.x + gutter,
        width: plot.width.saturating_sub(gutter),
        ..plot
    };
    if inner.is_empty() {
        return;
    }
    let mut canvas = Canvas::new(inner.width, inner.height, braille);
    let (width, height) = canvas.dots();
    let count = scaled.iter().map(Vec::len).max().unwrap_or(0);
    let x = |i: usize| match count {
        0 | 1 => 0,
        _ => (i * (width - 1)) as i64 / (count as i64 - 1),
    };
    for (ink, shares) in scaled.iter().enumerate() {
        let mut previous = None;
        for (i, &share) in shares.iter().enumerate() {
            let Some(place) = scale.place(share) else {
                continue;
            };
            let bottom = height.saturating_sub(1) as f64;
            let dot = (x(i), (bottom - place * bottom).round() as i64);
            canvas.line(previous.unwrap_or(dot), dot, ink as u8);
            previous = Some(dot);
        }
    }
    let inks: Vec<Ink> = spectra.iter().map(|(_, ink)| *ink).collect();
    canvas.render(buf, inner, &inks, Several::Last);
    if below {
        let row = Rect {
            y: area.bottom() - 1,
            height: 1,
            ..inner
        };
        numbers(buf, row, look, count);
    }
}

/// Returns the values divided by the first, or zeros if the first is 0.
fn shares(values: &[f64]) -> Vec<f32> {
    let first = values.first().copied().unwrap_or(0.0);
    let share = |value: f64| {
        if first > 0.0 {
            (value / first) as f32
        } else {
            0.0
        }
    };
    values.iter().map(|&value| share(value)).collect()
}

/// Draws the horizontal axis, labelled with the first, the last and a middle index.
fn numbers(buf: &mut Buffer, row: Rect, look: &Look, count: usize) {
    let theme = &look.theme;
    Span::styled("─".repeat(row.width as usize), theme.rule).render(row, buf);
    let mut label = |number: usize, x: u16| {
        let text = number::count(number as u64);
        let width = text.len() as u16;
        let left = x
            .saturating_sub(width / 2)
            .min(row.width.saturating_sub(width));
        let place = Rect {
            x: row.x + left,
            width,
            ..row
        };
        Span::styled(text, theme.dim).render(place.intersection(row), buf);
    };
    label(1, 0);
    if count > 1 {
        label(count, row.width);
    }
    if count > 8 && row.width >= 24 {
        label(count.div_ceil(2), row.width / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_share_is_one_and_zeros_stay_zero() {
        assert_eq!(shares(&[4.0, 2.0, 0.0]), [1.0, 0.5, 0.0]);
        assert_eq!(shares(&[0.0, 0.0]), [0.0, 0.0]);
        assert_eq!(shares(&[]), Vec::<f32>::new());
    }
}
