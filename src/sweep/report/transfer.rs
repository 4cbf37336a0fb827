//! The transfer matrix, as a heat map: what is returned with the mask of one picture on another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plotters::prelude::*;

use super::group::{Panel, Setting, figure, panel};
use crate::sweep::{Record, SweepError};

/// The PSNR of what is returned with each mask (first) on each picture (second), in dB.
pub type Cells = BTreeMap<(String, String), f64>;

/// The matrices that have at least two masks.
pub fn matrices(groups: &BTreeMap<Setting, Vec<&Record>>) -> BTreeMap<Panel, Cells> {
    let mut panels: BTreeMap<Panel, Cells> = BTreeMap::new();
    for (setting, records) in groups.iter().filter(|(setting, _)| setting.is_transfer()) {
        let mut of_image: BTreeMap<&String, Vec<&Record>> = BTreeMap::new();
        for record in records {
            of_image.entry(&record.image).or_default().push(record);
        }
        for (image, records) in of_image {
            if let Some(psnr) = figure(&records, |record| record.returned_psnr) {
                let cells = panels.entry(panel(setting)).or_default();
                cells.insert((setting.label(), image.clone()), psnr.mean);
            }
        }
    }
    let masks = |cells: &Cells| cells.keys().map(|(mask, _)| mask).collect::<BTreeSet<_>>().len();
    panels.retain(|_, cells| masks(cells) > 1);
    panels
}

/// Draws a matrix with numbers; `words` say of what fits it is.
///
/// # Errors
/// [`SweepError::Plot`].
pub fn draw(path: &Path, words: &str, cells: &Cells) -> Result<(), SweepError> {
    let masks: BTreeSet<&String> = cells.keys().map(|(mask, _)| mask).collect();
    let images: BTreeSet<&String> = cells.keys().map(|(_, image)| image).collect();
    let low = cells.values().copied().fold(f64::INFINITY, f64::min);
    let high = cells.values().copied().fold(f64::NEG_INFINITY, f64::max);
    let (left, top, wide, tall) = (150, 60, 96, 40);
    let size = (
        left + wide * images.len() as i32 + 20,
        top + tall * masks.len() as i32 + 20,
    );
    let drawn = (|| {
        let text = |error: DrawingAreaErrorKind<_>| error.to_string();
        let root = SVGBackend::new(path, (size.0 as u32, size.1 as u32)).into_drawing_area();
        root.fill(&WHITE).map_err(text)?;
        let style = |size: i32| ("sans-serif", size).into_font();
        let write =
            |words: String, x: i32, y: i32, size: i32| root.draw(&Text::new(words, (x, y), style(size))).map_err(text);
        write(
            format!("PSNR of what is returned, dB: mask (row) on picture (column); {words}"),
            12,
            10,
            15,
        )?;
        for (column, image) in images.iter().enumerate() {
            write((*image).clone(), left + wide * column as i32 + 6, top - 18, 12)?;
        }
        for (row, mask) in masks.iter().enumerate() {
            let y = top + tall * row as i32;
            write((*mask).clone(), 12, y + 12, 12)?;
            for (column, image) in images.iter().enumerate() {
                let Some(mean) = cells.get(&((*mask).clone(), (*image).clone())) else {
                    continue;
                };
                let share = (mean - low) / (high - low).max(1e-9);
                let x = left + wide * column as i32;
                let shade = RGBColor(
                    (235.0 - 150.0 * share) as u8,
                    (240.0 - 90.0 * share) as u8,
                    (245.0 - 60.0 * share) as u8,
                );
                let cell = Rectangle::new([(x, y), (x + wide - 2, y + tall - 2)], shade.filled());
                root.draw(&cell).map_err(text)?;
                write(format!("{mean:.2}"), x + 28, y + 12, 13)?;
            }
        }
        root.present().map_err(text)
    })();
    drawn.map_err(|reason: String| SweepError::Plot {
        path: path.into(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::super::group::groups;
    use super::*;

    #[test]
    fn a_transfer_matrix_is_of_one_setting() {
        let cell = |mask: &str, image: &str, sigma: f64, psnr: f64| Record {
            sigma,
            returned_psnr: Some(psnr),
            ..record(&format!("mask:{mask}"), image, 0)
        };
        let records = [
            cell("a", "x.png", 0.1, 28.0),
            cell("b", "x.png", 0.1, 27.0),
            cell("a", "x.png", 0.2, 20.0),
        ];
        let groups = groups(&records);
        let panels = matrices(&groups);
        let (panel, cells) = panels.iter().next().expect("one");
        assert_eq!((panels.len(), panel.2.as_str()), (1, "0.1"), "the other has one mask");
        let values: Vec<f64> = cells.values().copied().collect();
        assert_eq!(values, [28.0, 27.0]);
    }
}
