//! The RON text of a preset.

use sn_tui::preset;

/// Checks that any text is refused with a message, or is a preset that prints as a text of the same preset.
pub fn read(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    match preset::parse(text, "fuzzed.ron") {
        Ok(preset) => {
            assert!(preset::check(&preset).is_ok());
            let printed = preset::print(&preset, "fuzzed");
            let again = preset::parse(&printed, "printed.ron");
            let again = again.unwrap_or_else(|error| panic!("{error}\n{printed}"));
            assert_eq!(again, preset);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
