//! The RON form of each layer.

/// The names of all layers with their RON forms.
const FORMS: &[(&str, &str)] = &[
    ("Linear", "Linear(out: 128), also with bias: false"),
    (
        "Conv2d",
        "Conv2d(out: 64, kernel: 4, stride: 2, padding: 1), also with bias: false",
    ),
    (
        "ConvTranspose2d",
        "ConvTranspose2d(out: 64, kernel: 4, stride: 2, padding: 1), also with bias: false",
    ),
    ("BatchNorm", "BatchNorm, without anything after it"),
    ("ReLU", "ReLU, without anything after it"),
    ("LeakyReLU", "LeakyReLU(0.1), with its slope"),
    ("Tanh", "Tanh, without anything after it"),
    ("Sigmoid", "Sigmoid, without anything after it"),
    (
        "ResidualUp",
        "ResidualUp(out: 256), also with batch_norm: false",
    ),
    (
        "ResidualDown",
        "ResidualDown(out: 128), also with batch_norm: true, preactivation: false",
    ),
    (
        "Residual",
        "Residual(out: 128), also with batch_norm: true, preactivation: false",
    ),
    ("Upsample", "Upsample(2), with its factor"),
    ("AvgPool", "AvgPool(2), with its side"),
    ("SumPool", "SumPool, without anything after it"),
    ("Reshape", "Reshape(channels, height, width)"),
    ("Flatten", "Flatten, without anything after it"),
];

/// The names of all layers.
pub fn names() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|(name, _)| *name)
}

/// Returns the RON form of the layer with this name.
pub fn form(layer: &str) -> Option<&'static str> {
    let found = FORMS.iter().find(|(name, _)| *name == layer);
    found.map(|(_, form)| *form)
}
