//! Limits of a run that the documentation mentions, re-exported from the modules that enforce them.

pub use crate::{
    remote::{
        PATIENCE as PEERS_PATIENCE, RESERVE as DESCRIPTORS_FOR_SAVING, SEATS as PEERS,
        TO_CLIENT as ANSWER, TO_SERVER as QUESTION,
    },
    rundir::{
        append::MAX_PENDING as WAITING_FOR_DISK,
        log::{BURST as LOG_AT_ONCE, RATE as LOG_A_SECOND, REPEAT_WINDOW as LOG_REPEATS_AFTER},
    },
};
