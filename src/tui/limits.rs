//! Bounds of the screen of which people are told, each from where it is in force.

pub use super::{
    picture::graphics::{choose::LARGEST_CELL, raster::MOST as PIXELS},
    session::{TALLEST, WIDEST},
    terminal::event::WAITING as KEYS_WAITING,
};
