//! Recognising a mask file by its content, whoever wrote it.

use std::collections::BTreeMap;

use super::error::printable;
use super::{FORMAT, Mask, MaskError, MaskMetadata, container, from_zero_one, npy, torch_stream};
use crate::network::Hourglass;

/// How files that are not masks begin, and what to call them.
const STRANGERS: [(&[u8], &str); 8] = [
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a WebP picture or a sound"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive (unpack it first)"),
    (
        b"PK\x03\x04",
        "a ZIP archive (a .npz, or what torch.save writes; save the mask with numpy.save instead)",
    ),
    (
        b"version https://git-lfs",
        "a Git LFS pointer (fetch the file that it stands for)",
    ),
];

/// Reads a mask from any format known here: the project's own, a safetensors file with one U8 or BOOL tensor,
/// a one-dimensional `.npy` of bool or uint8, or one of the authors' pickles (which is never executed).
///
/// `name_hint` is the file's name, for messages and provenance; the content alone decides the format.
/// A foreign mask whose length is that of a standard network ([`Hourglass::with_levels`]) is taken to be for that.
///
/// # Errors
/// [`MaskError`]: what the file is or what is wrong with it, and what to do.
pub fn import(bytes: &[u8], name_hint: &str) -> Result<Mask, MaskError> {
    if bytes.is_empty() {
        return Err(MaskError::Empty);
    }
    if let Some(stranger) = looks_like(bytes) {
        return Err(MaskError::LooksLike(stranger));
    }
    let name = file_name(name_hint);
    if bytes.starts_with(npy::MAGIC) {
        return foreign(npy::read(bytes)?, name);
    }
    if is_pickle(bytes) {
        return foreign(torch_stream::read(bytes)?, name);
    }
    if container::claimed_header(bytes).is_none() {
        return Err(MaskError::Unknown(name));
    }
    let file = container::read(bytes)?;
    if file.metadata.get("format").map(String::as_str) == Some(FORMAT) {
        return Mask::from_container(file);
    }
    foreign(from_zero_one(file.data)?, name)
}

/// A pickle starts with 0x80 and its protocol. So may the header length of a safetensors file, which then fits the file.
fn is_pickle(bytes: &[u8]) -> bool {
    let fits = |len| len <= bytes.len() as u64;
    matches!(bytes, [0x80, 0..=9, ..]) && !container::claimed_header(bytes).is_some_and(fits)
}

fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    let known = STRANGERS.iter().find(|(start, _)| bytes.starts_with(start));
    if let Some((_, name)) = known {
        return Some(name);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text.trim_ascii_start();
    let starts = |tag: &[u8]| {
        text.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    let tags: [&[u8]; 4] = [b"<!doctype", b"<html", b"<head", b"<?xml"];
    tags.into_iter()
        .any(starts)
        .then_some("a web page (download the file itself, not the page about it)")
}

/// The last part of a path, fit to print.
fn file_name(hint: &str) -> String {
    let name = hint.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() {
        return "the file".to_owned();
    }
    printable(name.as_bytes())
}

fn foreign(keep: Vec<bool>, name: String) -> Result<Mask, MaskError> {
    if keep.is_empty() {
        return Err(MaskError::Empty);
    }
    let network = (1..=10)
        .map(Hourglass::with_levels)
        .find(|description| description.build().is_ok_and(|network| network.n == keep.len()));
    let mut extra = BTreeMap::new();
    extra.insert("source".to_owned(), name);
    let mut mask = Mask {
        keep,
        metadata: MaskMetadata {
            network,
            method: "imported".to_owned(),
            extra,
            ..MaskMetadata::default()
        },
    };
    mask.metadata.keep = mask.fraction_kept();
    Ok(mask)
}
