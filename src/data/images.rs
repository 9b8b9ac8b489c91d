//! A set of images in the shape that the networks take.

use image::{DynamicImage, GrayImage, RgbImage, imageops::FilterType};

use rand::Rng;

use super::{Error, idx::ImageSet, sampler};

/// Images as bytes, (count, channels, height, width).
#[derive(Clone, Debug)]
pub struct Images {
    features: usize,
    pixels: Vec<u8>,
}

impl Images {
    /// `set` in the shape (channels, height, width): resized with a linear filter, gray repeated over three channels,
    /// colour turned gray by luminance (Rec. 709).
    ///
    /// # Errors
    /// Channels other than 1 and 3, a side of 0, or more pixels than can be counted.
    pub fn new(set: &ImageSet, shape: (usize, usize, usize)) -> Result<Self, Error> {
        let (channels, height, width) = shape;
        let target = || Error::Target(channels, height, width);
        let sides = (u32::try_from(height), u32::try_from(width));
        let (Ok(rows @ 1..), Ok(columns @ 1..), 1 | 3) = (sides.0, sides.1, channels) else {
            return Err(target());
        };
        let features = channels
            .checked_mul(height)
            .and_then(|n| n.checked_mul(width))
            .ok_or_else(target)?;
        features
            .checked_mul(set.count)
            .filter(|&bytes| bytes <= isize::MAX as usize)
            .ok_or_else(target)?;

        let same = (set.channels, set.height, set.width) == shape;
        let mut pixels = Vec::new();
        for image in set
            .pixels
            .chunks_exact(set.height * set.width * set.channels)
        {
            if same {
                append_planes(image, channels, &mut pixels);
                continue;
            }
            let image = decode(image, set).ok_or_else(target)?;
            let image = if (set.height, set.width) == (height, width) {
                image
            } else {
                image.resize_exact(columns, rows, FilterType::Triangle)
            };
            let bytes = match channels {
                1 => image.into_luma8().into_raw(),
                _ => image.into_rgb8().into_raw(),
            };
            append_planes(&bytes, channels, &mut pixels);
        }
        Ok(Self { features, pixels })
    }

    /// Images in the set.
    pub fn len(&self) -> usize {
        self.pixels.len() / self.features
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// Numbers in one image.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The indices of `count` images in a random order; where there are fewer, they repeat.
    pub fn draw(&self, count: usize, rng: &mut impl Rng) -> Vec<u32> {
        let order = sampler::permutation(self.len(), rng);
        order.iter().copied().cycle().take(count).collect()
    }

    /// The images at these indices in [−1, 1], (features, chosen) batch-last.
    pub fn gather(&self, chosen: &[u32]) -> Vec<f32> {
        let mut out = vec![0.0; self.features * chosen.len()];
        for (sample, &index) in chosen.iter().enumerate() {
            let image = &self.pixels[index as usize * self.features..][..self.features];
            for (feature, &value) in image.iter().enumerate() {
                out[feature * chosen.len() + sample] = f32::from(value) / 127.5 - 1.0;
            }
        }
        out
    }
}

/// (height, width, channels) to (channels, height, width).
fn append_planes(image: &[u8], channels: usize, out: &mut Vec<u8>) {
    for channel in 0..channels {
        out.extend(image.iter().skip(channel).step_by(channels));
    }
}

fn decode(image: &[u8], set: &ImageSet) -> Option<DynamicImage> {
    let (height, width) = (
        u32::try_from(set.height).ok()?,
        u32::try_from(set.width).ok()?,
    );
    let bytes = image.to_vec();
    match set.channels {
        1 => GrayImage::from_raw(width, height, bytes).map(DynamicImage::ImageLuma8),
        _ => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(channels: usize, pixels: Vec<u8>) -> ImageSet {
        ImageSet {
            count: pixels.len() / (2 * 2 * channels),
            height: 2,
            width: 2,
            channels,
            pixels,
        }
    }

    #[test]
    fn channels_come_first_and_the_batch_last() {
        let colour = set(3, (0..24).collect());
        let images = Images::new(&colour, (3, 2, 2)).unwrap();
        let batch = images.gather(&[1, 0]);
        let byte =
            |feature: usize, sample: usize| ((batch[feature * 2 + sample] + 1.0) * 127.5).round();
        // Green of the pixel at row 1, column 0 is byte 2 * 3 + 1 of an image and feature 1 * 4 + 2.
        assert_eq!((byte(6, 1), byte(6, 0)), (7.0, 19.0));
    }

    #[test]
    fn the_range_is_minus_one_to_one() {
        let images = Images::new(&set(1, vec![0, 255, 0, 255]), (1, 2, 2)).unwrap();
        assert_eq!(images.gather(&[0]), [-1.0, 1.0, -1.0, 1.0]);
    }

    #[test]
    fn sizes_and_channels_are_converted() {
        let gray = Images::new(&set(1, vec![10, 10, 10, 10]), (3, 4, 6)).unwrap();
        assert_eq!((gray.len(), gray.features()), (1, 72));
        assert!(gray.pixels.iter().all(|&value| value == 10));
        let colour = Images::new(&set(3, [255, 0, 0].repeat(4)), (1, 2, 2)).unwrap();
        assert!(colour.pixels.iter().all(|&value| (50..60).contains(&value)));
    }

    #[test]
    fn shapes_no_image_has_are_refused() {
        for shape in [
            (2, 2, 2),
            (1, 0, 2),
            (1, 2, usize::MAX),
            (3, 1 << 31, 1 << 31),
        ] {
            let result = Images::new(&set(1, vec![0; 4]), shape);
            assert!(matches!(result, Err(Error::Target(..))), "{shape:?}");
        }
    }
}
