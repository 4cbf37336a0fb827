//! What a person paints over a picture: marks in parts of the whole picture, which thus hold at any size and any crop.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Observation;

/// Either side of the whole picture, in the units of a mark.
pub const UNITS: u16 = 10_000;

/// What is painted in one go: what it covers is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The way of a round brush, x and y; its radius is in parts of the picture's longer side.
    Stroke { radius: u16, path: Vec<(u16, u16)> },
    /// All between two corners.
    Rectangle { from: (u16, u16), to: (u16, u16) },
}

/// Where the picture that is fitted lies in the whole one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// The whole picture's width and height, in pixels of the fitted one.
    pub whole: (f64, f64),
    /// Where the fitted one begins, in its pixels.
    pub corner: (f64, f64),
    /// The fitted one's width and height.
    pub size: (usize, usize),
}

impl Frame {
    /// A place of the whole picture in pixels of the fitted one, from its corner.
    pub fn pixel(&self, (x, y): (u16, u16)) -> (f64, f64) {
        let along = |at: u16, whole: f64, corner: f64| f64::from(at) / f64::from(UNITS) * whole - corner;
        (
            along(x, self.whole.0, self.corner.0),
            along(y, self.whole.1, self.corner.1),
        )
    }

    /// The place that lies at parts of the fitted picture's width and height, kept within the whole one.
    pub fn place(&self, x: f64, y: f64) -> (u16, u16) {
        let along = |part: f64, size: usize, whole: f64, corner: f64| {
            let part = (part * size as f64 + corner) / whole;
            (part * f64::from(UNITS)).round().clamp(0.0, f64::from(UNITS)) as u16
        };
        (
            along(x, self.size.0, self.whole.0, self.corner.0),
            along(y, self.size.1, self.whole.1, self.corner.1),
        )
    }

    /// A length in parts of the whole picture's longer side, in pixels.
    pub fn length(&self, parts: u16) -> f64 {
        f64::from(parts) / f64::from(UNITS) * self.whole.0.max(self.whole.1)
    }
}

impl Mark {
    /// Takes the pixels whose middle is covered out of the known ones.
    fn erase(&self, known: &mut [bool], frame: &Frame) {
        match self {
            Self::Stroke { radius, path } => {
                let radius = frame.length(*radius);
                let mut last = None;
                for place in path {
                    let to = frame.pixel(*place);
                    let from = last.replace(to).unwrap_or(to);
                    let (left, right) = (from.0.min(to.0) - radius, from.0.max(to.0) + radius);
                    let (top, bottom) = (from.1.min(to.1) - radius, from.1.max(to.1) + radius);
                    erase_where(known, frame.size, (left, top), (right, bottom), |x, y| {
                        distance((x, y), from, to) <= radius
                    });
                }
            }
            Self::Rectangle { from, to } => {
                erase_where(known, frame.size, frame.pixel(*from), frame.pixel(*to), |_, _| true);
            }
        }
    }
}

/// Erases the pixels whose middle lies between two corners and is covered.
fn erase_where(
    known: &mut [bool],
    (width, height): (usize, usize),
    from: (f64, f64),
    to: (f64, f64),
    covered: impl Fn(f64, f64) -> bool,
) {
    // Pixels whose middles lie between two places, of which the second is beyond them.
    let between = |from: f64, to: f64, size: usize| {
        let first = (from - 0.5).ceil().max(0.0) as usize;
        first..(to - 0.5).ceil().clamp(0.0, size as f64) as usize
    };
    for y in between(from.1, to.1, height) {
        for x in between(from.0, to.0, width) {
            if covered(x as f64 + 0.5, y as f64 + 0.5) {
                known[y * width + x] = false;
            }
        }
    }
}

/// From a point to a line between two others.
fn distance(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (along, away) = ((to.0 - from.0, to.1 - from.1), (point.0 - from.0, point.1 - from.1));
    let squared = along.0 * along.0 + along.1 * along.1;
    let part = match squared > 0.0 {
        true => ((along.0 * away.0 + along.1 * away.1) / squared).clamp(0.0, 1.0),
        false => 0.0,
    };
    (away.0 - part * along.0).hypot(away.1 - part * along.1)
}

impl Observation {
    /// Knows what no mark covers.
    pub fn unpainted(marks: &[Mark], frame: &Frame) -> Self {
        let mut known = vec![true; frame.size.0 * frame.size.1];
        for mark in marks {
            mark.erase(&mut known, frame);
        }
        Self::Known(Arc::new(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Frame = Frame {
        whole: (40.0, 20.0),
        corner: (0.0, 0.0),
        size: (40, 20),
    };

    fn missing(marks: &[Mark], frame: &Frame) -> Vec<(usize, usize)> {
        let Observation::Known(known) = Observation::unpainted(marks, frame) else {
            unreachable!()
        };
        let pixels = known.iter().enumerate().filter(|(_, known)| !**known);
        pixels.map(|(i, _)| (i % frame.size.0, i / frame.size.0)).collect()
    }

    fn rectangle(from: (u16, u16), to: (u16, u16)) -> Mark {
        Mark::Rectangle { from, to }
    }

    #[test]
    fn a_rectangle_covers_the_pixels_whose_middle_is_in_it() {
        assert_eq!(missing(&[], &WHOLE), []);
        // From 10 to 12 along the width, from 5 to 6 along the height.
        let mark = rectangle((2500, 2500), (3000, 3000));
        assert_eq!(missing(&[mark], &WHOLE), [(10, 5), (11, 5)]);
        let all = rectangle((0, 0), (UNITS, UNITS));
        assert_eq!(missing(&[all], &WHOLE).len(), 800);
    }

    #[test]
    fn a_stroke_covers_what_is_near_its_way() {
        let (radius, from, to) = (500, (2500, 5000), (7500, 5000));
        let stroke = Mark::Stroke {
            radius,
            path: vec![from, to],
        };
        let found = missing(&[stroke], &WHOLE);
        for y in 0..20 {
            for x in 0..40 {
                let (px, py) = (x as f64 + 0.5, y as f64 + 0.5);
                // Radius 2 around the line from (10, 10) to (30, 10).
                let near = (px - px.clamp(10.0, 30.0)).hypot(py - 10.0) <= 2.0;
                assert_eq!(found.contains(&(x, y)), near, "{x}, {y}");
            }
        }
        let dot = Mark::Stroke {
            radius,
            path: vec![(5000, 5000)],
        };
        assert_eq!(missing(&[dot], &WHOLE).len(), 12, "a dot of radius 2");
    }

    #[test]
    fn marks_hold_at_any_size_and_crop() {
        let mark = [rectangle((2500, 5000), (5000, 8000))];
        let half = Frame {
            whole: (20.0, 10.0),
            size: (20, 10),
            ..WHOLE
        };
        assert_eq!(missing(&mark, &half).len(), missing(&mark, &WHOLE).len() / 4);
        let crop = Frame {
            corner: (12.0, 6.0),
            size: (16, 8),
            ..WHOLE
        };
        let inside: Vec<_> = missing(&mark, &WHOLE)
            .into_iter()
            .filter(|(x, y)| (12..28).contains(x) && (6..14).contains(y))
            .map(|(x, y)| (x - 12, y - 6))
            .collect();
        assert_eq!(missing(&mark, &crop), inside);
        assert!(!inside.is_empty());
        assert_eq!(crop.place(0.5, 0.5), (5000, 5000));
        assert_eq!(crop.place(-9.0, 9.0), (0, UNITS));
    }
}
