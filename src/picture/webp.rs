//! Whether the chunks of a WebP file lie inside it. The decoder believes a chunk's declared length and allocates it.

/// Walks the chunks (`name`, little-endian length, that many bytes, padded to even) behind the RIFF header.
pub fn is_complete(bytes: &[u8]) -> bool {
    let mut at = 12;
    while let Some(&[_, _, _, _, a, b, c, d]) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let left = bytes.len() - at - 8;
        if length > left {
            return false;
        }
        at += 8 + length + length % 2;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_longer_than_the_file_is_found() {
        let file = |length: u32| {
            let mut file = b"RIFF....WEBPVP8X\x03\0\0\0abc\0EXIF".to_vec();
            file.extend(length.to_le_bytes());
            file.extend(b"four");
            file
        };
        assert!(is_complete(&file(4)));
        assert!(!is_complete(&file(5)));
        assert!(!is_complete(&file(u32::MAX)));
        assert!(is_complete(b"RIFF"));
    }
}
