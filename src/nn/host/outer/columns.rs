//! What the taps of a row of the kernel read of the rows of both operands.

use crate::nn::{
    Geometry,
    host::{
        axis::{Axis, Side},
        winograd::{Filtering, Matrix},
    },
};

/// Places side by side that are multiplied with each other.
#[derive(Clone, Copy)]
pub struct Stretch {
    pub map: usize,
    pub image: usize,
    pub count: usize,
}

/// Taps whose sums are made together.
pub struct Group {
    /// What each sum goes over: one sum for a tap, or one for each point of a stream.
    pub sums: Vec<Vec<Stretch>>,
    /// The taps that they make, in this order; none where the kernel has no more.
    pub taps: Vec<Option<usize>>,
}

/// Rows of the operands as tiles read them: their places, or what a filter makes of these.
pub struct Columns {
    /// Places of a row of the image, and of the map.
    pub image: usize,
    pub map: usize,
    pub groups: Vec<Group>,
    pub filtering: Option<Filtering>,
}

impl Columns {
    pub fn new(g: &Geometry) -> Self {
        let side = Side::columns(g);
        let direct = side.correlation();
        let filter = || Filtering::correlation(&side);
        let Some((filtering, _)) =
            Filtering::that_pays(direct.pairs(), (g.channels, g.out), filter)
        else {
            let group = |tap: usize| Group {
                sums: vec![stretches(&direct, tap)],
                taps: vec![Some(tap)],
            };
            return Self {
                image: g.width,
                map: g.out_width,
                groups: (0..g.kernel).map(group).collect(),
                filtering: None,
            };
        };
        let (points, tiles) = (filtering.filter.points(), filtering.tiles);
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
            image: filtering.taps.len() * points * tiles,
            map: points * tiles,
            groups: filtering.taps.iter().enumerate().map(group).collect(),
            filtering: Some(filtering),
        }
    }

    /// From the sums of a group to its taps, where they are not the same.
    pub fn interpolation(&self) -> Option<Matrix> {
        let filtering = self.filtering.as_ref()?;
        Some(filtering.filter.from_taps.transposed())
    }
}

/// The stretches of places of the map that a tap reads places of the image for, one after the other in both.
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
