//! Norms of gradients, and the guard's decision on an update.

use super::{
    DfdxDevice, Reference, reduce,
    tensors::{Matrix, failed, number},
};
use crate::engine::nn::{
    backend::Result,
    guard::{APPLIED, FLAG},
    record::RecordLayout,
};

impl<D: DfdxDevice> Reference<D> {
    /// Writes the norms of the gradient and its parts and copies of `figures` to the record, and updates the guard; see
    /// [`crate::engine::nn::Backend::measure`].
    pub fn complete_record(
        &self,
        gradients: &[f32],
        figures: &[&Vec<f32>],
        record: &mut [f32],
        layout: &RecordLayout,
        guard: &mut [f32],
    ) -> Result<()> {
        let parts = layout
            .parts
            .iter()
            .map(|part| self.row(&gradients[part.clone()]));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let norm = |parts: &[Matrix<D>]| reduce::norm(&self.device, parts).map_err(failed);
        record[RecordLayout::NORM] = number(&norm(&parts)?);
        for (place, part) in layout.part_norms().zip(&parts) {
            record[place] = number(&norm(std::slice::from_ref(part))?);
        }
        let copies = figures.iter().flat_map(|figures| figures.iter());
        for (place, figure) in layout.figures().zip(copies) {
            record[place] = *figure;
        }
        if !(record[RecordLayout::LOSS].is_finite() && record[RecordLayout::NORM].is_finite()) {
            guard[FLAG] = 0.0;
        }
        guard[APPLIED] += guard[FLAG];
        Ok(())
    }
}
