//! The texts of tasks: what is observed of a picture, and painting over it.

use super::{at_step, decibels};
use crate::worker::protocol::{Missing, RunFacts, Seen};

pub const TASK: &str = "Task";
pub const TASK_DENOISE: &str = "Denoise";
pub const TASK_FILL: &str = "Fill in";
pub const TASK_ENLARGE_2: &str = "Enlarge × 2";
pub const TASK_ENLARGE_4: &str = "Enlarge × 4";

pub const MISSING: &str = "What is missing";
pub const MISSING_RANDOM: &str = "Random pixels";
pub const MISSING_PAINTED: &str = "What I paint over";
pub const MISSING_SHARE: &str = "Share of the pixels that is missing, in percent";

pub const NOISE_NONE: &str = "As it is";
pub const NOISE_GAUSSIAN: &str = "Gaussian noise";
pub const NOISE_PHOTONS: &str = "Photon noise";
pub const NOISE_NONE_HINT: &str = "the picture is itself what was observed";
pub const PHOTONS: &str = "photons";
pub const PEAK_HINT: &str = "that a white pixel counts: the fewer, the noisier";
pub const PEAK_LABEL: &str = "Photons that a white pixel counts";

pub const PAINT: &str = "Paint over what is to be filled in";
pub const PAINT_SURFACE: &str = "The picture to paint over; the fields below it do the same by keyboard";
pub const BRUSH: &str = "Brush";
pub const BRUSH_LABEL: &str = "Width of the brush, in percent of the picture's longer side";
pub const CLEAR: &str = "Clear";
pub const RECTANGLE: &str = "Without a pointer: erase a rectangle";
pub const RECTANGLE_LEFT: &str = "From the left, %";
pub const RECTANGLE_TOP: &str = "From the top, %";
pub const RECTANGLE_WIDTH: &str = "Width, %";
pub const RECTANGLE_HEIGHT: &str = "Height, %";
pub const ERASE: &str = "Erase";
pub const PAINT_ON_RESET: &str = "Reset to paint on.";

pub const SHARE_PAINTED: &str =
    "What you painted over is not in it: whoever opens the link gets random missing pixels in its place.";

pub const MISSING_PSNR: &str = "Missing pixels";

/// What stands beside the PSNR of the missing pixels in the output.
pub fn missing_averaged(missing: &Missing) -> String {
    format!(
        "averaged {}, {}",
        decibels(Some(missing.returned)),
        at_step(missing.step)
    )
}

/// The same in a race, in a line.
pub fn missing_pixels(missing: &Missing) -> String {
    format!("missing pixels {}", decibels(Some(missing.output)))
}

/// What a fit does with a picture.
pub fn task_hint(seen: &Seen, given: bool) -> String {
    match seen {
        Seen::Whole => "The network draws the picture and leaves out the noise.".to_owned(),
        Seen::Random { .. } | Seen::Unpainted { .. } => {
            "The fit is compared with the known pixels alone; what is missing comes from the network.".to_owned()
        }
        Seen::Pooled { factor } if given => {
            format!(
                "The result's sides are {factor} times as long; pooled over {factor} × {factor} pixels, it is compared with the picture."
            )
        }
        Seen::Pooled { factor } => format!(
            "The fit sees the means over {factor} × {factor} pixels alone; the PSNR is against the picture itself."
        ),
    }
}

/// What the picture that is fitted is called.
pub fn observed(seen: &Seen) -> &'static str {
    match seen {
        Seen::Whole => super::view(crate::worker::protocol::View::Noisy),
        Seen::Random { .. } | Seen::Unpainted { .. } => "Incomplete",
        Seen::Pooled { .. } => "Small",
    }
}

/// The line of what is observed among the curves.
pub fn observed_level(seen: &Seen) -> &'static str {
    match seen {
        Seen::Pooled { .. } => "small picture",
        _ => "noisy picture",
    }
}

/// What a run was doing, before the picture's name.
pub fn doing(seen: &Seen) -> &'static str {
    match seen {
        Seen::Whole => "denoising",
        Seen::Random { .. } | Seen::Unpainted { .. } => "filling in",
        Seen::Pooled { .. } => "enlarging",
    }
}

/// What became of a picture, in its file's name.
pub fn done(seen: &Seen) -> &'static str {
    match seen {
        Seen::Whole => "denoised",
        Seen::Random { .. } | Seen::Unpainted { .. } => "filled-in",
        Seen::Pooled { .. } => "enlarged",
    }
}

/// A picture's size, and what it comes from.
pub fn sizes(facts: &RunFacts) -> String {
    let (width, height) = facts.observed;
    let result = format!("{} × {} pixels", facts.width, facts.height);
    match (width, height) == (facts.width, facts.height) {
        true => result,
        false => format!("{result} from {width} × {height}"),
    }
}

pub fn painted(marks: usize) -> String {
    match marks {
        0 => "Nothing is painted yet.".to_owned(),
        1 => "1 mark.".to_owned(),
        marks => format!("{marks} marks."),
    }
}
