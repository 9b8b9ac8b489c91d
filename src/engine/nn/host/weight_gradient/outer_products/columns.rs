//! Which columns of both operands each tap of a kernel row multiplies.

use crate::engine::nn::{
    Geometry,
    host::{
        axis::{Axis, AxisGeometry},
        winograd::{Matrix, Plan},
    },
};

/// Consecutive positions of the map and of the image that are multiplied with each other.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    pub map: usize,
    pub image: usize,
    pub count: usize,
}

/// Taps that are computed together.
pub(super) struct Group {
    /// The stretches of each sum: one sum for a tap, or one for each point of a Winograd stream.
    pub sums: Vec<Vec<Stretch>>,
    /// The taps that the sums give, in this order; none if the kernel has no such tap.
    pub taps: Vec<Option<usize>>,
}

/// The columns of both operands: positions, or transformed values.
pub(super) struct Columns {
    /// Values of an image row, and of a map row.
    pub image: usize,
    pub map: usize,
    pub groups: Vec<Group>,
    pub plan: Option<Plan>,
}

impl Columns {
    pub(super) fn new(g: &Geometry) -> Self {
        let side = AxisGeometry::columns(g);
        let direct = side.correlation();
        let plan = || Plan::correlation(&side);
        let Some((plan, _)) = Plan::if_profitable(direct.pairs(), (g.channels, g.out), plan) else {
            let group = |tap: usize| Group {
                sums: vec![stretches(&direct, tap)],
                taps: vec![Some(tap)],
            };
            return Self {
                image: g.width,
                map: g.out_width,
                groups: (0..g.kernel).map(group).collect(),
                plan: None,
            };
        };
        let (points, tiles) = (plan.filter.points(), plan.tiles);
        let group = |(stream, taps): (usize, &Vec<Option<usize>>)| {
            let stretch = |point: usize| Stretch {
                map: point * tiles,
                image: (stream * points + point) * tiles,
                count: tiles,
            };
            Group {
                sums: (0..points).map(|point| vec![stretch(point)]).collect(),
                taps: taps.clone(),
            }
        };
        Self {
            image: plan.taps.len() * points * tiles,
            map: points * tiles,
            groups: plan.taps.iter().enumerate().map(group).collect(),
            plan: Some(plan),
        }
    }

    /// The matrix from the sums of a group to its taps; none if they are the same.
    pub(super) fn interpolation(&self) -> Option<Matrix> {
        let plan = self.plan.as_ref()?;
        Some(plan.filter.from_taps.transposed())
    }
}

/// The stretches of map positions and the image positions that `tap` reads for them.
fn stretches(columns: &Axis, tap: usize) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for map in 0..columns.outputs() {
        let Some(&(_, image)) = columns.reads(map).iter().find(|read| read.0 == tap) else {
            continue;
        };
        match stretches.last_mut() {
            Some(last) if (last.map + last.count, last.image + last.count) == (map, image) => {
                last.count += 1;
            }
            _ => stretches.push(Stretch {
                map,
                image,
                count: 1,
            }),
        }
    }
    stretches
}
