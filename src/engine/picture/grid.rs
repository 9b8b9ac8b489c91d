//! Grids of samples.

use super::Picture;

/// Gap between two samples, in pixels.
pub(crate) const GAP: usize = 2;
const BACKGROUND: u8 = 128;

/// (columns, rows) of a near-square grid of `count` samples, with at most as many rows as columns.
pub(crate) fn layout(count: usize) -> (usize, usize) {
    let columns = (count as f64).sqrt().ceil().max(1.0) as usize;
    (columns, count.div_ceil(columns).max(1))
}

/// A near-square grid of images, (height, width, channels) bytes each, with gaps and a margin of [`GAP`] pixels.
pub(crate) fn grid(images: &[Vec<u8>], channels: usize, height: usize, width: usize) -> Picture {
    let (columns, rows) = layout(images.len());
    let mut picture = Picture::filled(
        columns * (width + GAP) + GAP,
        rows * (height + GAP) + GAP,
        channels,
        BACKGROUND,
    );
    let stride = picture.width * channels;
    for (index, image) in images.iter().enumerate() {
        let left = GAP + index % columns * (width + GAP);
        let top = GAP + index / columns * (height + GAP);
        for (row, line) in image.chunks_exact(width * channels).enumerate() {
            let start = (top + row) * stride + left * channels;
            picture.bytes[start..start + line.len()].copy_from_slice(line);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_nearly_square_and_have_a_cell_for_each_sample() {
        assert_eq!(layout(64), (8, 8));
        assert_eq!(layout(0), (1, 1));
        for count in 1..200 {
            let (columns, rows) = layout(count);
            assert!(columns * rows >= count && columns * (rows - 1) < count);
            assert!(rows <= columns && columns <= rows + 1);
        }
    }

    #[test]
    fn each_sample_is_drawn_in_its_cell() {
        let images: Vec<Vec<u8>> = (0..5).map(|i| [i, 0, 9].repeat(6)).collect();
        let picture = grid(&images, 3, 3, 2);
        assert_eq!((picture.width, picture.height), (3 * 4 + 2, 2 * 5 + 2));
        for (index, (column, row)) in [(2, 2), (6, 2), (10, 2), (2, 7), (6, 7)]
            .into_iter()
            .enumerate()
        {
            assert_eq!(picture.pixel(column, row), [index as u8, 0, 9]);
            assert_eq!(picture.pixel(column + 1, row + 2), [index as u8, 0, 9]);
            assert_eq!(picture.pixel(column - 1, row), [BACKGROUND; 3]);
        }
    }
}
