//! NumPy's `.npy` files, as far as a mask needs them: versions 1 to 3, one dimension, `|b1` or `|u1`, C order.

use super::error::printable;
use super::{MAX_ENTRIES, MaskError, from_zero_one};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// The longest header that is read; numpy's own is 118 bytes.
const MAX_HEADER: u64 = 1 << 16;

/// Reads the entries of a file that starts with [`MAGIC`].
///
/// # Errors
/// [`MaskError`] naming what a mask cannot have.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<bool>, MaskError> {
    let found = bytes.len() as u64;
    let truncated = |needed: u64| MaskError::Truncated { needed, found };
    let (prefix, header_len) = match bytes.get(6..) {
        Some([1, _, a, b, ..]) => (10, u64::from(u16::from_le_bytes([*a, *b]))),
        Some([2 | 3, _, a, b, c, d, ..]) => (12, u64::from(u32::from_le_bytes([*a, *b, *c, *d]))),
        Some([1..=3, ..] | []) | None => return Err(truncated(12)),
        Some([version, ..]) => return Err(bad(format!("its format version is {version}"))),
    };
    if header_len > MAX_HEADER {
        let (bytes, limit) = (header_len, MAX_HEADER);
        return Err(MaskError::HeaderTooLong { bytes, limit });
    }
    let Some((header, data)) = bytes[prefix..].split_at_checked(header_len as usize) else {
        return Err(truncated(prefix as u64 + header_len));
    };
    let n = entries(header)?;
    if n > MAX_ENTRIES {
        return Err(MaskError::TooManyEntries(n));
    }
    let data_len = data.len() as u64;
    if data_len < n {
        return Err(truncated(found - data_len + n));
    }
    if data_len > n {
        return Err(MaskError::Trailing { extra: data_len - n });
    }
    from_zero_one(data)
}

fn bad(problem: impl Into<String>) -> MaskError {
    MaskError::Npy(problem.into())
}

/// The number of entries, from the header: a Python dictionary with `descr`, `fortran_order` and `shape`.
fn entries(header: &[u8]) -> Result<u64, MaskError> {
    let mut text = Literal { rest: header };
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    text.expect(b'{')?;
    while !text.take(b'}') {
        let key = text.string()?;
        text.expect(b':')?;
        let repeated = match key {
            b"descr" => descr.replace(text.string()?).is_some(),
            b"fortran_order" => fortran.replace(text.boolean()?).is_some(),
            b"shape" => shape.replace(text.shape()?).is_some(),
            other => return Err(bad(format!("its header has a key {}", printable(other)))),
        };
        if repeated {
            return Err(bad("its header repeats a key"));
        }
        if !text.take(b',') {
            text.expect(b'}')?;
            break;
        }
    }
    if !text.rest.trim_ascii().is_empty() {
        return Err(bad("something follows its header"));
    }
    let (Some(descr), Some(fortran), Some(shape)) = (descr, fortran, shape) else {
        return Err(bad("its header lacks descr, fortran_order or shape"));
    };
    if descr != b"|b1" && descr != b"|u1" {
        return Err(bad(format!("its type is {}", printable(descr))));
    }
    if fortran {
        return Err(bad("it is in Fortran order"));
    }
    match shape[..] {
        [n] => Ok(n),
        _ => Err(bad(format!("it has {} dimensions", shape.len()))),
    }
}

/// The few kinds of Python literal that a header has.
struct Literal<'a> {
    rest: &'a [u8],
}

impl<'a> Literal<'a> {
    /// Skips blanks, then `byte` if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        self.rest = self.rest.trim_ascii_start();
        let taken = self.rest.first() == Some(&byte);
        self.rest = &self.rest[usize::from(taken)..];
        taken
    }

    fn expect(&mut self, byte: u8) -> Result<(), MaskError> {
        if self.take(byte) {
            return Ok(());
        }
        let seen = printable(&self.rest[..self.rest.len().min(10)]);
        let wanted = char::from(byte);
        Err(bad(format!("its header has \"{seen}\" where \"{wanted}\" belongs")))
    }

    /// The bytes up to the first that is not `accepted`.
    fn run(&mut self, accepted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !accepted(*byte));
        let (run, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        run
    }

    fn string(&mut self) -> Result<&'a [u8], MaskError> {
        let quote = if self.take(b'"') { b'"' } else { b'\'' };
        if quote == b'\'' {
            self.expect(quote)?;
        }
        let text = self.run(|byte| byte != quote && byte != b'\\');
        self.expect(quote)?;
        Ok(text)
    }

    fn boolean(&mut self) -> Result<bool, MaskError> {
        self.rest = self.rest.trim_ascii_start();
        match self.run(|byte| byte.is_ascii_alphabetic()) {
            b"True" => Ok(true),
            b"False" => Ok(false),
            _ => Err(bad("fortran_order is neither True nor False")),
        }
    }

    fn shape(&mut self) -> Result<Vec<u64>, MaskError> {
        /// NumPy has no array of more dimensions.
        const MAX_DIMENSIONS: usize = 64;
        let mut shape = Vec::new();
        self.expect(b'(')?;
        while !self.take(b')') {
            if self.take(b'-') {
                return Err(bad("its shape is negative"));
            }
            let digits = self.run(|byte| byte.is_ascii_digit());
            let number = str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
            shape.push(number.ok_or_else(|| bad("its shape is not made of whole numbers"))?);
            if shape.len() > MAX_DIMENSIONS {
                return Err(bad("its shape has too many dimensions"));
            }
            if !self.take(b',') {
                self.expect(b')')?;
                break;
            }
        }
        Ok(shape)
    }
}
