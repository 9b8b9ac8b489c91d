//! The geometry of a convolution.

/// A two-dimensional cross-correlation from an image (channels, height, width) to a map (out, out_height, out_width).
///
/// A convolution computes the map from the image. A transposed convolution with the same kernel, stride and padding is
/// the adjoint and computes the image from the map. Both have a row-major weight matrix (out, channels·kernel·kernel).
/// This is PyTorch's (out, in, kh, kw) for a convolution and (in, out, kh, kw) for a transposed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Channels of the image.
    pub channels: usize,
    /// Rows of the image.
    pub height: usize,
    /// Columns of the image.
    pub width: usize,
    /// Channels of the map.
    pub out: usize,
    /// Rows of the map.
    pub out_height: usize,
    /// Columns of the map.
    pub out_width: usize,
    /// Side of the square kernel.
    pub kernel: usize,
    /// Distance of neighbouring windows in the image.
    pub stride: usize,
    /// Zeros at each side of the image.
    pub padding: usize,
}

impl Geometry {
    /// The geometry of a convolution; none if the kernel is larger than the padded image.
    pub fn convolution(
        (channels, height, width): (usize, usize, usize),
        out: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Option<Self> {
        let side = |n: usize| Some((n + 2 * padding).checked_sub(kernel)? / stride + 1);
        Some(Self {
            channels,
            height,
            width,
            out,
            out_height: side(height)?,
            out_width: side(width)?,
            kernel,
            stride,
            padding,
        })
    }

    /// The geometry of a transposed convolution of a map; none if the image would be empty.
    pub fn transposed(
        (out, out_height, out_width): (usize, usize, usize),
        channels: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Option<Self> {
        let side = |n: usize| {
            ((n.checked_sub(1)? * stride + kernel).checked_sub(2 * padding)).filter(|&n| n > 0)
        };
        Some(Self {
            channels,
            height: side(out_height)?,
            width: side(out_width)?,
            out,
            out_height,
            out_width,
            kernel,
            stride,
            padding,
        })
    }

    /// Number of positions of the image.
    pub fn image(&self) -> usize {
        self.height * self.width
    }

    /// Number of positions of the map.
    pub fn map(&self) -> usize {
        self.out_height * self.out_width
    }

    /// Number of positions of the kernel.
    pub fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Number of columns of the weight matrix.
    pub fn fan_in(&self) -> usize {
        self.channels * self.taps()
    }

    /// The image position that kernel tap `tap` reads for map position `position`; none if it lies in the padding.
    #[inline]
    pub fn source(&self, position: usize, tap: usize) -> Option<usize> {
        let along = |out: usize, tap: usize, size: usize| {
            (out * self.stride + tap)
                .checked_sub(self.padding)
                .filter(|&at| at < size)
        };
        let row = along(position / self.out_width, tap / self.kernel, self.height)?;
        let column = along(position % self.out_width, tap % self.kernel, self.width)?;
        Some(row * self.width + column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_pytorch() {
        let conv = Geometry::convolution((1, 28, 28), 32, 4, 2, 1).unwrap();
        assert_eq!((conv.out_height, conv.out_width), (14, 14));
        let odd = Geometry::convolution((4, 7, 7), 4, 3, 2, 0).unwrap();
        assert_eq!(odd.out_height, 3);
        let transposed = Geometry::transposed((5, 7, 7), 3, 4, 2, 1).unwrap();
        assert_eq!(transposed.height, 14);
        assert_eq!(Geometry::convolution((1, 2, 2), 1, 5, 1, 1), None);
        assert_eq!(Geometry::transposed((1, 1, 1), 1, 2, 1, 1), None);
    }

    #[test]
    fn padding_has_no_source() {
        let conv = Geometry::convolution((1, 4, 4), 1, 3, 1, 1).unwrap();
        assert_eq!(conv.source(0, 0), None);
        assert_eq!(conv.source(0, 4), Some(0));
        assert_eq!(conv.source(15, 8), None);
    }
}
