//! Bounds of the screen of which people are told, each from where it is in force.

pub use super::{
    event::WAITING as KEYS_WAITING,
    graphics::{choose::LARGEST_CELL, raster::MOST as PIXELS},
    session::{TALLEST, WIDEST},
};
