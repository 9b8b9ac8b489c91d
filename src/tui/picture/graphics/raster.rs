//! A grid of images as one picture in pixels.

use crate::tui::picture::{Images, grid::Grid, resample::scaled};

/// A picture in RGBA, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    pub width: usize,
    pub height: usize,
    rgba: Vec<u8>,
}

/// The maximum number of pixels across a cell if the terminal scales pictures.
const MAX_DENSITY: usize = 10;
/// The maximum number of pixels of a picture, whatever size of a cell the terminal reports. Each pixel takes about 20
/// bytes while it is encoded.
pub const MAX_PIXELS: usize = 1_500_000;

impl Raster {
    /// Creates a picture of one colour.
    #[cfg(test)]
    pub fn filled(width: usize, height: usize, rgba: [u8; 4]) -> Self {
        Self {
            width,
            height,
            rgba: rgba.repeat(width * height),
        }
    }

    /// Renders images in a grid with transparent gaps. `cell` is the size of a cell in pixels. Without it a cell has as
    /// many pixels as the images need, and the terminal scales the picture. Returns `None` if the picture would exceed
    /// [`MAX_PIXELS`].
    pub fn of(grid: &Grid, images: &Images, cell: Option<(u16, u16)>) -> Option<Self> {
        // A grid of pixels has the layout of half blocks: one pixel across a cell and two down.
        let cells = (grid.width, grid.height / 2);
        let across = images.width.div_ceil(cells.0.max(1)).clamp(1, MAX_DENSITY);
        let all = (grid.columns * (cells.0 + 1) - 1, grid.rows * cells.1);
        let fits = |(dx, dy): &(usize, usize)| all.0 * dx * all.1 * dy <= MAX_PIXELS;
        let (dx, dy) = match cell {
            Some((width, height)) => Some((width.into(), height.into())).filter(fits),
            None => (1..=across).rev().map(|dx| (dx, 2 * dx)).find(fits),
        }?;
        let (width, height) = (all.0 * dx, all.1 * dy);
        let mut rgba = vec![0; 4 * width * height];
        let size = (cells.0 * dx, cells.1 * dy);
        for (i, pixels) in images
            .pixels
            .iter()
            .take(grid.columns * grid.rows)
            .enumerate()
        {
            let image = scaled(images, pixels, size.0, size.1);
            let left = i % grid.columns * (cells.0 + 1) * dx;
            let top = i / grid.columns * size.1;
            for (at, rgb) in image.iter().enumerate() {
                let (x, y) = (left + at % size.0, top + at / size.0);
                let to = 4 * (y * width + x);
                for (channel, value) in rgb.iter().enumerate() {
                    rgba[to + channel] = value.round().clamp(0.0, 255.0) as u8;
                }
                rgba[to + 3] = 255;
            }
        }
        Some(Self {
            width,
            height,
            rgba,
        })
    }

    /// Returns the pixel at an index, row by row.
    pub fn pixel(&self, at: usize) -> [u8; 4] {
        let pixel = self.rgba.get(4 * at..4 * at + 4);
        pixel.and_then(|p| p.try_into().ok()).unwrap_or_default()
    }

    pub fn is_gray(&self) -> bool {
        self.rgba
            .chunks_exact(4)
            .all(|p| p[0] == p[1] && p[1] == p[2])
    }

    /// Encodes the picture as a PNG with opacity, in grays if it has no colours.
    ///
    /// # Errors
    /// The encoder fails.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        let gray: Vec<u8>;
        let data = if self.is_gray() {
            encoder.set_color(png::ColorType::GrayscaleAlpha);
            gray = self
                .rgba
                .chunks_exact(4)
                .flat_map(|p| [p[0], p[3]])
                .collect();
            &gray
        } else {
            encoder.set_color(png::ColorType::Rgba);
            &self.rgba
        };
        encoder.write_header()?.write_image_data(data)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_gaps_and_gray_images_a_gray_png() {
        let pixels = [vec![200; 16], vec![100; 16]];
        let images = Images::square(&pixels, 1, 4);
        let grid = Grid {
            columns: 2,
            rows: 1,
            width: 4,
            height: 4,
        };
        let raster = Raster::of(&grid, &images, None).unwrap();
        assert_eq!((raster.width, raster.height), (9, 4));
        assert_eq!(raster.pixel(0), [200, 200, 200, 255]);
        assert_eq!(raster.pixel(4)[3], 0, "the gap");
        assert_eq!(raster.pixel(5), [100, 100, 100, 255]);
        let exact = Raster::of(&grid, &images, Some((10, 20))).unwrap();
        assert_eq!((exact.width, exact.height), (90, 40));
        let png = raster.png().unwrap();
        let decoded = image::load_from_memory(&png).unwrap();
        assert_eq!(decoded.color(), image::ColorType::La8);
        assert_eq!(decoded.to_rgba8().into_raw(), raster.rgba);
    }

    #[test]
    fn the_size_of_a_picture_is_bounded() {
        let pixels = [vec![200; 256 * 256]];
        let images = Images::square(&pixels, 1, 256);
        let grid = Grid {
            columns: 1,
            rows: 1,
            width: 600,
            height: 400,
        };
        for cell in [(4000, 4000), (u16::MAX, u16::MAX), (64, 128)] {
            assert_eq!(Raster::of(&grid, &images, Some(cell)), None, "{cell:?}");
        }
        assert!(Raster::of(&grid, &images, Some((2, 4))).is_some());
        assert!(Raster::of(&grid, &images, None).is_some());
    }
}
