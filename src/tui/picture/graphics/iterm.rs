//! iTerm2's inline images.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Returns the bytes that draw a PNG over `columns` × `rows` cells at the cursor. The cursor does not move.
pub(super) fn encode(png: &[u8], columns: u16, rows: u16) -> Vec<u8> {
    format!(
        "\x1b]1337;File=inline=1;size={};width={columns};height={rows};preserveAspectRatio=0;doNotMoveCursor=1:{}\x07",
        png.len(),
        STANDARD.encode(png)
    )
    .into_bytes()
}
