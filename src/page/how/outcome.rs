//! A fit's curve in three numbers.

use crate::worker::protocol::Point;

/// The end of a curve is the mean of this share of its steps: single steps differ by some tenths of a decibel.
const END: usize = 10;

/// PSNR in dB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Before any training.
    pub first: f64,
    pub best: (u64, f64),
    /// The mean over the last steps.
    pub end: f64,
    pub step: u64,
    /// Of the last step.
    pub loss: f64,
}

impl Outcome {
    /// None without a point.
    pub fn of(points: &[Point]) -> Option<Self> {
        let curve: Vec<(u64, f64)> = points
            .iter()
            .filter_map(|point| Some((point.step, point.psnr?)))
            .collect();
        let best = curve.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let tail = &curve[curve.len() - curve.len().div_ceil(END)..];
        Some(Self {
            first: curve.first()?.1,
            best,
            end: tail.iter().map(|point| point.1).sum::<f64>() / tail.len() as f64,
            step: points.last()?.step,
            loss: points.last()?.loss,
        })
    }
}
