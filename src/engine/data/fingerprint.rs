//! A hash of a user's data files, to detect changes since a run started.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{Error, open::locate, sets::Location};
use crate::{
    files::open::plain,
    preset::{Data, Fit, Source},
};

/// Bytes at the start, in the middle and at the end of a long file that are hashed.
const PIECE: u64 = 1 << 20;

/// SHA-256 of a user's data files, in lower-case hexadecimal; `None` for bundled data. It covers the names, lengths and
/// contents of all files, sorted by name. Of a file longer than 3 MiB only the first, middle and last MiB are hashed. It
/// starts with the fit of the images, unless that is stretching.
///
/// # Errors
/// If a file cannot be read.
pub fn fingerprint(data: &Data) -> Result<Option<String>, Error> {
    let Data::Images {
        source: Source::Path(path),
        fit,
        ..
    } = data
    else {
        return Ok(None);
    };
    let path = Path::new(path);
    let root = match locate(path) {
        Ok(Location::Batches(folder, _)) => folder,
        Ok(Location::File(file)) => file,
        // Loading the data reports an error about the images.
        Ok(Location::Pictures(_)) | Err(_) => path.to_owned(),
    };
    hash(&root, *fit).map(Some).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

fn hash(root: &Path, fit: Fit) -> io::Result<String> {
    let mut files = Vec::new();
    list(root, &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    // Versions without other fits did not hash the fit.
    if fit != Fit::Stretch {
        hash.update(format!("{fit:?}"));
    }
    let mut buffer = Vec::new();
    for path in files {
        let name = path.strip_prefix(root).unwrap_or(&path);
        let name = name.as_os_str().as_encoded_bytes();
        let mut file = plain(&path)?;
        let length = file.metadata()?.len();
        for number in [name.len() as u64, length] {
            hash.update(number.to_le_bytes());
        }
        hash.update(name);
        let whole = [(0, length)];
        let pieces = [
            (0, PIECE),
            (length / 2, PIECE),
            (length.saturating_sub(PIECE), PIECE),
        ];
        let pieces = if length <= 3 * PIECE {
            &whole[..]
        } else {
            &pieces
        };
        for &(start, bytes) in pieces {
            file.seek(SeekFrom::Start(start))?;
            buffer.clear();
            (&file).take(bytes).read_to_end(&mut buffer)?;
            hash.update(&buffer);
        }
    }
    Ok(format!("{:x}", hash.finalize()))
}

/// Adds every file below a folder, or the file itself, to `files`.
fn list(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // Links to folders are not followed: they may form a cycle.
        match entry.file_type()? {
            kind if kind.is_dir() => list(&entry.path(), files)?,
            _ if entry.path().is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_depends_on_names_lengths_and_contents() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("images");
        fs::create_dir_all(folder.join("more")).unwrap();
        let of = || {
            let source = Source::Path(folder.to_str().unwrap().to_owned());
            fingerprint(&Data::images(source, (1, 8, 8)))
                .unwrap()
                .unwrap()
        };
        let mut seen = vec![of()];
        let mut changed = || {
            let now = of();
            assert!(!seen.contains(&now));
            seen.push(now);
        };
        fs::write(folder.join("a"), "one").unwrap();
        changed();
        fs::write(folder.join("a"), "two").unwrap();
        changed();
        fs::rename(folder.join("a"), folder.join("more/a")).unwrap();
        changed();
        let mut long = vec![0_u8; 4 << 20];
        fs::write(folder.join("long"), &long).unwrap();
        changed();
        *long.last_mut().unwrap() = 1;
        fs::write(folder.join("long"), &long).unwrap();
        changed();
        assert_eq!(of(), of());
        let [stretch, crop] = [Fit::Stretch, Fit::Crop].map(|how| {
            let source = Source::Path(folder.to_str().unwrap().to_owned());
            let mut data = Data::images(source, (1, 8, 8));
            if let Data::Images { fit, .. } = &mut data {
                *fit = how;
            }
            fingerprint(&data).unwrap()
        });
        assert_ne!(stretch, crop);
        assert_eq!(
            fingerprint(&Data::images(Source::Digits, (1, 28, 28))).unwrap(),
            None
        );
    }
}
