//! What a PNG file's chunks tell without decoding it.

const SIGNATURE: usize = 8;
/// Where the header says how many bits a sample has: behind the first chunk's length and name, and two sides.
const DEPTH: usize = SIGNATURE + 8 + 8;

/// Walks the chunks (big-endian length, name, that many bytes, their sum) to the last one. A browser may draw what there is
/// of a file that was cut short.
pub fn is_complete(bytes: &[u8]) -> bool {
    let mut at = SIGNATURE;
    while let Some(&[a, b, c, d, ref name @ ..]) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if bytes.len() - at - 8 < length.saturating_add(4) {
            return false;
        }
        if name == b"IEND" {
            return true;
        }
        at += 8 + length + 4;
    }
    false
}

/// Whether its samples have 16 bits.
pub fn is_deep(bytes: &[u8]) -> bool {
    bytes.get(DEPTH) == Some(&16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_is_found() {
        let file = include_bytes!("../../static/icons/icon-192.png");
        assert!(is_complete(file) && !is_deep(file));
        assert!(is_complete(&[file, &b"trailer"[..]].concat()));
        for end in SIGNATURE..file.len() {
            assert!(!is_complete(&file[..end]), "cut at {end}");
        }
    }

    #[test]
    fn a_lying_length_is_harmless() {
        let file = b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR";
        assert!(!is_complete(file) && !is_deep(file));
    }
}
