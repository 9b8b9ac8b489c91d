//! The tensors of a model in one or several files.

use super::file::{Error, TensorFile};

/// Files whose tensors form one model. If two files have the same key, the first file's tensor is used.
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
    /// The keys of all tensors, in no particular order.
    pub fn keys(&self) -> Vec<String> {
        self.files.iter().flat_map(TensorFile::keys).collect()
    }

    /// The shape of a tensor; `None` if it is missing or [`Tensors::read`] does not support its type.
    pub fn shape(&self, key: &str) -> Option<&[usize]> {
        self.holder(key)?.shape(key)
    }

    /// The shape of a tensor of any type, and the name of the type.
    pub fn info(&self, key: &str) -> Option<(&[usize], String)> {
        self.holder(key)?.info(key)
    }

    /// The numbers of a tensor, row-major; `None` if it is missing or its type is not supported, see
    /// [`TensorFile::read`].
    ///
    /// # Errors
    /// If reading fails.
    pub fn read(&mut self, key: &str) -> Result<Option<Vec<f64>>, Error> {
        let mut files = self.files.iter_mut();
        match files.find(|file| file.info(key).is_some()) {
            Some(file) => file.read(key),
            None => Ok(None),
        }
    }

    /// The first file with this key.
    fn holder(&self, key: &str) -> Option<&TensorFile> {
        self.files.iter().find(|file| file.info(key).is_some())
    }
}
