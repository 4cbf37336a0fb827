//! A run's curve as a checkpoint keeps it: one row of numbers for each point. Text would outgrow a file's header.

use super::run::Point;

/// Numbers of a row.
pub(super) const COLUMNS: usize = 7;

/// One row for each point; NaN stands for what was not measured.
pub(super) fn rows(curve: &[Point]) -> Vec<f64> {
    let row = |point: &Point| -> [f64; COLUMNS] {
        let measured = [
            point.psnr,
            point.kl,
            point.mean_logit,
            point.average_psnr,
            point.statistic,
        ];
        let [psnr, kl, mean_logit, average_psnr, statistic] = measured.map(|value| value.unwrap_or(f64::NAN));
        // A float holds the number of a step exactly.
        let step = point.step as f64;
        [step, point.loss, psnr, kl, mean_logit, average_psnr, statistic]
    };
    curve.iter().flat_map(row).collect()
}

/// The inverse of [`rows`]; a row that is not whole is left out.
pub(super) fn points(rows: &[f64]) -> Vec<Point> {
    let (rows, _) = rows.as_chunks::<COLUMNS>();
    let point = |[step, loss, measured @ ..]: &[f64; COLUMNS]| {
        let [psnr, kl, mean_logit, average_psnr, statistic] =
            measured.map(|value| Some(value).filter(|value| !value.is_nan()));
        Point {
            step: *step as u64,
            loss: *loss,
            psnr,
            kl,
            mean_logit,
            average_psnr,
            statistic,
        }
    };
    rows.iter().map(point).collect()
}
