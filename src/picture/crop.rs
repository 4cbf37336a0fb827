//! Rectangles cut out of a picture.

use super::{Picture, PictureError, Region, check_sides};

impl Picture {
    /// The middle `width` x `height` pixels; where the rest is odd, one pixel more is cut off right or bottom.
    ///
    /// # Errors
    /// [`PictureError::TooSmall`] if the crop is under 16 pixels a side, [`PictureError::Crop`] if the picture is
    /// smaller than it.
    pub fn centre_crop(&self, width: usize, height: usize) -> Result<Self, PictureError> {
        if width > self.width || height > self.height {
            return Err(PictureError::Crop {
                width: self.width,
                height: self.height,
                wanted_width: width,
                wanted_height: height,
            });
        }
        check_sides(width, height)?;
        let region = Region {
            x: (self.width - width) / 2,
            y: (self.height - height) / 2,
            width,
            height,
        };
        Ok(cut(&self.data, self.width, self.height, region))
    }
}

/// `region` of planar data `[3, height, width]`; it must lie inside.
pub fn cut(data: &[f32], width: usize, height: usize, region: Region) -> Picture {
    let mut cut = Vec::with_capacity(Picture::CHANNELS * region.width * region.height);
    for plane in data.chunks_exact(width * height) {
        for line in plane.chunks_exact(width).skip(region.y).take(region.height) {
            cut.extend_from_slice(&line[region.x..][..region.width]);
        }
    }
    Picture {
        width: region.width,
        height: region.height,
        data: cut,
    }
}
