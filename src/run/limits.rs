//! Limits of a run that the documentation mentions, re-exported from the modules that enforce them.

pub use crate::{
    remote::{
        PATIENCE as PEERS_PATIENCE, RESERVE as DESCRIPTORS_FOR_SAVING, SEATS as PEERS,
        TO_CLIENT as ANSWER, TO_SERVER as QUESTION,
    },
    rundir::{
        append::MOST as WAITING_FOR_DISK,
        log::{AGAIN as LOG_REPEATS_AFTER, BURST as LOG_AT_ONCE, RATE as LOG_A_SECOND},
    },
};
