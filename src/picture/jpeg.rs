//! Whether a JPEG file has its end. The decoder fills a missing end with grey and says nothing.

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// Walks the segments up to the first scan and looks for the end marker behind it.
///
/// The walk skips thumbnails, which are whole JPEG files inside a segment. In a scan's own bytes the marker cannot
/// occur, because 0xff is always followed by 0 there.
pub fn is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        match bytes.get(at..at + 2) {
            Some([0xff, 0xff]) => at += 1,
            // Markers without a segment: TEM and the restarts.
            Some([0xff, 0x01 | 0xd0..=0xd7]) => at += 2,
            Some([0xff, marker]) => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else {
                    return false;
                };
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
                if *marker == START_OF_SCAN {
                    break;
                }
            }
            // Not a marker: damage, which is the decoder's to judge.
            Some(_) => break,
            None => return false,
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    rest.windows(2).any(|pair| pair == END_OF_IMAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end() {
        let head = b"\xff\xd8\xff\xe1\x00\x06..\xff\xd9\xff\xda\x00\x02data\xff\x00";
        assert!(!is_complete(head));
        assert!(is_complete(&[head, &b"\xff\xd9"[..]].concat()));
        assert!(is_complete(&[head, &b"\xff\xd9trailer"[..]].concat()));
    }

    #[test]
    fn every_cut_is_found() {
        let whole = b"\xff\xd8\xff\xff\xdb\x00\x03.\xff\xda\x00\x02data\xff\xd9";
        assert!(is_complete(whole));
        for end in 2..whole.len() {
            assert!(!is_complete(&whole[..end]), "cut at {end}");
        }
    }
}
