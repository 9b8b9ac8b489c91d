//! Recognizing files that are not safetensors, by their first bytes.

/// Number of first bytes that are used.
pub(super) const HEAD: u64 = 1 << 16;

/// Magic bytes of other formats, with advice for the user.
const MAGIC: [(&[u8], &str); 13] = [
    (
        b"version https://git-lfs",
        "it is a Git LFS pointer, which stands for a file that was not fetched: `git lfs pull` fetches it",
    ),
    (
        b"GGUF",
        "it is a GGUF file; audit the safetensors weights that it was made from",
    ),
    (
        b"\x89HDF\r\n\x1a\n",
        "it is an HDF5 file, as Keras and h5py write; write its weights with safetensors.numpy.save_file",
    ),
    (
        b"\x93NUMPY",
        "it is an array that numpy.save wrote (.npy); write it with safetensors.numpy.save_file",
    ),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
    (b"\x1f\x8b", "it is compressed (gzip): unpack it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "it is compressed (Zstandard): unpack it first",
    ),
    (b"<!DOCTYPE", PAGE),
    (b"<!doctype", PAGE),
    (b"<html", PAGE),
];
const PICKLE: &str = "it is a Python pickle, as older versions of torch.save wrote; write the state dict with \
                      safetensors.torch.save_file";
const PAGE: &str = "it is a web page: what was downloaded is not the file";
const ZIP: &[u8] = b"PK\x03\x04";
const NPZ: &str = "it is an npz archive, as numpy.savez writes; write its arrays with safetensors.numpy.save_file";
const TORCH: &str = "it is a zip archive, as torch.save writes; write the state dict with \
                     safetensors.torch.save_file";
const INDEX: &str = "it is the index of a model in several files: give the folder that holds them";
const JSON: &str = "it is JSON text";
const TEXT: &str = "it is text";
/// The reason for a file of an unknown format.
pub(super) const OTHER: &str = "it does not begin as one does";

/// The format of a file with these first bytes, and advice; `None` if it is unknown.
pub(super) fn identify(head: &[u8]) -> Option<&'static str> {
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(kind);
    }
    if head.starts_with(ZIP) {
        let npz = first_name(head).is_some_and(|name| name.ends_with(b".npy"));
        return Some(if npz { NPZ } else { TORCH });
    }
    if head.trim_ascii_start().starts_with(b"{") {
        let index = contains(head, b"\"weight_map\"");
        return Some(if index { INDEX } else { JSON });
    }
    is_text(head).then_some(TEXT)
}

/// Whether the bytes are UTF-8 without control characters. The last character may be cut off.
fn is_text(head: &[u8]) -> bool {
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        Err(wrong) if wrong.error_len().is_some() => return false,
        Err(wrong) => str::from_utf8(&head[..wrong.valid_up_to()]).unwrap_or_default(),
    };
    let is_control = |symbol: char| symbol.is_control() && !symbol.is_ascii_whitespace();
    !text.is_empty() && !text.contains(is_control)
}

/// The name of a zip archive's first entry.
fn first_name(head: &[u8]) -> Option<&[u8]> {
    let length = head.get(26..28)?;
    let length = u16::from_le_bytes([length[0], length[1]]);
    head.get(30..30 + usize::from(length))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognized() {
        let zip = |name: &str| {
            let length = (name.len() as u16).to_le_bytes();
            [ZIP, &[0; 22], &length, &[0; 2], name.as_bytes()].concat()
        };
        for (head, words) in [
            (&b"version https://git-lfs.github.com/spec/v1\n"[..], "LFS"),
            (b"GGUF\x03\0\0\0", "GGUF"),
            (b"\x89HDF\r\n\x1a\n", "HDF5"),
            (b"\x80\x02\x8a\x0a", "pickle"),
            (b"\x80\x04\x95", "pickle"),
            (&zip("arr_0.npy"), "npz"),
            (&zip("archive/data.pkl"), "torch.save"),
            (b"PK\x03\x04", "torch.save"),
            (b"{\"metadata\": {}, \"weight_map\": {", "index"),
            (b"\n{}", "JSON"),
            (b"<!DOCTYPE html>", "web page"),
            (b"[package]\n", "text"),
            ("σ".repeat(99).as_bytes().split_last().unwrap().1, "text"),
        ] {
            let found = identify(head).unwrap_or_default();
            assert!(found.contains(words), "{words}: {found}");
        }
        for unknown in [
            &b""[..],
            b"\x89PNG\r\n\x1a\n",
            b"text\0",
            b"caf\xe9 au lait",
        ] {
            assert_eq!(identify(unknown), None);
        }
    }
}
