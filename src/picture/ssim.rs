//! Structural similarity, as Wang, Bovik, Sheikh and Simoncelli (2004) define it.

use super::Picture;

/// Half of the Gaussian window of 11 x 11.
const RADIUS: usize = 5;
/// Standard deviation of the window, in pixels.
const SIGMA: f64 = 1.5;
/// (K1 L)^2 and (K2 L)^2 for values from 0 to 1.
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

/// Mean SSIM over all windows that lie inside the picture, averaged over the three channels; 1 for equal pictures, and none
/// where a side is under 11 pixels.
///
/// # Panics
/// If the pictures differ in size.
pub fn ssim(a: &Picture, b: &Picture) -> Option<f64> {
    assert_eq!((a.width, a.height), (b.width, b.height), "pictures of different sizes");
    if a.width.min(a.height) <= 2 * RADIUS {
        return None;
    }
    let channels = 0..Picture::CHANNELS;
    let sum: f64 = channels.map(|c| of_planes(a.plane(c), b.plane(c), a.width)).sum();
    Some(sum / Picture::CHANNELS as f64)
}

fn of_planes(a: &[f32], b: &[f32], width: usize) -> f64 {
    let window = window();
    let mean = |value: &dyn Fn(f64, f64) -> f64| {
        let values: Vec<f64> = a
            .iter()
            .zip(b)
            .map(|(a, b)| value(f64::from(*a), f64::from(*b)))
            .collect();
        blur(&values, width, &window)
    };
    let (mean_a, mean_b) = (mean(&|a, _| a), mean(&|_, b| b));
    let (square_a, square_b, product) = (mean(&|a, _| a * a), mean(&|_, b| b * b), mean(&|a, b| a * b));
    let count = mean_a.len();
    let similarity = |i: usize| {
        let (a, b) = (mean_a[i], mean_b[i]);
        let (variance_a, variance_b, covariance) = (square_a[i] - a * a, square_b[i] - b * b, product[i] - a * b);
        ((2.0 * a * b + C1) * (2.0 * covariance + C2)) / ((a * a + b * b + C1) * (variance_a + variance_b + C2))
    };
    (0..count).map(similarity).sum::<f64>() / count as f64
}

fn window() -> [f64; 2 * RADIUS + 1] {
    let weight = |at: usize| {
        let distance = at as f64 - RADIUS as f64;
        libm::exp(-distance * distance / (2.0 * SIGMA * SIGMA))
    };
    let weights: [f64; 2 * RADIUS + 1] = std::array::from_fn(weight);
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// The weighted mean of every window inside.
fn blur(values: &[f64], width: usize, window: &[f64]) -> Vec<f64> {
    let inside = width + 1 - window.len();
    let mut rows = Vec::with_capacity(values.len());
    for row in values.chunks_exact(width) {
        rows.extend((0..inside).map(|x| row[x..].iter().zip(window).map(|(v, w)| v * w).sum::<f64>()));
    }
    let height = values.len() / width;
    let mut blurred = Vec::with_capacity(rows.len());
    for y in 0..=height - window.len() {
        blurred.extend((0..inside).map(|x| {
            let column = window.iter().enumerate();
            column.map(|(k, w)| w * rows[(y + k) * inside + x]).sum::<f64>()
        }));
    }
    blurred
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, value: impl Fn(usize, usize, usize) -> f32) -> Picture {
        let places = (0..3).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
        let data = places.map(|(c, y, x)| value(c, y, x)).collect();
        Picture { width, height, data }
    }

    #[test]
    fn equal_pictures_have_one_and_small_ones_have_none() {
        let same = picture(17, 13, |c, y, x| ((3 * c + 5 * y + 7 * x) % 11) as f32 / 11.0);
        assert!((ssim(&same, &same).expect("large enough") - 1.0).abs() < 1e-12);
        let small = picture(10, 40, |_, _, _| 0.5);
        assert_eq!(ssim(&small, &small), None);
    }

    /// `skimage.metrics.structural_similarity(a, b, channel_axis=0, data_range=1, gaussian_weights=True, sigma=1.5,
    /// use_sample_covariance=False)` of scikit-image on the same numbers in float64.
    #[test]
    fn it_is_scikit_images() {
        let a = picture(31, 23, |c, y, x| ((3 * c + 5 * y + 7 * x) % 11) as f32 / 11.0);
        let b = picture(31, 23, |c, y, x| ((3 * c + 5 * y + 7 * x + x * y) % 13) as f32 / 13.0);
        let ours = ssim(&a, &b).expect("large enough");
        assert!((ours - REFERENCE).abs() < 1e-6, "{ours}");
    }

    const REFERENCE: f64 = 0.028864214977715186;
}
