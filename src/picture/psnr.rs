//! Mean squared error and PSNR over all 3HW values, neither clipped nor quantised (method section 3).

use super::Picture;

/// Mean squared error, summed in f64.
///
/// # Panics
/// If the pictures differ in size.
pub fn mse(a: &Picture, b: &Picture) -> f64 {
    assert_eq!((a.width, a.height), (b.width, b.height), "pictures of different sizes");
    let squares = a.data.iter().zip(&b.data).map(|(&x, &y)| {
        let d = f64::from(x) - f64::from(y);
        d * d
    });
    squares.sum::<f64>() / a.data.len() as f64
}

/// PSNR in dB with peak 1; infinite for equal pictures.
///
/// # Panics
/// If the pictures differ in size.
pub fn psnr(a: &Picture, b: &Picture) -> f64 {
    psnr_of_mse(mse(a, b))
}

/// -10 log10(mse), in dB.
pub fn psnr_of_mse(mse: f64) -> f64 {
    -10.0 * libm::log10(mse)
}
