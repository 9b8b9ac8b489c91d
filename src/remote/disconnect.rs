//! Why a peer is no longer served.

use std::{fmt, io};

/// Why the connection to a peer ends.
#[derive(Debug)]
pub(super) enum Disconnect {
    /// The peer closed the connection.
    Left,
    /// The run is over.
    Over,
    /// The peer violated the protocol, in this way.
    Protocol(String),
    /// The connection failed, or the peer stopped in the middle of a message.
    Broken(io::Error),
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => write!(f, "left"),
            Self::Over => write!(f, "stayed to the end"),
            Self::Protocol(what) => write!(f, "violates the protocol: {what}"),
            Self::Broken(error) => write!(f, "broke off: {error}"),
        }
    }
}

impl From<io::Error> for Disconnect {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => Self::Left,
            io::ErrorKind::InvalidData => Self::Protocol(error.to_string()),
            _ => Self::Broken(error),
        }
    }
}

impl From<super::Error> for Disconnect {
    fn from(error: super::Error) -> Self {
        Self::Protocol(error.to_string())
    }
}
