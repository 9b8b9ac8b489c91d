//! Decoding numbers of the supported types.

use half::{bf16, f16};
use safetensors::Dtype;

/// Decodes the little-endian bytes of one number.
pub(super) type Decode = fn(&[u8]) -> f64;

/// The number of bytes and the decoder of a type; `None` if the type is not supported.
pub(super) fn decoder(dtype: Dtype) -> Option<(usize, Decode)> {
    fn word<const N: usize>(bytes: &[u8]) -> [u8; N] {
        std::array::from_fn(|i| bytes[i])
    }
    match dtype {
        Dtype::F32 => Some((4, |bytes| f32::from_le_bytes(word(bytes)).into())),
        Dtype::F64 => Some((8, |bytes| f64::from_le_bytes(word(bytes)))),
        Dtype::F16 => Some((2, |bytes| f16::from_le_bytes(word(bytes)).to_f64())),
        Dtype::BF16 => Some((2, |bytes| bf16::from_le_bytes(word(bytes)).to_f64())),
        Dtype::F8_E5M2 => Some((1, |bytes| e5m2(bytes[0]))),
        Dtype::F8_E4M3 => Some((1, |bytes| e4m3(bytes[0]))),
        _ => None,
    }
}

/// Decodes an E5M2 number, the upper half of an f16.
fn e5m2(bits: u8) -> f64 {
    f16::from_bits(u16::from(bits) << 8).to_f64()
}

/// Decodes an E4M3 number: a sign, 4 bits of exponent (bias 7), 3 bits of mantissa. There are no infinities; all exponent
/// and mantissa bits set is NaN (Micikevicius et al. 2022, "FP8 Formats for Deep Learning").
fn e4m3(bits: u8) -> f64 {
    let sign = if bits & 0x80 == 0 { 1.0 } else { -1.0 };
    let (exponent, mantissa) = (i32::from(bits >> 3 & 0xf), f64::from(bits & 7));
    match (exponent, bits & 7) {
        (0xf, 7) => f64::NAN,
        (0, _) => sign * mantissa / 8.0 * f64::powi(2.0, -6),
        _ => sign * (1.0 + mantissa / 8.0) * f64::powi(2.0, exponent - 7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f8_numbers_are_decoded() {
        for (bits, value) in [
            (0x00, 0.0),
            (0x01, 0.001953125),
            (0x08, 0.015625),
            (0x38, 1.0),
            (0xc1, -2.25),
            (0x7e, 448.0),
        ] {
            assert_eq!(e4m3(bits), value, "{bits:#x}");
        }
        assert!(e4m3(0x7f).is_nan() && e4m3(0xff).is_nan());
        for (bits, value) in [
            (0x01, 0.0000152587890625),
            (0x3c, 1.0),
            (0xc1, -2.5),
            (0x7b, 57344.0),
            (0x7c, f64::INFINITY),
        ] {
            assert_eq!(e5m2(bits), value, "{bits:#x}");
        }
    }
}
