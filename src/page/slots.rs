//! Whose mask lies in which of the worker's places: the page hands out the numbers, each part of it from a range of its own.
//! Places below all of these are the fits'.

use std::ops::Range;

use crate::worker::protocol::SlotId;

pub const GALLERY: Range<SlotId> = 1000..METHODS.start;
pub const METHODS: Range<SlotId> = 1 << 30..1 << 31;
/// Of the figures' learned mask.
pub const FIGURES: SlotId = SlotId::MAX - 1;
/// Of the mask that is measured with.
pub const BENCH: SlotId = SlotId::MAX;

/// What a place's mask is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Fit,
    Gallery,
    Methods,
    Figures,
    Bench,
}

pub fn owner(slot: SlotId) -> Owner {
    match slot {
        FIGURES => Owner::Figures,
        BENCH => Owner::Bench,
        _ if METHODS.contains(&slot) => Owner::Methods,
        _ if GALLERY.contains(&slot) => Owner::Gallery,
        _ => Owner::Fit,
    }
}
