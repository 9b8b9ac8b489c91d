//! The tensors of a model, which may lie in several files.

use super::file::{Error, TensorFile};

/// Files whose tensors belong together; of two tensors of one key that of the first file is meant.
#[derive(Debug)]
pub struct Tensors {
    files: Vec<TensorFile>,
}

impl From<TensorFile> for Tensors {
    fn from(file: TensorFile) -> Self {
        Self { files: vec![file] }
    }
}

impl From<Vec<TensorFile>> for Tensors {
    fn from(files: Vec<TensorFile>) -> Self {
        Self { files }
    }
}

impl Tensors {
    /// The keys of all tensors, in no order that means anything.
    pub fn keys(&self) -> Vec<String> {
        self.files.iter().flat_map(TensorFile::keys).collect()
    }

    /// The shape of a tensor whose numbers can be read.
    pub fn shape(&self, key: &str) -> Option<&[usize]> {
        self.holder(key)?.shape(key)
    }

    /// The shape of a tensor and the name of its type, whatever that is.
    pub fn info(&self, key: &str) -> Option<(&[usize], String)> {
        self.holder(key)?.info(key)
    }

    /// The numbers of a tensor, row-major; none where there is no such tensor, or one of a type that is not read.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&mut self, key: &str) -> Result<Option<Vec<f64>>, Error> {
        let mut files = self.files.iter_mut();
        match files.find(|file| file.info(key).is_some()) {
            Some(file) => file.read(key),
            None => Ok(None),
        }
    }

    fn holder(&self, key: &str) -> Option<&TensorFile> {
        self.files.iter().find(|file| file.info(key).is_some())
    }
}
