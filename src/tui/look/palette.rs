//! The colour map of heat maps: cividis (Nuñez, Anderton & Renslow 2018). It is perceptually uniform, and looks the same to
//! people who cannot tell red from green.

use crate::tui::picture::resample::Rgb;

/// Equally spaced colours, from the lowest to the highest value.
const CIVIDIS: [[u8; 3]; 10] = [
    [0x00, 0x22, 0x4e],
    [0x12, 0x35, 0x70],
    [0x3b, 0x49, 0x6c],
    [0x57, 0x5d, 0x6d],
    [0x70, 0x71, 0x73],
    [0x8a, 0x86, 0x78],
    [0xa5, 0x9c, 0x74],
    [0xc3, 0xb3, 0x69],
    [0xe1, 0xcc, 0x55],
    [0xfe, 0xe8, 0x38],
];

/// Returns the colour of a share from 0 to 1.
pub(crate) fn heat(share: f32) -> Rgb {
    let last = CIVIDIS.len() - 1;
    let at = share.clamp(0.0, 1.0) * last as f32;
    let below = (at as usize).min(last - 1);
    let along = at - below as f32;
    let mut colour = [0.0; 3];
    for (channel, value) in colour.iter_mut().enumerate() {
        let ends = [below, below + 1].map(|i| f32::from(CIVIDIS[i][channel]));
        *value = ends[0] + (ends[1] - ends[0]) * along;
    }
    colour
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE lightness of a colour.
    fn lightness(rgb: Rgb) -> f32 {
        let linear = rgb.map(|value| {
            let value = value / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        let y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        116.0 * y.cbrt() - 16.0
    }

    #[test]
    fn lightness_rises_evenly() {
        let steps: Vec<f32> = (0..=20).map(|i| lightness(heat(i as f32 / 20.0))).collect();
        let rises: Vec<f32> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(
            rises.iter().all(|rise| (2.5..6.5).contains(rise)),
            "{rises:?}"
        );
        assert_eq!(heat(-1.0), heat(0.0));
        assert_eq!(heat(9.0), heat(1.0));
    }
}
