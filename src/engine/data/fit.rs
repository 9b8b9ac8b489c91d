//! Fitting a picture to the image shape of the networks.

use image::{
    DynamicImage,
    imageops::{FilterType, replace},
};

use super::{Error, records::append_planes};
use crate::preset::Fit;

/// The image shape of the networks, and how images of other proportions are fitted to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    channels: usize,
    height: u32,
    width: u32,
    fit: Fit,
}

impl Target {
    /// Checks a shape, (channels, height, width).
    ///
    /// # Errors
    /// If channels are not 1 or 3, a side is 0, or an image has more numbers than memory can address.
    pub(super) fn new(
        (channels, height, width): (usize, usize, usize),
        fit: Fit,
    ) -> Result<Self, Error> {
        let invalid = || Error::Target(channels, height, width);
        let sides = (u32::try_from(height), u32::try_from(width));
        let (Ok(rows @ 1..), Ok(columns @ 1..), 1 | 3) = (sides.0, sides.1, channels) else {
            return Err(invalid());
        };
        channels
            .checked_mul(height)
            .and_then(|n| n.checked_mul(width))
            .filter(|&bytes| bytes <= isize::MAX as usize / size_of::<f32>())
            .ok_or_else(invalid)?;
        Ok(Self {
            channels,
            height: rows,
            width: columns,
            fit,
        })
    }

    /// Number of features (bytes) of an image.
    pub(super) fn features(self) -> usize {
        self.channels * self.height as usize * self.width()
    }

    pub(super) fn width(self) -> usize {
        self.width as usize
    }

    /// Whether images of this shape need no conversion.
    pub(super) fn matches(self, channels: usize, height: usize, width: usize) -> bool {
        (self.channels, self.height as usize, self.width()) == (channels, height, width)
    }

    /// Fits an image and appends it to `out` as (channels, height, width): resized with a linear filter, gray repeated
    /// over three channels, colour converted to gray by luminance (Rec. 709).
    pub(super) fn append(self, image: DynamicImage, out: &mut Vec<u8>) {
        let image = self.fitted(image);
        let bytes = match self.channels {
            1 => image.into_luma8().into_raw(),
            _ => image.into_rgb8().into_raw(),
        };
        append_planes(&bytes, self.channels, out);
    }

    fn fitted(self, image: DynamicImage) -> DynamicImage {
        let (width, height) = (image.width(), image.height());
        if (width, height) == (self.width, self.height) {
            return image;
        }
        let whole = |image: &DynamicImage| {
            image.resize_exact(self.width, self.height, FilterType::Triangle)
        };
        match self.fit {
            Fit::Stretch => whole(&image),
            Fit::Crop => match within((width, height), (self.width, self.height)) {
                part if part == (width, height) => whole(&image),
                (columns, rows) => {
                    let (x, y) = ((width - columns) / 2, (height - rows) / 2);
                    whole(&image.crop_imm(x, y, columns, rows))
                }
            },
            Fit::Pad => match within((self.width, self.height), (width, height)) {
                part if part == (self.width, self.height) => whole(&image),
                (columns, rows) => {
                    let image = image.resize_exact(columns, rows, FilterType::Triangle);
                    let mut black = DynamicImage::new(self.width, self.height, image.color());
                    let (x, y) = ((self.width - columns) / 2, (self.height - rows) / 2);
                    replace(&mut black, &image, x.into(), y.into());
                    black
                }
            },
        }
    }
}

/// The size of the largest rectangle in `outer` with the proportions of `of`, rounded to pixels and at least 1; each size
/// is (width, height).
fn within(outer: (u32, u32), of: (u32, u32)) -> (u32, u32) {
    let [width, height, columns, rows] = [outer.0, outer.1, of.0, of.1].map(u64::from);
    let part = |side: u64, numerator: u64, denominator: u64| {
        let nearest = (2 * side * numerator + denominator) / (2 * denominator);
        nearest.max(1) as u32
    };
    match (width * rows).cmp(&(height * columns)) {
        std::cmp::Ordering::Equal => outer,
        std::cmp::Ordering::Greater => (part(height, columns, rows).min(outer.0), outer.1),
        std::cmp::Ordering::Less => (outer.0, part(width, rows, columns).min(outer.1)),
    }
}

#[cfg(test)]
mod tests {
    use image::{Luma, Rgb, RgbImage};

    use super::*;

    /// The pixels of a picture of gray columns with these values, each `rows` high, in a shape.
    fn columns(values: &[u8], rows: u32, shape: (usize, usize), fit: Fit) -> Vec<u8> {
        let picture =
            image::GrayImage::from_fn(values.len() as u32, rows, |x, _| Luma([values[x as usize]]));
        let target = Target::new((1, shape.0, shape.1), fit).unwrap();
        let mut planes = Vec::new();
        target.append(DynamicImage::ImageLuma8(picture), &mut planes);
        planes
    }

    #[test]
    fn crop_pad_and_stretch_fit_images_of_other_proportions() {
        let wide = [10, 10, 60, 60, 60, 60, 200, 200];
        assert_eq!(columns(&wide, 4, (4, 4), Fit::Crop), [60; 16]);
        let padded = columns(&wide, 4, (4, 4), Fit::Pad);
        assert_eq!((&padded[..4], &padded[12..]), (&[0; 4][..], &[0; 4][..]));
        assert!(padded[4..12].iter().all(|&value| value >= 10));
        assert!(padded[4] < 30 && padded[7] > 150, "{padded:?}");
        let stretched = columns(&wide, 4, (4, 4), Fit::Stretch);
        assert!(stretched[0] < 30 && stretched[15] > 150, "{stretched:?}");
        // Higher than wide.
        assert_eq!(columns(&[9, 9], 8, (2, 2), Fit::Crop), [9; 4]);
        assert_eq!(
            columns(&[9, 9], 8, (4, 4), Fit::Pad),
            [0, 9, 0, 0].repeat(4)
        );
    }

    #[test]
    fn images_with_the_shapes_proportions_are_the_same_in_every_fit() {
        let picture = RgbImage::from_fn(30, 20, |x, y| Rgb([x as u8 * 8, y as u8 * 12, 77]));
        for shape in [(3, 20, 30), (3, 10, 15), (1, 40, 60)] {
            let [crop, pad, stretch] = [Fit::Crop, Fit::Pad, Fit::Stretch].map(|fit| {
                let mut planes = Vec::new();
                let image = DynamicImage::ImageRgb8(picture.clone());
                Target::new(shape, fit).unwrap().append(image, &mut planes);
                planes
            });
            assert!(crop == stretch && pad == stretch, "{shape:?}");
        }
    }

    #[test]
    fn extreme_proportions_keep_at_least_one_pixel() {
        for (outer, of, part) in [
            ((1000, 1), (1, 1000), (1, 1)),
            ((1, 1000), (1000, 1), (1, 1)),
            ((32, 32), (16_384, 1), (32, 1)),
            ((500, 375), (32, 32), (375, 375)),
            ((32, 32), (500, 375), (32, 24)),
            ((33, 32), (64, 63), (33, 32)),
        ] {
            assert_eq!(within(outer, of), part);
        }
        for fit in [Fit::Crop, Fit::Pad, Fit::Stretch] {
            assert_eq!(columns(&[7; 300], 1, (8, 8), fit).len(), 64);
        }
    }
}
