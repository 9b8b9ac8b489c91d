//! The names of the lanes of a run.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A lane of a run. Lane a is the run itself; the others are split off and are named in the order of their forks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(u8);

/// Number of letters.
const LETTERS: u8 = 26;

impl LaneId {
    /// The run itself.
    pub const A: Self = Self(0);

    /// The lane that is split off after this one. `None` if there are no more letters.
    pub fn next(self) -> Option<Self> {
        (self.0 + 1 < LETTERS).then_some(Self(self.0 + 1))
    }

    /// All names, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..LETTERS).map(Self)
    }
}

/// The lanes on which something acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// All lanes of the run.
    All,
    /// One lane.
    Lane(LaneId),
}

impl Target {
    /// Whether it includes this lane.
    pub fn includes(self, lane: LaneId) -> bool {
        match self {
            Self::All => true,
            Self::Lane(one) => one == lane,
        }
    }
}

/// A lane by its name, or `*` for all.
impl FromStr for Target {
    type Err = NotALane;

    fn from_str(text: &str) -> Result<Self, NotALane> {
        match text {
            "*" => Ok(Self::All),
            lane => lane.parse().map(Self::Lane),
        }
    }
}

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", char::from(b'a' + self.0))
    }
}

/// A text that is not the name of a lane.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a lane: lanes are called a, b, c …")]
pub struct NotALane(String);

impl FromStr for LaneId {
    type Err = NotALane;

    fn from_str(text: &str) -> Result<Self, NotALane> {
        match *text.as_bytes() {
            [letter @ b'a'..=b'z'] => Ok(Self(letter - b'a')),
            _ => Err(NotALane(text.to_owned())),
        }
    }
}

impl Serialize for LaneId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LaneId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_in_order() {
        let mut lane = LaneId::A;
        let mut names = lane.to_string();
        while let Some(next) = lane.next() {
            assert!(lane < next);
            lane = next;
            assert_eq!(lane.to_string().parse(), Ok(lane));
            names += &lane.to_string();
        }
        assert_eq!(names, "abcdefghijklmnopqrstuvwxyz");
        for text in ["", "A", "ab", "1", "é"] {
            assert!(text.parse::<LaneId>().is_err(), "{text}");
        }
    }
}
