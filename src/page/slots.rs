//! Whose mask, and whose picture, lies in which of the worker's places: the page hands out the numbers, each part of it from a range of its own.
//! Places below all of these are the fits'.

use std::ops::Range;

use crate::worker::protocol::SlotId;

pub const GALLERY: Range<SlotId> = 1000..METHODS.start;
pub const METHODS: Range<SlotId> = 1 << 30..1 << 31;
/// Of the two masks that are compared, which are forgotten at once.
pub const COMPARED: [SlotId; 2] = [SlotId::MAX - 3, SlotId::MAX - 2];
/// Of the figures' learned mask.
pub const FIGURES: SlotId = SlotId::MAX - 1;
/// Of the mask that is measured with.
pub const BENCH: SlotId = SlotId::MAX;

/// Pictures have places of their own, beside that of the picture that a person chose: the figures' two samples.
pub const FIGURE_PICTURES: [SlotId; 2] = [SlotId::MAX, SlotId::MAX - 1];

/// What a place's mask is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Fit,
    Gallery,
    Methods,
    Compared,
    Figures,
    Bench,
}

pub fn owner(slot: SlotId) -> Owner {
    match slot {
        FIGURES => Owner::Figures,
        BENCH => Owner::Bench,
        _ if COMPARED.contains(&slot) => Owner::Compared,
        _ if METHODS.contains(&slot) => Owner::Methods,
        _ if GALLERY.contains(&slot) => Owner::Gallery,
        _ => Owner::Fit,
    }
}
