//! The engine against reference values from PyTorch (tests/golden/README.md), on every device and on the reference
//! backend. `SN_TUI_GOLDEN` selects another folder of such files.

#[path = "common/devices.rs"]
mod devices;
#[path = "common/engine.rs"]
mod engine;
#[path = "common/gpu.rs"]
mod gpu;
#[path = "golden/layers.rs"]
mod layers;
#[path = "golden/reference.rs"]
mod reference;
#[path = "golden/spectral.rs"]
mod spectral;
#[path = "golden/training.rs"]
mod training;
