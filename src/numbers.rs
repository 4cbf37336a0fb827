//! Numbers as people read and write them.

use serde::de::DeserializeOwned;

/// 3008867 as 3,008,867.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as two digits each, such as a checksum.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// At most `places` decimals, without zeros at the end.
pub fn trimmed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// As [`trimmed`]; what that would cut to a digit or none is told with its power of ten: 2e-6.
pub fn small(value: f64, places: usize) -> String {
    let shown = 10f64.powi(1 - places as i32);
    if value == 0.0 || value.abs() >= shown {
        return trimmed(value, places);
    }
    // Logarithms of powers of ten may come out a little below.
    let exponent = (value.abs().log10() + 1e-9).floor() as i32;
    format!("{}e{exponent}", trimmed(value / 10f64.powi(exponent), 1))
}

/// A number as JSON has it, or without the zero before its point: .1 is 0.1. None for any other text.
pub fn parsed<T: DeserializeOwned>(text: &str) -> Option<T> {
    let whole = text.starts_with('.').then(|| format!("0{text}"));
    serde_json::from_str(whole.as_deref().unwrap_or(text)).ok()
}

/// Sorts a short list by a number, equal ones as they stand: without the code, of several KB for each type, that makes long lists
/// fast.
pub fn sort_few<T>(list: &mut [T], key: impl Fn(&T) -> f64) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && key(&list[at]) < key(&list[at - 1]) {
            list.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_sorted_and_equal_ones_keep_their_order() {
        let mut list = [(2.0, 'a'), (1.0, 'b'), (2.0, 'c'), (0.5, 'd'), (1.0, 'e')];
        sort_few(&mut list, |(key, _)| *key);
        assert_eq!(list.map(|(_, name)| name), ['d', 'b', 'e', 'a', 'c']);
        sort_few(&mut [(); 0], |()| 0.0);
    }

    #[test]
    fn digits_are_grouped_from_the_right() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (3_008_867, "3,008,867"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ];
        for (number, text) in cases {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn zeros_at_the_end_are_left_out_and_small_numbers_have_their_power() {
        for (value, text) in [
            (0.25, "0.25"),
            (2.0, "2"),
            (-1.5, "-1.5"),
            (0.004, "0.004"),
            (120.0, "120"),
            (0.0, "0"),
        ] {
            assert_eq!(trimmed(value, 3), text);
            assert_eq!(small(value, 5), text);
        }
        for (value, text) in [
            (1e-5, "1e-5"),
            (2.34e-7, "2.3e-7"),
            (-5e-6, "-5e-6"),
            (0.0001, "0.0001"),
        ] {
            assert_eq!(small(value, 5), text);
        }
    }

    #[test]
    fn a_number_may_begin_with_its_point() {
        for (text, number) in [(".1", 0.1), ("0.1", 0.1), (".05e1", 0.5), ("1e-1", 0.1), ("2", 2.0)] {
            assert_eq!(parsed::<f64>(text), Some(number), "{text}");
        }
        for text in ["", ".", "..1", ".-1", ".1.", "0,1", "01", "1x", "NaN"] {
            assert_eq!(parsed::<f64>(text), None, "{text}");
        }
        assert_eq!(parsed::<u64>("2000"), Some(2000));
        assert_eq!(parsed::<u64>(".5"), None, "no whole number");
    }
}
