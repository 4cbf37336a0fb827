//! Decoded samples of any depth to planar `f32`, alpha over white.

#[cfg(feature = "codecs")]
use image::DynamicImage;

/// What [`planar`] makes of an image.
pub struct Planar {
    /// Shape `[3, H, W]`, 0 to 1.
    pub data: Vec<f32>,
    /// Some pixel was not opaque.
    pub had_alpha: bool,
    /// Some value was not a number from 0 to 1.
    pub clipped: bool,
}

/// Keeps the precision of the samples: an n-bit sample v becomes v / (2^n - 1), rounded once to `f32`.
///
/// `None` if the image crate has a pixel type that this function does not know.
#[cfg(feature = "codecs")]
pub fn planar(image: &DynamicImage) -> Option<Planar> {
    let pixels = image.width() as usize * image.height() as usize;
    let eight = |v: u8| f32::from(v) / 255.0;
    let sixteen = |v: u16| f32::from(v) / 65_535.0;
    let float = |v: f32| v;
    Some(match image {
        DynamicImage::ImageLuma8(b) => spread(b.as_raw(), 1, pixels, eight),
        DynamicImage::ImageLumaA8(b) => spread(b.as_raw(), 2, pixels, eight),
        DynamicImage::ImageRgb8(b) => spread(b.as_raw(), 3, pixels, eight),
        DynamicImage::ImageRgba8(b) => spread(b.as_raw(), 4, pixels, eight),
        DynamicImage::ImageLuma16(b) => spread(b.as_raw(), 1, pixels, sixteen),
        DynamicImage::ImageLumaA16(b) => spread(b.as_raw(), 2, pixels, sixteen),
        DynamicImage::ImageRgb16(b) => spread(b.as_raw(), 3, pixels, sixteen),
        DynamicImage::ImageRgba16(b) => spread(b.as_raw(), 4, pixels, sixteen),
        DynamicImage::ImageRgb32F(b) => spread(b.as_raw(), 3, pixels, float),
        DynamicImage::ImageRgba32F(b) => spread(b.as_raw(), 4, pixels, float),
        _ => return None,
    })
}

/// `samples` holds 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) values for each pixel.
pub fn spread<T: Copy>(samples: &[T], samples_per_pixel: usize, pixels: usize, value: impl Fn(T) -> f32) -> Planar {
    let mut clipped = false;
    let mut had_alpha = false;
    let mut unit = |sample: T| {
        let v = value(sample);
        // NaN is not inside; it becomes 0, as every value below 0 does.
        if (0.0..=1.0).contains(&v) {
            return v;
        }
        clipped = true;
        if v > 1.0 { 1.0 } else { 0.0 }
    };
    let mut data = vec![0.0; 3 * pixels];
    let colours = if samples_per_pixel < 3 { 1 } else { 3 };
    for (i, pixel) in samples.chunks_exact(samples_per_pixel).enumerate() {
        let alpha = pixel.get(colours).map_or(1.0, |&a| unit(a));
        had_alpha |= alpha < 1.0;
        for channel in 0..3 {
            let colour = unit(pixel[channel.min(colours - 1)]);
            // Exact for alpha 1.
            data[channel * pixels + i] = colour * alpha + (1.0 - alpha);
        }
    }
    Planar {
        data,
        had_alpha,
        clipped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_outside_are_clipped_and_said_so() {
        let samples = [-1.0, 0.25, f32::NAN, 2.0, f32::INFINITY, 1.0];
        let made = spread(&samples, 3, 2, |v| v);
        assert_eq!(made.data, [0.0, 1.0, 0.25, 1.0, 0.0, 1.0]);
        assert!(made.clipped && !made.had_alpha);
        assert!(!spread(&[0.0, 1.0, 0.5], 3, 1, |v| v).clipped);
    }
}
