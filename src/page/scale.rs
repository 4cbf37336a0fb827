//! The arithmetic of plots: ticks, scales, and curves thinned to what a screen shows. No browser in here.

/// A linear map from values to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub from: (f64, f64),
    pub to: (f64, f64),
}

impl Scale {
    pub fn at(&self, value: f64) -> f64 {
        let span = self.from.1 - self.from.0;
        let part = if span == 0.0 { 0.5 } else { (value - self.from.0) / span };
        self.to.0 + part * (self.to.1 - self.to.0)
    }
}

/// About `count` round values (1, 2 or 5 times a power of ten apart) within `low..=high`.
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    if !(low.is_finite() && high.is_finite() && high > low) || count == 0 {
        return vec![low];
    }
    let rough = (high - low) / count as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Powers of ten, with 2 and 5 times them where there are few, or else round values, within `low..=high`.
pub fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let within = |multiples: &[f64]| -> Vec<f64> {
        decades
            .clone()
            .flat_map(|d| multiples.iter().map(move |m| m * 10f64.powi(d)))
            .filter(|tick| (low..=high).contains(tick))
            .collect()
    };
    let tens = within(&[1.0]);
    if tens.len() >= 2 {
        return tens;
    }
    let few = within(&[1.0, 2.0, 5.0]);
    if few.len() >= 2 { few } else { ticks(low, high, 4) }
}

/// At most about `limit` points, keeping the extremes of each stretch, so that spikes stay visible.
pub fn thin(points: &[(f64, f64)], limit: usize) -> Vec<(f64, f64)> {
    if points.len() <= limit || limit < 4 {
        return points.to_vec();
    }
    let stretch = points.len().div_ceil(limit / 2);
    let mut kept = Vec::with_capacity(limit + 2);
    for part in points.chunks(stretch) {
        let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (low, high) = (part.iter().min_by(by_value), part.iter().max_by(by_value));
        if let (Some(low), Some(high)) = (low, high) {
            let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
            kept.push(*first);
            if first != second {
                kept.push(*second);
            }
        }
    }
    if let Some(last) = points.last()
        && kept.last() != Some(last)
    {
        kept.push(*last);
    }
    kept
}

/// The `d` of an SVG path through the points.
pub fn path(points: &[(f64, f64)], x: Scale, y: Scale) -> String {
    use std::fmt::Write;
    let mut d = String::new();
    for (i, (a, b)) in points.iter().enumerate() {
        let letter = if i == 0 { 'M' } else { 'L' };
        // Writing into a String cannot fail.
        let _ = write!(d, "{letter}{:.1} {:.1}", x.at(*a), y.at(*b));
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(17.2, 26.9, 4), [20.0, 25.0]);
        assert_eq!(ticks(3.0, 3.0, 4), [3.0]);
        assert_eq!(ticks(f64::NAN, 3.0, 4).len(), 1);
    }

    #[test]
    fn log_ticks_fill_a_short_range() {
        assert_eq!(log_ticks(0.001, 0.1).len(), 3);
        let few = log_ticks(0.012, 0.06);
        assert!(few.len() == 2 && (few[0] - 0.02).abs() < 1e-12, "{few:?}");
        assert!(log_ticks(0.021, 0.046).len() >= 2, "between 2 and 5 times a power too");
    }

    #[test]
    fn thinning_keeps_a_spike_and_the_end() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|i| (f64::from(i), 0.0)).collect();
        points[4321].1 = 9.0;
        let thinned = thin(&points, 200);
        assert!(thinned.len() <= 203, "{}", thinned.len());
        assert!(thinned.contains(&(4321.0, 9.0)));
        assert_eq!(thinned.last(), points.last());
        assert!(thinned.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_path_maps_its_ends() {
        let x = Scale {
            from: (0.0, 10.0),
            to: (0.0, 100.0),
        };
        let y = Scale {
            from: (0.0, 1.0),
            to: (50.0, 0.0),
        };
        assert_eq!(path(&[(0.0, 0.0), (10.0, 1.0)], x, y), "M0.0 50.0L100.0 0.0");
        assert_eq!(
            Scale {
                from: (2.0, 2.0),
                to: (0.0, 10.0)
            }
            .at(2.0),
            5.0
        );
    }
}
