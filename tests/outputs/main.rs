//! Every argument that names an output file, with everything that may already be at that path.

#[path = "../common/folders.rs"]
mod folders;
#[path = "../common/program.rs"]
mod program;

mod cases;
mod names;
mod place;
mod ways;
