//! Reflection padding to a size that the network takes, and the crop back (method section 3).

use super::Picture;
use crate::network::PaddedSide;

/// Where index `i` of a line of `n` pixels, extended without end by reflection, is read from.
///
/// numpy's `reflect`: the edge is not repeated (-1 is 1, `n` is `n - 2`), and the reflection goes on bouncing between
/// the edges for as long as the padding needs. A line of one pixel repeats it.
///
/// # Panics
/// If `n` is 0.
pub fn reflect(i: isize, n: usize) -> usize {
    assert!(n > 0, "nothing to reflect");
    if n == 1 {
        return 0;
    }
    // There and back again: both edges count once.
    let period = 2 * (n - 1);
    let phase = i.rem_euclid(period as isize) as usize;
    phase.min(period - phase)
}

/// A rectangle of pixels inside a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

/// How a picture of one size sits in a padded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padding {
    /// The picture's size.
    pub width: usize,
    pub height: usize,
    /// The size after padding.
    pub padded_width: usize,
    pub padded_height: usize,
}

impl Padding {
    /// Half of the padding on each side; an odd pixel goes to the right or the bottom.
    ///
    /// # Panics
    /// If a side is 0 or the padded size is the smaller one: sizes come from a network, not from a file.
    pub fn for_size(width: usize, height: usize, padded_width: usize, padded_height: usize) -> Self {
        assert!(width > 0 && height > 0, "an empty picture");
        assert!(
            padded_width >= width && padded_height >= height,
            "{width}x{height} does not fit in {padded_width}x{padded_height}"
        );
        Self {
            width,
            height,
            padded_width,
            padded_height,
        }
    }

    /// The smallest size that `network` takes.
    ///
    /// # Panics
    /// If a side is 0.
    pub fn for_network(network: &impl PaddedSide, width: usize, height: usize) -> Self {
        Self::for_size(width, height, network.padded_side(width), network.padded_side(height))
    }

    /// The picture's own pixels inside the padded map: where loss, gradient and PSNR count.
    pub fn region(&self) -> Region {
        Region {
            x: (self.padded_width - self.width) / 2,
            y: (self.padded_height - self.height) / 2,
            width: self.width,
            height: self.height,
        }
    }

    /// The picture extended by reflection to `[3, padded_height, padded_width]`.
    ///
    /// # Panics
    /// If the picture is not of this padding's size.
    pub fn pad(&self, picture: &Picture) -> Picture {
        assert_eq!(
            (picture.width, picture.height),
            (self.width, self.height),
            "a padding for another picture"
        );
        let region = self.region();
        let sources = |before: usize, padded: usize, n: usize| -> Vec<usize> {
            (0..padded).map(|i| reflect(i as isize - before as isize, n)).collect()
        };
        let columns = sources(region.x, self.padded_width, self.width);
        let rows = sources(region.y, self.padded_height, self.height);
        let padded_pixels = self.padded_width * self.padded_height;
        let mut data = Vec::with_capacity(Picture::CHANNELS * padded_pixels);
        for channel in 0..Picture::CHANNELS {
            let plane = picture.plane(channel);
            for &row in &rows {
                let line = &plane[row * self.width..][..self.width];
                data.extend(columns.iter().map(|&column| line[column]));
            }
        }
        Picture {
            width: self.padded_width,
            height: self.padded_height,
            data,
        }
    }

    /// The picture's own pixels of padded data `[3, padded_height, padded_width]`.
    ///
    /// # Panics
    /// If the data is not of this padding's padded size.
    pub fn crop(&self, padded: &[f32]) -> Picture {
        let padded_pixels = self.padded_width * self.padded_height;
        assert_eq!(padded.len(), Picture::CHANNELS * padded_pixels, "data of another size");
        let (width, height) = (self.padded_width, self.padded_height);
        super::crop::cut(padded, width, height, self.region())
    }
}
