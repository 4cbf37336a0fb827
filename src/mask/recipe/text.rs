//! A recipe's text: bytes in the alphabet of base64url (RFC 4648 section 5) without padding.
//!
//! The bytes: version; the network (2 x levels, for [`Hourglass::with_levels`]; 2 x levels + 1, then the channels of the
//! input, of each level and of the picture, for another); live channels; kept weights; 0 for no kept beta, else 1 and their
//! counts; the output biases, eight to a byte; the seed; the first two bytes of the SHA-256 of all before. Numbers are varints:
//! seven bits a byte, least significant first, the top bit set on all bytes but the last.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Recipe, RecipeError, build};
use crate::network::{Hourglass, stages};

pub(super) const VERSION: u8 = 1;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// More than the largest network's recipe has. Longer ones are not worth decoding.
const MAX_CHARACTERS: usize = 4096;
const SUM_BYTES: usize = 2;

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = &self.network;
        let mut numbers = Vec::new();
        let standard = *network == Hourglass::with_levels(network.levels());
        numbers.push(2 * network.levels() + usize::from(!standard));
        if !standard {
            numbers.push(network.input_channels);
            numbers.extend(&network.channels);
            numbers.push(network.output_channels);
        }
        numbers.extend(self.live.iter().chain(&self.kept));
        let shifts = self.shifts.iter().any(|count| *count > 0);
        numbers.push(usize::from(shifts));
        if shifts {
            numbers.extend(&self.shifts);
        }
        let mut bytes = vec![VERSION];
        for number in numbers {
            put(&mut bytes, number as u64);
        }
        for biases in self.biases.chunks(8) {
            bytes.push(biases.iter().rev().fold(0, |byte, kept| 2 * byte + u8::from(*kept)));
        }
        put(&mut bytes, self.seed);
        bytes.extend(sum(&bytes));
        f.write_str(&encode(&bytes))
    }
}

/// The recipe that a text holds; its counts are not checked against each other yet.
///
/// # Errors
/// [`RecipeError`].
pub(super) fn read(text: &str) -> Result<Recipe, RecipeError> {
    let bytes = decode(text.trim())?;
    let (version, _) = bytes.split_first().ok_or(RecipeError::Damaged)?;
    if *version != VERSION {
        return Err(RecipeError::Version(*version));
    }
    let body = bytes.len().checked_sub(SUM_BYTES).ok_or(RecipeError::Damaged)?;
    let (body, found) = bytes.split_at(body);
    if found != sum(body) {
        return Err(RecipeError::Damaged);
    }
    let mut rest = Reader(body.get(1..).ok_or(RecipeError::Damaged)?);
    let head = rest.count()?;
    // Checked here, since so many numbers follow.
    let levels = (head / 2).min(11);
    let network = if head.is_multiple_of(2) {
        Hourglass::with_levels(levels)
    } else {
        Hourglass {
            input_channels: rest.count()?,
            channels: rest.counts(levels)?,
            output_channels: rest.count()?,
        }
    };
    let convolutions = stages(&build(&network)?).len();
    let live = rest.counts(convolutions)?;
    let kept = rest.counts(convolutions)?;
    let shifts = match rest.count()? {
        0 => vec![0; convolutions - 1],
        1 => rest.counts(convolutions - 1)?,
        _ => return Err(RecipeError::Damaged),
    };
    let packed = rest.take(network.output_channels.div_ceil(8))?;
    let bit = |i: usize| packed[i / 8] >> (i % 8) & 1 == 1;
    let biases = (0..network.output_channels).map(bit).collect();
    let seed = rest.number()?;
    if !rest.0.is_empty() {
        return Err(RecipeError::Damaged);
    }
    Ok(Recipe {
        network,
        live,
        kept,
        shifts,
        biases,
        seed,
    })
}

fn sum(bytes: &[u8]) -> [u8; SUM_BYTES] {
    let sum = Sha256::digest(bytes);
    [sum[0], sum[1]]
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Bytes that are left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], RecipeError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(RecipeError::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, RecipeError> {
        let mut number = 0_u64;
        for place in 0..10 {
            let byte = self.take(1)?[0];
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << (7 * place);
            if shifted >> (7 * place) != bits {
                return Err(RecipeError::Damaged);
            }
            number |= shifted;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(RecipeError::Damaged)
    }

    /// A number that counts something: none here needs more than 32 bits, so sums and products of three stay in range.
    fn count(&mut self) -> Result<usize, RecipeError> {
        let number = u32::try_from(self.number()?).map_err(|_| RecipeError::Damaged)?;
        Ok(number as usize)
    }

    fn counts(&mut self, count: usize) -> Result<Vec<usize>, RecipeError> {
        (0..count).map(|_| self.count()).collect()
    }
}

fn encode(bytes: &[u8]) -> String {
    let letters = bytes.chunks(3).flat_map(|group| {
        let at = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        let sixes = [18, 12, 6, 0].map(|shift| ALPHABET[(word >> shift & 63) as usize]);
        sixes.into_iter().take(group.len() + 1)
    });
    letters.map(char::from).collect()
}

fn decode(text: &str) -> Result<Vec<u8>, RecipeError> {
    if text.len() > MAX_CHARACTERS {
        return Err(RecipeError::Damaged);
    }
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for character in text.chars() {
        let six = ALPHABET.iter().position(|letter| char::from(*letter) == character);
        word = word << 6 | six.ok_or(RecipeError::Character(character))? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    // A whole byte needs two letters, and the bits behind the last are 0.
    if bits >= 6 || word != 0 {
        return Err(RecipeError::Damaged);
    }
    Ok(bytes)
}
