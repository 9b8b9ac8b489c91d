//! Comparison of a replay with what was recorded: measures of steps, and the complete state.

use std::sync::Arc;

use super::{
    Replay, Verdict,
    verdict::{difference, is_same},
};
use crate::{
    files::tensors::StateTensor,
    model::Updates,
    run::engine::Failure,
    rundir::{checkpoint::Checkpoint, metrics::Record},
};

impl Replay<'_> {
    /// Compares the measures of the last step with its line in metrics.jsonl, if there is one.
    pub(super) fn compare_measures(
        &mut self,
        updates: Updates,
    ) -> Result<Option<Verdict>, Failure> {
        let step = self.training.steps();
        let of_step = |record: &Record| record.measures.step == step;
        let Some(record) = self.records.next_if(of_step) else {
            return Ok(None);
        };
        let Some(measures) = self.training.measures()?.map(Arc::new) else {
            return Ok(None);
        };
        self.compared += 1;
        // Runs of older versions have no exact measures.
        let exact = match &record.spectra {
            Some(there) => {
                let spectra = self.training.spectra()?;
                let mut here = spectra.record(self.training.settings());
                // Older versions did not record these.
                here.lipschitz = here.lipschitz.filter(|_| there.lipschitz.is_some());
                let has_cosines = there.layers.iter().any(|(_, it)| it.cosine_next.is_some());
                let layers = here.layers.iter_mut().filter(|_| !has_cosines);
                layers.for_each(|(_, layer)| layer.cosine_next = None);
                Some(Arc::new(here))
            }
            None => None,
        };
        let outputs = match record.outputs {
            Some(_) => self.training.outputs()?.map(Arc::new),
            None => None,
        };
        let replayed = Record {
            scores: record.scores.clone(),
            spectra: exact,
            // Lane a is not replayed beside it.
            distances: record.distances,
            outputs,
            seconds: record.seconds,
            ..Record::new(&measures, updates, 0.0)
        };
        let (recorded, replayed) = (record.line(), replayed.line());
        Ok((recorded != replayed).then(|| Verdict::Differs {
            step,
            what: difference(&recorded, &replayed),
        }))
    }

    /// Compares the complete state with the checkpoint after its step.
    pub(super) fn compare_state(&mut self) -> Result<Option<Verdict>, Failure> {
        let step = self.training.steps();
        let of_step = |checkpoint: &&Checkpoint| checkpoint.position.step == step;
        let Some(checkpoint) = self.checkpoint.filter(of_step) else {
            return Ok(None);
        };
        let state = self.training.capture()?;
        let position = &checkpoint.position;
        if (state.updates_d, state.updates_g) != (position.updates_d, position.updates_g) {
            // The checkpoint was saved during the next step, which failed.
            return Ok(None);
        }
        let mut tensors = state.tensors;
        tensors.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        self.state = Some(step);
        let recorded = &checkpoint.state.tensors;
        let differs = |(a, b): &(&StateTensor, &StateTensor)| !is_same(a, b);
        let different = tensors.iter().zip(recorded).find(differs);
        let what = match different {
            Some((_, recorded)) => recorded.key.clone(),
            None if tensors.len() != recorded.len() => "the number of tensors".to_owned(),
            None => return Ok(None),
        };
        Ok(Some(Verdict::Differs { step, what }))
    }
}
