//! Scaling of images.

use super::Images;

/// Red, green and blue, each from 0 to 255.
pub(crate) type Rgb = [f32; 3];

/// Scales an image. Each pixel is the mean of the area that it covers.
pub(crate) fn scaled(images: &Images, pixels: &[u8], width: usize, height: usize) -> Vec<Rgb> {
    let across = overlaps(images.width, width);
    let down = overlaps(images.height, height);
    let mut out = Vec::with_capacity(width * height);
    for rows in &down {
        for columns in &across {
            let (mut sum, mut weight) = ([0.0; 3], 0.0);
            for &(y, share_y) in rows {
                for &(x, share_x) in columns {
                    let share = share_x * share_y;
                    weight += share;
                    for (channel, total) in sum.iter_mut().enumerate() {
                        let channel = channel.min(images.channels.saturating_sub(1));
                        let at = (y * images.width + x) * images.channels + channel;
                        *total += share * f32::from(pixels.get(at).copied().unwrap_or(0));
                    }
                }
            }
            out.push(sum.map(|total| if weight > 0.0 { total / weight } else { 0.0 }));
        }
    }
    out
}

/// Returns, for each of `to` pixels, the pixels among `from` that it covers and the covered share of each.
fn overlaps(from: usize, to: usize) -> Vec<Vec<(usize, f32)>> {
    let ratio = from as f64 / to as f64;
    (0..to)
        .map(|i| {
            let (start, end) = (i as f64 * ratio, (i + 1) as f64 * ratio);
            (start as usize..(end.ceil() as usize).min(from))
                .map(|j| (j, ((j + 1) as f64).min(end) - (j as f64).max(start)))
                .filter(|&(_, share)| share > 1e-9)
                .map(|(j, share)| (j, share as f32))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_keeps_the_mean() {
        let pixels: Vec<u8> = (0..28 * 28).map(|i| (i * 7 % 256) as u8).collect();
        let mean = |values: Vec<f32>| values.iter().sum::<f32>() / values.len() as f32;
        let all = [pixels.clone()];
        let source = Images::square(&all, 1, 28);
        let expected = mean(pixels.iter().map(|&p| f32::from(p)).collect());
        for side in [12, 14, 28, 56] {
            let small = scaled(&source, &pixels, side, side);
            assert!((mean(small.iter().map(|p| p[0]).collect()) - expected).abs() < 0.1);
        }
    }
}
