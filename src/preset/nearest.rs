//! The known name that a misspelt one was probably meant to be.

/// Returns the known name most similar to `name`, or `None` if none is similar enough.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = plain(name);
    known
        .into_iter()
        .map(|candidate| (similarity(&plain, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= 0.55)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The name in lower case, without separators.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .take(80)
        .flat_map(char::to_lowercase)
        .collect()
}

fn similarity(name: &str, candidate: &str) -> f64 {
    let candidate = plain(candidate);
    let edits = strsim::normalized_damerau_levenshtein(name, &candidate);
    // An abbreviation (`iters`) is far by edit distance, but shares its beginning.
    match strsim::jaro_winkler(name, &candidate) {
        beginnings if beginnings > 0.8 => edits.max(beginnings * 0.8),
        _ => edits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood_and_nonsense_is_not() {
        let known = ["hinge", "non_saturating", "wasserstein", "least_squares"];
        assert_eq!(nearest("hinje", known), Some("hinge"));
        assert_eq!(nearest("NonSaturating", known), Some("non_saturating"));
        assert_eq!(nearest("wasserstien", known), Some("wasserstein"));
        assert_eq!(nearest("quux", known), None);
        assert_eq!(
            nearest("iters", ["enabled", "iterations"]),
            Some("iterations")
        );
    }
}
