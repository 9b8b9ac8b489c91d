//! Frames: four bytes of length, the least significant first, and so many bytes of content.

use std::{
    io::{self, ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

/// Bytes that room is made for at once: a length that is announced alone costs no more than that.
const CHUNK: usize = 64 << 10;

/// Reads a frame.
///
/// # Errors
/// A length above `limit` (before anything is made room for), an end in the midst of a frame, `deadline` passed, the
/// system's.
pub fn read(stream: &UnixStream, limit: usize, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut length = Vec::with_capacity(4);
    fill(stream, &mut length, 4, deadline)?;
    let length = length
        .iter()
        .rev()
        .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    if length > limit {
        let message = format!("a frame of {length} bytes, where {limit} are the most");
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
/// Content longer than `limit`, `deadline` passed, the system's.
pub fn write(
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
    // Short frames in one write.
    let (first, rest) = content.split_at(content.len().min(CHUNK));
    put(stream, &[&length.to_le_bytes(), first].concat(), deadline)?;
    put(stream, rest, deadline)
}

/// Reads until `bytes` has so many.
fn fill(
    mut stream: &UnixStream,
    bytes: &mut Vec<u8>,
    length: usize,
    deadline: Instant,
) -> io::Result<()> {
    let mut have = bytes.len();
    bytes.resize(length, 0);
    while have < length {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(&mut bytes[have..]) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => have += count,
            Err(error) => again(error)?,
        }
    }
    Ok(())
}

fn put(mut stream: &UnixStream, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.set_write_timeout(Some(left(deadline)?))?;
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) => again(error)?,
        }
    }
    Ok(())
}

/// Whether it is worth another try: the deadline decides how often.
fn again(error: io::Error) -> io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(()),
        _ => Err(error),
    }
}

/// Time until then, at least a millisecond: none at all would mean for ever.
fn left(deadline: Instant) -> io::Result<Duration> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        left => Ok(left.max(Duration::from_millis(1))),
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
    fn too_long_is_refused_before_it_is_read() {
        let (mut a, b) = UnixStream::pair().unwrap();
        a.write_all(&u32::MAX.to_le_bytes()).unwrap();
        let error = read(&b, 4 << 20, soon()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        assert!(write(&b, &[0; 11], 10, soon()).is_err());
    }

    #[test]
    fn who_sends_a_byte_now_and_then_or_reads_nothing_runs_out_of_time() {
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
