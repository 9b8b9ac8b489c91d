//! The limits of the screen that the documentation names.

pub use super::{
    picture::graphics::{choose::MAX_CELL_PIXELS, raster::MAX_PIXELS},
    session::{MAX_HEIGHT, MAX_WIDTH},
    terminal::event::MAX_WAITING_KEYS,
};
