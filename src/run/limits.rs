//! Bounds of a run of which people are told, each from where it is in force.

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
