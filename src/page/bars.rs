//! The hourglass's measures: where each map of the network stands in the drawing, and how large it is. No browser in here.

use crate::worker::protocol::{Channels, Layer};

/// A map of the network in the drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its left side and width, in units of the drawing; the width goes by channels.
    pub left: f64,
    pub width: f64,
    /// How often its side has been halved against the picture's.
    pub halvings: usize,
    pub channels: Channels,
    /// Kept weights of the convolution that makes it, and all of them; none for the input.
    pub weights: Option<(usize, usize)>,
}

/// The input and the outputs of all convolutions side by side between `left` and `right`, `gap` apart.
pub fn bars(input: Channels, layers: &[Layer], left: f64, right: f64, gap: f64) -> Vec<Bar> {
    let maps: Vec<(Channels, Option<(usize, usize)>)> = std::iter::once((input, None))
        .chain(
            layers
                .iter()
                .map(|layer| (layer.channels, Some((layer.kept, layer.weights)))),
        )
        .collect();
    let channels: usize = maps.iter().map(|(channels, _)| channels.all).sum();
    let room = right - left - gap * (maps.len() - 1) as f64;
    let unit = room / channels.max(1) as f64;
    let mut at = left;
    maps.into_iter()
        .enumerate()
        .map(|(place, (channels, weights))| {
            let width = unit * channels.all as f64;
            let bar = Bar {
                left: at,
                width,
                halvings: halvings(place, layers.len()),
                channels,
                weights,
            };
            at += width + gap;
            bar
        })
        .collect()
}

/// Levels of an hourglass with so many convolutions: two down and one up a level, and the last.
pub fn levels(convolutions: usize) -> usize {
    convolutions.saturating_sub(1) / 3
}

/// The halvings of the map at a place: 0 is the input, then the convolutions. The second of each level down works on the
/// pooled map, as the first's result is; each level up works on the map after the upsampling.
fn halvings(place: usize, convolutions: usize) -> usize {
    let levels = levels(convolutions);
    match place {
        0 => 0,
        down if down <= 2 * levels => down.div_ceil(2),
        up if up <= 3 * levels => 3 * levels - up,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hourglass_narrows_and_widens_again() {
        let found: Vec<usize> = (0..=7).map(|place| halvings(place, 7)).collect();
        // Input; down 1, 1, 2, 2; up to level 2 and level 1; the output.
        assert_eq!(found, [0, 1, 1, 2, 2, 1, 0, 0]);
        assert_eq!(levels(19), 6);
    }

    #[test]
    fn bars_fill_the_width_by_channels() {
        let channels = |all| Channels { all, live: all / 2 };
        let layer = |all| Layer {
            name: String::new(),
            weights: 100,
            kept: 7,
            channels: channels(all),
        };
        let layers = [16, 16, 16, 3].map(layer);
        let bars = bars(channels(32), &layers, 10.0, 101.0, 2.0);
        assert_eq!(bars.len(), 5);
        assert!((bars[0].width - 32.0).abs() < 1e-9);
        assert!((bars[1].left - 44.0).abs() < 1e-9);
        let end = bars[4].left + bars[4].width;
        assert!((end - 101.0).abs() < 1e-9, "{end}");
        assert_eq!((bars[0].weights, bars[4].weights), (None, Some((7, 100))));
    }
}
