//! The norm of a convolution as a linear map, which bounds the Lipschitz constant of its layer.
//!
//! Spectral normalization uses the norm of the reshaped weight. The convolution itself is a much larger matrix, whose norm
//! depends on stride, zero padding and the size of the image (Sedghi, Gupta & Long 2019, "The Singular Values of
//! Convolutional Layers"; with zero padding no Fourier transform gives it exactly). It is computed by the Lanczos method on
//! the convolution and its adjoint. Plain power iteration would converge slowly, because the largest singular values of a
//! convolution are close together.

mod convolution;

use super::lanczos::largest_eigenvalue;
use convolution::Convolution;

/// Most multiplications for one norm, about 2·10¹²: one or two minutes on two cores.
const MAX_WORK: f64 = (1u64 << 41) as f64;

/// The geometry of a convolution that its weight does not determine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Stride along both axes, 1 or more.
    pub stride: usize,
    /// Zero padding at each side: (rows, columns).
    pub padding: (usize, usize),
    /// (height, width) of the input.
    pub input: (usize, usize),
    /// Whether it is a transposed convolution: the adjoint of the convolution with this stride and padding.
    pub transposed: bool,
}

/// The reason why a norm is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum Unknown {
    #[error("the weight is not finite")]
    NonFinite,
    #[error("the kernel does not fit the padded image")]
    Misfit,
    #[error("not computed: image or map has more than 2^23 numbers")]
    TooLarge,
    #[error("not computed: it takes more than 2^41 multiplications")]
    TooMuchWork,
    #[error("it overflows double precision")]
    Overflow,
}

/// The largest singular value of a convolution, with a relative error of 10⁻⁵. The weight is (out, in, kh, kw) row-major,
/// or (in, out, kh, kw) for a transposed convolution.
///
/// # Errors
/// If the kernel does not fit the padded image, image or map have more than 2²³ features, more than 2⁴¹ multiplications
/// are needed, or weight or norm are not finite.
pub fn norm(weight: &[f64], shape: [usize; 4], place: &Place) -> Result<f64, Unknown> {
    norm_within(weight, shape, place, MAX_WORK)
}

/// The largest singular value of a convolution with `groups` groups, see [`norm`]. The weight has a block for each group
/// along its first axis. The result is the largest norm of the groups, because they share no channels.
///
/// # Errors
/// If the norm of a group is unknown, see [`norm`], or the first axis is not divisible by `groups`.
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

/// The largest singular value of a convolution, see [`norm`], within `most_work` multiplications.
///
/// # Errors
/// If the norm is unknown, see [`norm`]; [`Unknown::TooMuchWork`] if it needs more than `most_work` multiplications.
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
    // Scaled, so that squares of very large or small weights do not overflow or underflow.
    let scaled: Vec<f64> = weight.iter().map(|w| w / largest).collect();
    let convolution = Convolution::new(&scaled, shape, place)?;
    drop(scaled);
    // AᵀA and AAᵀ have the same largest eigenvalue; the smaller matrix is cheaper.
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
    fn a_1x1_kernel_has_the_norm_of_its_matrix() {
        // diag(3, 2) as a 1×1 convolution, and its double stored in halves of the largest number.
        for scale in [1.0, 1e-300, 1e300] {
            let weight = [3.0 * scale, 0.0, 0.0, 2.0 * scale];
            let norm = norm(&weight, [2, 2, 1, 1], &place(1, 0, (5, 4))).unwrap();
            assert!((norm / (3.0 * scale) - 1.0).abs() < 1e-9, "{norm}");
        }
    }

    #[test]
    fn the_norm_of_a_box_blur_is_known() {
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
    fn an_unknown_norm_has_a_reason() {
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
