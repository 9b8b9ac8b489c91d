//! Recording and replay of repeated work as a CUDA graph: the first call runs kernel by kernel, the second captures the
//! graph and launches it, later calls launch it.
//!
//! The first call allocates all memory that the work needs. The pool keeps it for recordings (see [`super::buffers`]),
//! so the second call finds every size. Captured work must not wait, allocate, or copy from the host. Values that
//! change between calls are in device memory.

use std::{mem, ptr, sync::Arc};

use cudarc::driver::{CudaGraph, CudaStream, DriverError, result, sys};

use super::{
    buffers::CapturePhase,
    device::{Device, Gpu},
    driver::failed,
};
use crate::engine::nn::{Counts, backend::Result};

/// The state of a recording.
#[derive(Default)]
pub enum Recording {
    /// The work has not run.
    #[default]
    New,
    /// The work ran once, in this generation of the pool.
    WarmedUp(u64),
    Captured(Graph),
}

/// A captured graph and its counters.
pub struct Graph {
    graph: CudaGraph,
    generation: u64,
    nodes: u64,
    spectral: u64,
    device: Arc<Device>,
}

// SAFETY: the driver lets any thread use a graph, as long as no two use it at once. Every use of a captured graph goes
// through `&mut Recording`, in `replay`, or owns it, in `drop`.
unsafe impl Send for Graph {}
// SAFETY: as above; `&Graph` alone, outside of `replay`, offers nothing.
unsafe impl Sync for Graph {}

impl Drop for Graph {
    /// Waits for the graph's last launch before it is destroyed. An error at this point has no effect.
    fn drop(&mut self) {
        let _ = self.device.synchronize();
    }
}

/// See [`crate::engine::nn::Backend::replay`].
pub(super) fn replay(
    gpu: &Gpu,
    recording: &mut Recording,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    if gpu.is_dry_run() {
        return work();
    }
    let generation = gpu.0.pool.borrow().generation;
    match recording {
        Recording::Captured(graph) if graph.generation == generation => return graph.launch(gpu),
        Recording::WarmedUp(then) if *then == generation => {}
        _ => {
            *recording = Recording::New;
            let guard = PhaseGuard::begin(gpu, CapturePhase::WarmUp);
            work()?;
            drop(guard);
            // An allocation may have freed memory that this work had used before.
            if gpu.0.pool.borrow().generation == generation {
                *recording = Recording::WarmedUp(generation);
            }
            return Ok(());
        }
    }
    *recording = Recording::New;
    let graph = Graph::capture(gpu, generation, work)?;
    graph.launch(gpu)?;
    *recording = Recording::Captured(graph);
    Ok(())
}

/// Sets the pool's phase and resets it when dropped.
struct PhaseGuard<'a> {
    gpu: &'a Gpu,
    /// Whether the stream is capturing.
    captures: bool,
}

impl<'a> PhaseGuard<'a> {
    fn begin(gpu: &'a Gpu, phase: CapturePhase) -> Self {
        gpu.0.pool.borrow_mut().phase = phase;
        Self {
            gpu,
            captures: phase == CapturePhase::Capture,
        }
    }
}

impl Drop for PhaseGuard<'_> {
    fn drop(&mut self) {
        self.gpu.0.pool.borrow_mut().phase = CapturePhase::Eager;
        if self.captures {
            abort_capture(self.gpu.stream());
        }
    }
}

impl Graph {
    /// Captures work without running it. Leaves the stream usable in any case.
    fn capture(gpu: &Gpu, generation: u64, work: impl FnOnce() -> Result<()>) -> Result<Self> {
        let (stream, before) = (gpu.stream(), *gpu.0.counts.borrow());
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        stream.begin_capture(mode).map_err(failed)?;
        let mut guard = PhaseGuard::begin(gpu, CapturePhase::Capture);
        work()?;
        // cudarc keeps errors of drops and would return one from `end_capture` without ending the capture.
        stream.context().check_err().map_err(failed)?;
        let graph = stream.end_capture(sys::CUgraphInstantiate_flags(0));
        guard.captures = false;
        drop(guard);
        let lost = DriverError(sys::CUresult::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
        let graph = graph.and_then(|graph| graph.ok_or(lost)).map_err(failed)?;
        let asked = mem::replace(&mut *gpu.0.counts.borrow_mut(), before) - before;
        graph.upload().map_err(failed)?;
        Ok(Self {
            nodes: nodes(&graph).map_err(failed)?,
            spectral: asked.spectral,
            graph,
            generation,
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

/// Ends a failed capture and discards its graph. cudarc's method does not end the capture after an error.
fn abort_capture(stream: &CudaStream) {
    // SAFETY: the stream is alive. The graph, if there is one, has no other owner and is destroyed once.
    unsafe {
        if let Ok(graph) = result::stream::end_capture(stream.cu_stream())
            && !graph.is_null()
        {
            let _ = result::graph::destroy(graph);
        }
    }
}

/// Number of nodes of a graph.
fn nodes(graph: &CudaGraph) -> std::result::Result<u64, DriverError> {
    let mut count = 0;
    // SAFETY: the graph is alive. With a null array the function only writes the number of nodes.
    unsafe { sys::cuGraphGetNodes(graph.cu_graph(), ptr::null_mut(), &raw mut count) }.result()?;
    Ok(count as u64)
}
