//! The norm of a convolution as a linear map, which bounds the Lipschitz constant of its layer.
//!
//! The matrix that spectral normalization divides by its norm is the weight reshaped; the convolution is another,
//! much larger matrix, whose norm depends on stride, zero padding and the size of the image (Sedghi, Gupta & Long
//! 2019, "The Singular Values of Convolutional Layers"; with zero padding no Fourier transform gives it exactly).
//! It is had by power iteration on the convolution and its adjoint, in Lanczos' form: the best estimate from all the
//! vectors that the iteration passes through, since the first singular values of a convolution lie close together.

mod convolution;

use super::lanczos::largest_eigenvalue;
use convolution::Convolution;

/// Most multiplications in all, about 2·10¹²: a minute or two on two cores.
const MAX_WORK: f64 = (1u64 << 41) as f64;

/// Where a convolution stands, as far as its weight does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub stride: usize,
    /// Zeros at each side: (rows, columns).
    pub padding: (usize, usize),
    /// (height, width) of what goes in.
    pub input: (usize, usize),
    /// A transposed convolution: the adjoint of the convolution of this stride and padding.
    pub transposed: bool,
}

/// Why there is no norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    #[error("the weight is not finite")]
    NonFinite,
    #[error("the kernel does not fit the padded image")]
    Misfit,
    #[error("not computed: image or map has more than 2^23 numbers")]
    TooLarge,
    #[error("not computed: it takes more than 2^41 multiplications")]
    TooMuchWork,
    #[error("it is beyond double precision")]
    Overflow,
}

/// The largest singular value of the convolution with this weight, to a relative 10⁻⁵: (out, in, kh, kw), or
/// (in, out, kh, kw) where it is transposed, row-major.
///
/// # Errors
/// A kernel that does not fit into the padded image; more than 2²³ numbers in image or map, or more than 2⁴¹
/// multiplications until the norm is settled; a weight that is not finite, or whose norm is not.
pub fn norm(weight: &[f64], shape: [usize; 4], place: &Place) -> Result<f64, Unknown> {
    norm_within(weight, shape, place, MAX_WORK)
}

/// The same of a convolution of so many groups, whose weight has a block for each along its first axis: the largest of
/// their norms, since each group has channels of its own.
///
/// # Errors
/// Those of [`norm`]; [`Unknown::Misfit`] where the first axis does not part into so many.
pub fn grouped(
    weight: &[f64],
    [first, second, height, width]: [usize; 4],
    place: &Place,
    groups: usize,
) -> Result<f64, Unknown> {
    if groups == 0 || !first.is_multiple_of(groups) {
        return Err(Unknown::Misfit);
    }
    let shape = [first / groups, second, height, width];
    let blocks = weight.chunks_exact((weight.len() / groups).max(1));
    let most_work = MAX_WORK / groups as f64;
    blocks
        .map(|block| norm_within(block, shape, place, most_work))
        .try_fold(0.0, |most: f64, norm| Ok(most.max(norm?)))
}

/// The same within another number of multiplications.
///
/// # Errors
/// Those of [`norm`]; [`Unknown::TooMuchWork`] beyond `most_work`.
pub fn norm_within(
    weight: &[f64],
    shape: [usize; 4],
    place: &Place,
    most_work: f64,
) -> Result<f64, Unknown> {
    if weight.iter().any(|w| !w.is_finite()) {
        return Err(Unknown::NonFinite);
    }
    let largest = weight.iter().fold(0.0f64, |most, w| most.max(w.abs()));
    if largest == 0.0 {
        return Ok(0.0);
    }
    // Squares of large and small weights stay within double precision.
    let scaled: Vec<f64> = weight.iter().map(|w| w / largest).collect();
    let convolution = Convolution::new(&scaled, shape, place)?;
    drop(scaled);
    // AᵀA and AAᵀ have the same largest eigenvalue: the shorter vectors are the cheaper ones.
    let (image, map) = (convolution.image_features(), convolution.map_features());
    let work = 2.0 * convolution.work();
    let mut between = vec![0.0; image.max(map)];
    let square = largest_eigenvalue(image.min(map), work, most_work, |x, y| {
        if image <= map {
            convolution.forward(x, &mut between);
            convolution.adjoint(&between, y);
        } else {
            convolution.adjoint(x, &mut between);
            convolution.forward(&between, y);
        }
    });
    let norm = square.ok_or(Unknown::TooMuchWork)?.max(0.0).sqrt() * largest;
    norm.is_finite().then_some(norm).ok_or(Unknown::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(stride: usize, padding: usize, input: (usize, usize)) -> Place {
        Place {
            stride,
            padding: (padding, padding),
            input,
            transposed: false,
        }
    }

    #[test]
    fn a_kernel_of_one_is_its_matrix_whatever_the_image() {
        // diag(3, 2) as a 1×1 convolution, and its double stored in halves of the largest number.
        for scale in [1.0, 1e-300, 1e300] {
            let weight = [3.0 * scale, 0.0, 0.0, 2.0 * scale];
            let norm = norm(&weight, [2, 2, 1, 1], &place(1, 0, (5, 4))).unwrap();
            assert!((norm / (3.0 * scale) - 1.0).abs() < 1e-9, "{norm}");
        }
    }

    #[test]
    fn a_box_blur_approaches_the_sum_of_its_taps() {
        let norm = norm(&[1.0; 9], [1, 1, 3, 3], &place(1, 1, (32, 32))).unwrap();
        // 1 + 2 cos(π/33) along each side: the eigenvalues of the tridiagonal matrix of ones.
        let side = 1.0 + 2.0 * (std::f64::consts::PI / 33.0).cos();
        assert!((norm - side * side).abs() < 1e-9, "{norm}");
    }

    #[test]
    fn a_transposed_convolution_has_the_norm_of_its_adjoint() {
        let weight: Vec<f64> = (0..2 * 3 * 4 * 4).map(|i| f64::from(i).sin()).collect();
        let down = norm(&weight, [2, 3, 4, 4], &place(2, 1, (10, 14))).unwrap();
        let up = Place {
            transposed: true,
            ..place(2, 1, (5, 7))
        };
        let up = norm(&weight, [2, 3, 4, 4], &up).unwrap();
        assert!((up / down - 1.0).abs() < 1e-9, "{up} {down}");
    }

    #[test]
    fn what_has_no_norm_says_why() {
        let of = |weight: &[f64], at: &Place| norm(weight, [1, 1, 3, 3], at);
        assert_eq!(of(&[0.0; 9], &place(1, 1, (4, 4))), Ok(0.0));
        let nan = of(&[f64::NAN; 9], &place(1, 1, (4, 4)));
        assert_eq!(nan, Err(Unknown::NonFinite));
        assert_eq!(of(&[1.0; 9], &place(1, 0, (2, 2))), Err(Unknown::Misfit));
        let large = of(&[1.0; 9], &place(1, 1, (1 << 20, 1 << 20)));
        assert_eq!(large, Err(Unknown::TooLarge));
        let long = norm(
            &vec![1.0; 512 * 512],
            [1, 1, 512, 512],
            &place(1, 256, (2048, 2048)),
        );
        assert_eq!(long, Err(Unknown::TooMuchWork));
        assert_eq!(
            of(&[f64::MAX; 9], &place(1, 1, (4, 4))),
            Err(Unknown::Overflow)
        );
    }
}
