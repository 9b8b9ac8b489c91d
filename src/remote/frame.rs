//! Frames: a length of four bytes, little-endian, and content of that many bytes.

use std::{
    io::{self, ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

/// Bytes that are allocated at once. An announced length alone costs no more memory than this.
const CHUNK: usize = 64 << 10;

/// Reads a frame.
///
/// # Errors
/// - `InvalidData`: the length is above `limit`; nothing is allocated for it.
/// - `UnexpectedEof`: the stream ends within the frame.
/// - `TimedOut`: `deadline` has passed.
/// - Any other error of the system.
pub(super) fn read(stream: &UnixStream, limit: usize, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut length = Vec::with_capacity(4);
    fill(stream, &mut length, 4, deadline)?;
    let length = length
        .iter()
        .rev()
        .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    if length > limit {
        let message = format!("a frame of {length} bytes, but {limit} are the maximum");
        return Err(io::Error::new(ErrorKind::InvalidData, message));
    }
    let mut content = Vec::new();
    while content.len() < length {
        let next = length.min(content.len() + CHUNK);
        fill(stream, &mut content, next, deadline)?;
    }
    Ok(content)
}

/// Writes a frame.
///
/// # Errors
/// `InvalidInput` if the content is longer than `limit`, `TimedOut` if `deadline` has passed, or any other error of the
/// system.
pub(super) fn write(
    stream: &UnixStream,
    content: &[u8],
    limit: usize,
    deadline: Instant,
) -> io::Result<()> {
    let length = u32::try_from(content.len()).ok();
    let Some(length) = length.filter(|_| content.len() <= limit) else {
        let message = format!("a frame of {} bytes cannot be sent", content.len());
        return Err(io::Error::new(ErrorKind::InvalidInput, message));
    };
    // A short frame takes one write.
    let (first, rest) = content.split_at(content.len().min(CHUNK));
    write_all(stream, &[&length.to_le_bytes(), first].concat(), deadline)?;
    write_all(stream, rest, deadline)
}

/// Reads until `bytes` has `length` bytes.
fn fill(
    mut stream: &UnixStream,
    bytes: &mut Vec<u8>,
    length: usize,
    deadline: Instant,
) -> io::Result<()> {
    let mut have = bytes.len();
    bytes.resize(length, 0);
    while have < length {
        stream.set_read_timeout(Some(remaining(deadline)?))?;
        match stream.read(&mut bytes[have..]) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => have += count,
            Err(error) => retry(error)?,
        }
    }
    Ok(())
}

/// Writes all of `bytes`.
fn write_all(mut stream: &UnixStream, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.set_write_timeout(Some(remaining(deadline)?))?;
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) => retry(error)?,
        }
    }
    Ok(())
}

/// Ignores an error after which reading or writing can be tried again. The deadline limits the attempts.
fn retry(error: io::Error) -> io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(()),
        _ => Err(error),
    }
}

/// Returns the time until `deadline`, at least 1 ms: a timeout of 0 would mean no limit.
fn remaining(deadline: Instant) -> io::Result<Duration> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        time => Ok(time.max(Duration::from_millis(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn frames_of_every_length_come_through() {
        let (a, b) = UnixStream::pair().unwrap();
        let lengths = [0, 1, 255, 256, CHUNK - 1, CHUNK, CHUNK + 1, 1 << 20];
        let frame = |length: usize| (0..length).map(|i| i as u8).collect::<Vec<u8>>();
        let writer = thread::spawn(move || {
            for length in lengths {
                write(&a, &frame(length), 1 << 20, soon()).unwrap();
            }
        });
        for length in lengths {
            assert_eq!(read(&b, 1 << 20, soon()).unwrap(), frame(length));
        }
        writer.join().unwrap();
        assert_eq!(
            read(&b, 9, soon()).unwrap_err().kind(),
            ErrorKind::UnexpectedEof
        );
    }

    #[test]
    fn a_frame_above_the_limit_is_refused_before_it_is_read() {
        let (mut a, b) = UnixStream::pair().unwrap();
        a.write_all(&u32::MAX.to_le_bytes()).unwrap();
        let error = read(&b, 4 << 20, soon()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        assert!(write(&b, &[0; 11], 10, soon()).is_err());
    }

    #[test]
    fn a_peer_that_sends_slowly_or_reads_nothing_times_out() {
        let (mut a, b) = UnixStream::pair().unwrap();
        let drip = thread::spawn(move || {
            while a.write_all(&[1]).is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        });
        let start = Instant::now();
        let error = read(&b, 1 << 30, start + Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(5));
        drop(b);
        drip.join().unwrap();

        let (a, _b) = UnixStream::pair().unwrap();
        let start = Instant::now();
        let error = write(
            &a,
            &vec![0; 8 << 20],
            8 << 20,
            start + Duration::from_millis(200),
        );
        assert_eq!(error.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
