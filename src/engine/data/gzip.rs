//! Reading gzipped files of one or more members.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::idx::GZIP;

/// Reads all members of a gzip stream as one stream. Like `gzip` it stops at trailing bytes that are not a member, such as
/// padding.
pub(super) struct Members<R> {
    /// The current member; `None` at the end.
    member: Option<GzDecoder<R>>,
    trailing: bool,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(packed: R) -> Self {
        Self {
            member: Some(GzDecoder::new(packed)),
            trailing: false,
        }
    }

    /// Whether other bytes follow the last member. Valid once everything has been read.
    pub(super) fn trailing(&self) -> bool {
        self.trailing
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(bytes)?;
            if count > 0 || bytes.is_empty() {
                return Ok(count);
            }
            let Some(mut input) = self.member.take().map(GzDecoder::into_inner) else {
                break;
            };
            let start = input.fill_buf()?;
            // The buffer may end after the first byte of the signature: then that byte decides.
            let known = start.len().min(GZIP.len());
            if known > 0 && start[..known] == GZIP[..known] {
                self.member = Some(GzDecoder::new(input));
            } else {
                self.trailing = known > 0;
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(packed: &[u8]) -> io::Result<(Vec<u8>, bool)> {
        let (mut members, mut bytes) = (Members::new(packed), Vec::new());
        members.read_to_end(&mut bytes)?;
        Ok((bytes, members.trailing()))
    }

    #[test]
    fn members_are_concatenated_and_trailing_bytes_reported() {
        let two = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
        assert_eq!(unpacked(&two).unwrap(), (b"one two".to_vec(), false));
        for rest in [&[0; 512][..], b"garbage", b"\x1e"] {
            let packed = [&two, rest].concat();
            assert_eq!(unpacked(&packed).unwrap(), (b"one two".to_vec(), true));
        }
    }

    #[test]
    fn damage_within_a_member_is_an_error() {
        let mut two = [gzip(b"one"), gzip(b"two")].concat();
        for length in [two.len() - 1, two.len() - 9, gzip(b"one").len() + 1, 5] {
            assert!(unpacked(&two[..length]).is_err(), "cut at {length}");
        }
        let checksum = two.len() - 8;
        two[checksum] ^= 1;
        assert!(unpacked(&two).is_err());
    }
}
