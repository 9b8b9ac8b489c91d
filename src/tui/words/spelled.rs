//! Signs by the names that a person types for them.

/// Signs with their names.
const NAMES: &[(char, &str)] = &[
    ('σ', "sigma"),
    ('∇', "grad"),
    ('∇', "nabla"),
    ('θ', "theta"),
    ('β', "beta"),
    ('δ', "delta"),
    ('∏', "product"),
    ('²', "2"),
    ('×', "x"),
    ('−', "-"),
];

/// Returns a text in small letters, followed by what it is with its signs spelled out.
pub(crate) fn searchable(text: &str) -> String {
    let text = text.to_lowercase();
    let mut all = text.clone();
    for (sign, name) in NAMES.iter().filter(|(sign, _)| text.contains(*sign)) {
        all.push(' ');
        all += &text.replace(*sign, name);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_found_by_themselves_and_by_their_names() {
        let all = searchable("‖∇xD‖, σ of D, Δ and β");
        for typed in ["∇xd", "gradxd", "nabla", "sigma of d", "delta", "beta"] {
            assert!(all.contains(typed), "{typed}: {all}");
        }
        assert!(!all.contains("theta"));
    }
}
