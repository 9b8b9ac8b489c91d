//! Work that is asked for again and again, as a graph of the device: done call by call the first time, recorded and launched
//! the second, launched from then on.
//!
//! The first time allocates whatever the work needs; the pool keeps that for recordings (see [`super::buffers`]), so that
//! the second time finds every size where it was left. Nothing of a recorded call may wait, allocate or come from the
//! host. What changes from one time to the next stands in the device's memory.

use std::{ptr, rc::Rc};

use cudarc::driver::{CudaGraph, CudaStream, DriverError, result, sys};

use super::{
    buffers::Stage,
    device::{Device, Gpu},
    driver::failed,
};
use crate::nn::{Counts, backend::Result};

/// What is known of work.
#[derive(Default)]
pub enum Recording {
    /// It was never done.
    #[default]
    New,
    /// It was done once, in this epoch of the pool.
    Done(u64),
    Ready(Graph),
}

/// A recorded graph, and what it uses.
pub struct Graph {
    graph: CudaGraph,
    epoch: u64,
    nodes: u64,
    spectral: u64,
    device: Rc<Device>,
}

impl Drop for Graph {
    /// A graph may not go while it is being launched. An error that shows only here has nothing left to spoil.
    fn drop(&mut self) {
        let _ = self.device.synchronize();
    }
}

/// See [`crate::nn::Backend::repeat`].
pub fn repeat(
    gpu: &Gpu,
    recording: &mut Recording,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    if gpu.is_rehearsal() {
        return work();
    }
    let epoch = gpu.0.pool.borrow().epoch;
    match recording {
        Recording::Ready(graph) if graph.epoch == epoch => return graph.launch(gpu),
        Recording::Done(then) if *then == epoch => {}
        _ => {
            *recording = Recording::New;
            let staged = Staged::begin(gpu, Stage::First);
            work()?;
            drop(staged);
            // To allocate, it may have given back memory that it had used before.
            if gpu.0.pool.borrow().epoch == epoch {
                *recording = Recording::Done(epoch);
            }
            return Ok(());
        }
    }
    *recording = Recording::New;
    let graph = Graph::record(gpu, epoch, work)?;
    graph.launch(gpu)?;
    *recording = Recording::Ready(graph);
    Ok(())
}

/// A stage of the pool, which ends however the work ends.
struct Staged<'a> {
    gpu: &'a Gpu,
    /// Whether the stream is recording.
    records: bool,
}

impl<'a> Staged<'a> {
    fn begin(gpu: &'a Gpu, stage: Stage) -> Self {
        gpu.0.pool.borrow_mut().stage = stage;
        Self {
            gpu,
            records: stage == Stage::Recorded,
        }
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        self.gpu.0.pool.borrow_mut().stage = Stage::Free;
        if self.records {
            discard(self.gpu.stream());
        }
    }
}

impl Graph {
    /// Records work without doing it. However it ends, the stream can be used again.
    fn record(gpu: &Gpu, epoch: u64, work: impl FnOnce() -> Result<()>) -> Result<Self> {
        let (stream, before) = (gpu.stream(), gpu.0.counts.get());
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        stream.begin_capture(mode).map_err(failed)?;
        let mut staged = Staged::begin(gpu, Stage::Recorded);
        work()?;
        // An error of a drop would come out of the end of the recording before it is one.
        stream.context().check_err().map_err(failed)?;
        let graph = stream.end_capture(sys::CUgraphInstantiate_flags(0));
        staged.records = false;
        drop(staged);
        let lost = DriverError(sys::CUresult::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
        let graph = graph.and_then(|graph| graph.ok_or(lost)).map_err(failed)?;
        let asked = gpu.0.counts.replace(before) - before;
        graph.upload().map_err(failed)?;
        Ok(Self {
            nodes: nodes(&graph).map_err(failed)?,
            spectral: asked.spectral,
            graph,
            epoch,
            device: gpu.0.clone(),
        })
    }

    fn launch(&self, gpu: &Gpu) -> Result<()> {
        self.graph.launch().map_err(failed)?;
        gpu.count(|counts: &mut Counts| {
            counts.graphs += 1;
            counts.graph_nodes += self.nodes;
            counts.spectral += self.spectral;
        });
        Ok(())
    }
}

/// Ends a recording of which nothing is wanted: also where the device has failed, after which cudarc's way ends nothing.
fn discard(stream: &CudaStream) {
    // SAFETY: the stream is that of the recording; the graph, where there is one, is nobody else's.
    unsafe {
        if let Ok(graph) = result::stream::end_capture(stream.cu_stream())
            && !graph.is_null()
        {
            let _ = result::graph::destroy(graph);
        }
    }
}

/// How many nodes a graph has.
fn nodes(graph: &CudaGraph) -> std::result::Result<u64, DriverError> {
    let mut count = 0;
    // SAFETY: without room for nodes it writes their number alone.
    unsafe { sys::cuGraphGetNodes(graph.cu_graph(), ptr::null_mut(), &mut count) }.result()?;
    Ok(count as u64)
}
