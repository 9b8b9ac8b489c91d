//! Convolutions that may be grouped: a file does not contain the number of groups.

/// A convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Convolution {
    /// The shape of the weight.
    pub shape: [usize; 4],
    /// Stored as (in, out, kh, kw).
    pub transposed: bool,
}

impl Convolution {
    /// Returns the number of output channels.
    fn outputs(&self) -> usize {
        self.shape[usize::from(self.transposed)]
    }

    /// Returns whether this may be a grouped convolution, by its shape. `before` is the convolution before it in the order of
    /// layers. A grouped one has a single input channel, as a depthwise convolution, or a divisor of the outputs of
    /// `before`.
    pub(super) fn may_have_groups(&self, before: Option<&Self>) -> bool {
        let [out, inputs, height, width] = self.shape;
        let Some(before) = before.filter(|_| !self.transposed) else {
            return false;
        };
        let depthwise = out > 1 && inputs == 1 && height == width;
        let outputs = before.outputs();
        depthwise || (inputs != outputs && inputs > 0 && outputs.is_multiple_of(inputs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(shape: [usize; 4]) -> Convolution {
        Convolution {
            shape,
            transposed: false,
        }
    }

    #[test]
    fn a_weight_with_a_divisor_of_the_channels_may_have_groups() {
        for (before, shape, expected) in [
            (None, [32, 1, 3, 3], false),
            (Some([32, 1, 3, 3]), [32, 1, 3, 3], true),
            (Some([16, 3, 3, 3]), [32, 4, 3, 3], true),
            (Some([16, 3, 3, 3]), [32, 16, 3, 3], false),
            (Some([16, 3, 3, 3]), [32, 5, 3, 3], false),
            (Some([16, 3, 3, 3]), [32, 32, 1, 1], false),
            (Some([1, 3, 3, 3]), [8, 1, 3, 3], true),
            (Some([1, 3, 3, 3]), [1, 1, 3, 3], false),
            (Some([16, 3, 3, 3]), [8, 1, 1, 5], true),
            (Some([16, 3, 3, 3]), [8, 0, 3, 3], false),
        ] {
            let before = before.map(plain);
            let found = plain(shape).may_have_groups(before.as_ref());
            assert_eq!(found, expected, "{shape:?} after {before:?}");
        }
    }

    #[test]
    fn a_transposed_convolution_has_its_outputs_second() {
        let up = |shape| Convolution {
            shape,
            transposed: true,
        };
        let before = up([16, 6, 4, 4]);
        assert!(plain([4, 3, 3, 3]).may_have_groups(Some(&before)));
        assert!(!plain([4, 8, 3, 3]).may_have_groups(Some(&before)));
        assert!(!up([6, 3, 4, 4]).may_have_groups(Some(&before)));
    }
}
