//! The map from the plane of the data to the dots of a canvas.

use super::canvas::Canvas;

/// A map that shows a square of the plane in the middle of a canvas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map {
    centre: [f32; 2],
    /// The number of dots across per unit of the plane.
    scale: f32,
    /// The height of a dot divided by its width.
    height: f32,
    dots: (usize, usize),
}

impl Map {
    /// Creates a map that shows the square within `reach` of the centre. `braille` is that of the canvas: a braille dot is
    /// square, and a cell is twice as high as wide.
    pub(crate) fn new(canvas: &Canvas, centre: [f32; 2], reach: f32, braille: bool) -> Self {
        let dots = canvas.dots();
        let height = if braille { 1.0 } else { 2.0 };
        let least = (dots.0 as f32).min(dots.1 as f32 * height);
        Self {
            centre,
            scale: least / 2.0 / reach.max(f32::MIN_POSITIVE),
            height,
            dots,
        }
    }

    /// Returns the dot of a point, or `None` if it is not finite.
    pub(crate) fn dot(&self, [x, y]: [f32; 2]) -> Option<(i64, i64)> {
        let across = self.dots.0 as f32 / 2.0 + (x - self.centre[0]) * self.scale;
        let down = self.dots.1 as f32 / 2.0 - (y - self.centre[1]) * self.scale / self.height;
        let finite = across.is_finite() && down.is_finite();
        finite.then(|| (across.floor() as i64, down.floor() as i64))
    }

    /// Returns the point at a position in dots, which need not be whole numbers.
    pub(crate) fn point(&self, across: f32, down: f32) -> [f32; 2] {
        [
            self.centre[0] + (across - self.dots.0 as f32 / 2.0) / self.scale,
            self.centre[1] - (down - self.dots.1 as f32 / 2.0) * self.height / self.scale,
        ]
    }

    /// Returns the width of a dot in units of the plane.
    pub(crate) fn unit(&self) -> f32 {
        1.0 / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_dots_agree_and_a_circle_is_round() {
        for braille in [true, false] {
            let canvas = Canvas::new(40, 30, braille);
            let map = Map::new(&canvas, [1.0, -2.0], 2.0, braille);
            for dot in [(0, 0), (7, 11), (39, 29)] {
                let point = map.point(dot.0 as f32 + 0.5, dot.1 as f32 + 0.5);
                assert_eq!(map.dot(point), Some(dot));
            }
            let (width, height) = canvas.dots();
            assert_eq!(
                map.dot([1.0, -2.0]),
                Some((width as i64 / 2, height as i64 / 2))
            );
            assert_eq!(map.dot([f32::NAN, 0.0]), None);
        }
    }
}
