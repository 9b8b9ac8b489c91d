//! Every argument that names a file to be written, against everything that may stand there.

#[path = "../headless/program.rs"]
#[allow(dead_code)]
mod program;

mod cases;
mod names;
mod place;
mod ways;
