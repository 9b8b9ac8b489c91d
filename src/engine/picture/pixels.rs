//! Pixels in memory.

/// An 8-bit picture, row by row, channels last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub width: usize,
    pub height: usize,
    /// 1 (gray) or 3 (RGB).
    pub channels: usize,
    pub bytes: Vec<u8>,
}

impl Picture {
    /// A picture with all bytes equal to `value`.
    pub(crate) fn filled(width: usize, height: usize, channels: usize, value: u8) -> Self {
        Self {
            width,
            height,
            channels,
            bytes: vec![value; width * height * channels],
        }
    }

    /// The picture enlarged by an integer factor: each pixel becomes a square of `factor`×`factor` pixels.
    pub(crate) fn enlarged(&self, factor: usize) -> Self {
        let mut large = Self::filled(self.width * factor, self.height * factor, self.channels, 0);
        for (at, pixel) in large.bytes.chunks_exact_mut(self.channels).enumerate() {
            let (row, column) = (at / (self.width * factor), at % (self.width * factor));
            pixel.copy_from_slice(self.pixel(column / factor, row / factor));
        }
        large
    }

    /// The channels of the pixel at (column, row).
    pub(crate) fn pixel(&self, column: usize, row: usize) -> &[u8] {
        &self.bytes[(row * self.width + column) * self.channels..][..self.channels]
    }
}

/// Converts images in [−1, 1], (channels·height·width, count) batch-last, to 8-bit images, (height, width, channels) each.
/// Values outside of the range are clamped; NaN becomes black.
pub(crate) fn from_batch(batch: &[f32], channels: usize, count: usize) -> Vec<Vec<u8>> {
    let features = batch.len() / count.max(1);
    let plane = features / channels.max(1);
    (0..count)
        .map(|sample| {
            let mut image = Vec::with_capacity(features);
            for position in 0..plane {
                for channel in 0..channels {
                    let value = batch[(channel * plane + position) * count + sample];
                    // `as` saturates and converts NaN to 0.
                    image.push(((value + 1.0) * 127.5).round() as u8);
                }
            }
            image
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_becomes_images_with_channels_last() {
        // Two images of 1×2 in three channels: feature f of sample s is byte 10f + s.
        let batch: Vec<f32> = (0..6)
            .flat_map(|feature| {
                (0..2).map(move |sample| (10 * feature + sample) as f32 / 127.5 - 1.0)
            })
            .collect();
        assert_eq!(
            from_batch(&batch, 3, 2),
            [[0, 20, 40, 10, 30, 50], [1, 21, 41, 11, 31, 51]]
        );
    }

    #[test]
    fn values_out_of_range_are_clamped() {
        let batch = [-7.0, 7.0, f32::NAN, f32::INFINITY];
        assert_eq!(from_batch(&batch, 1, 1), [[0, 255, 0, 255]]);
    }
}
