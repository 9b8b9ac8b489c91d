//! Scatter plots of points in the plane.

use super::Picture;

/// Width and height in pixels.
pub(crate) const SIDE: usize = 512;
/// Margin around the real points, as a fraction of their extent.
const MARGIN: f32 = 0.2;
/// Radius of a dot in pixels.
const RADIUS: f32 = 3.5;
const REAL: Dot = Dot {
    colour: [120.0, 120.0, 120.0],
    opacity: 0.45,
};
const GENERATED: Dot = Dot {
    colour: [213.0, 94.0, 0.0],
    opacity: 0.75,
};

#[derive(Clone, Copy)]
struct Dot {
    colour: [f32; 3],
    opacity: f32,
}

/// A scatter plot with real points in gray below generated points in vermilion, on white. The range is that of the real
/// points with a margin. Generated points outside of it are drawn on its border, non-finite points not at all.
pub(crate) fn scatter(real: &[[f32; 2]], generated: &[[f32; 2]]) -> Picture {
    let frame = Frame::around(real);
    let mut picture = Picture::filled(SIDE, SIDE, 3, 255);
    for (points, dot) in [(real, REAL), (generated, GENERATED)] {
        for point in points {
            if let Some(place) = frame.place(point) {
                draw(&mut picture, place, dot);
            }
        }
    }
    picture
}

/// The square of the plane that is shown.
struct Frame {
    centre: [f32; 2],
    /// Half of the side.
    half: f32,
}

impl Frame {
    fn around(points: &[[f32; 2]]) -> Self {
        let range = |axis: usize| {
            points
                .iter()
                .map(|point| point[axis])
                .filter(|x| x.is_finite())
                .fold(None, |range: Option<(f32, f32)>, x| {
                    let (low, high) = range.unwrap_or((x, x));
                    Some((low.min(x), high.max(x)))
                })
                .unwrap_or((0.0, 0.0))
        };
        let (x, y) = (range(0), range(1));
        let extent = (x.1 - x.0).max(y.1 - y.0);
        Self {
            centre: [(x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0],
            half: if extent > 0.0 {
                extent * (0.5 + MARGIN)
            } else {
                1.0
            },
        }
    }

    /// The position of a point in pixels from the top left; `None` for a non-finite point.
    fn place(&self, point: &[f32; 2]) -> Option<[f32; 2]> {
        if !point.iter().all(|x| x.is_finite()) {
            return None;
        }
        let offset = |axis: usize| ((point[axis] - self.centre[axis]) / self.half).clamp(-1.0, 1.0);
        let reach = SIDE as f32 / 2.0 - RADIUS - 1.0;
        let centre = SIDE as f32 / 2.0;
        Some([centre + offset(0) * reach, centre - offset(1) * reach])
    }
}

/// Distance between two pixels that [`points`] looks at, in each direction.
const APART: usize = 2;

/// Returns where a scatter plot shows real and generated points, in a square of its own with sides of 2: each dot is several
/// points. Real points under generated ones cannot be seen. `None` if the picture has another form.
pub(crate) fn points(picture: &Picture) -> Option<[Vec<[f32; 2]>; 2]> {
    if (picture.width, picture.height, picture.channels) != (SIDE, SIDE, 3) {
        return None;
    }
    let [mut real, mut generated] = [Vec::new(), Vec::new()];
    let along = |pixel: usize| (pixel as f32 + 0.5) / (SIDE as f32 / 2.0) - 1.0;
    for row in (0..SIDE).step_by(APART) {
        for column in (0..SIDE).step_by(APART) {
            let pixel = picture.pixel(column, row);
            let place = [along(column), -along(row)];
            // Generated points are vermilion, real ones gray; both fade out to white.
            if pixel[0].saturating_sub(pixel[2]) > 100 {
                generated.push(place);
            } else if pixel[0] < 225 {
                real.push(place);
            }
        }
    }
    Some([real, generated])
}

/// Draws a dot at (x, y) that is solid up to two thirds of its radius and fades out to its edge.
fn draw(picture: &mut Picture, [x, y]: [f32; 2], dot: Dot) {
    let span = |centre: f32| {
        let first = (centre - RADIUS).floor().max(0.0) as usize;
        let last = ((centre + RADIUS).ceil() as usize).min(SIDE - 1);
        first..=last
    };
    for row in span(y) {
        for column in span(x) {
            let distance = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
            let cover = dot.opacity * (3.0 * (1.0 - distance / RADIUS)).clamp(0.0, 1.0);
            let start = (row * SIDE + column) * 3;
            for (byte, colour) in picture.bytes[start..start + 3].iter_mut().zip(dot.colour) {
                *byte = (f32::from(*byte) * (1.0 - cover) + colour * cover).round() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORNERS: [[f32; 2]; 2] = [[-1.0, -1.0], [1.0, 1.0]];

    #[test]
    fn the_second_axis_points_up_and_generated_points_are_coloured() {
        let picture = scatter(&CORNERS, &[[0.0, 1.0]]);
        let top = picture.pixel(SIDE / 2, (SIDE as f32 * (0.5 - 0.5 / 1.4)) as usize + 2);
        assert!(top[0] > 200 && top[2] < 120, "{top:?}");
        assert_eq!(picture.pixel(SIDE / 2, SIDE - 60), [255; 3]);
        assert_eq!(picture.pixel(0, 0), [255; 3]);
    }

    #[test]
    fn the_points_of_a_plot_are_found_again() {
        let [real, generated] = points(&scatter(&CORNERS, &[[0.0, 1.0]])).unwrap();
        let near = |found: &[[f32; 2]], [x, y]: [f32; 2]| {
            let close = |p: &&[f32; 2]| (p[0] - x).abs() < 0.02 && (p[1] - y).abs() < 0.02;
            found.iter().filter(close).count()
        };
        // The corners are at 1/1.4 of the side, less what the dots on the border take.
        let corner = (1.0 - (RADIUS + 1.0) / (SIDE as f32 / 2.0)) / 1.4;
        let [low, high] = [near(&real, [-corner; 2]), near(&real, [corner; 2])];
        assert!(low > 2 && high > 2 && low + high == real.len());
        assert!(generated.len() > 2 && near(&generated, [0.0, corner]) == generated.len());
        assert_eq!(points(&Picture::filled(4, 4, 3, 255)), None);
    }

    #[test]
    fn distant_points_are_drawn_on_the_border_and_nan_not_at_all() {
        let white = |picture: &Picture| picture.bytes.iter().all(|&byte| byte == 255);
        let far = scatter(&CORNERS, &[[1e30, 0.0]]);
        assert_ne!(far, scatter(&CORNERS, &[]));
        assert!(white(&scatter(&[], &[[f32::NAN, 0.0]])));
        assert!(!white(&scatter(&[], &[[0.0, 0.0]])));
    }
}
