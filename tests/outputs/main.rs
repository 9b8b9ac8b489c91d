//! Every argument that names a file to be written, against everything that may stand there.

#[path = "../common/folders.rs"]
mod folders;
#[path = "../common/program.rs"]
mod program;

mod cases;
mod names;
mod place;
mod ways;
