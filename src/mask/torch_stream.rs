//! The authors' `mask_*.pkl`: a pickled one-dimensional `torch.bool` tensor (method section 10), read as plain data.
//!
//! The outer pickle is `_rebuild_tensor_v2(_load_from_bytes(B), 0, (n,), (1,), False, OrderedDict())`. B is a legacy
//! `torch.save` stream: pickles of a magic number, the protocol, the system's properties, the storage's persistent id
//! and the list of its keys, then a count in 8 bytes, little-endian, and one byte an element.

use super::pickle::{self, Dialect, Value};
use super::{MAX_ENTRIES, MaskError, from_zero_one};

const REBUILD: &str = "torch._utils._rebuild_tensor_v2";
const LOAD: &str = "torch.storage._load_from_bytes";
const ORDERED: &str = "collections.OrderedDict";
const STORAGE: &str = "torch.BoolStorage";

/// GLOBAL BINPUT MARK BINBYTES TUPLE1 TUPLE EMPTY_TUPLE REDUCE BININT1 BININT NEWFALSE STOP
const OUTER: Dialect = Dialect {
    protocol: 3,
    opcodes: b"cq(B\x85t)RKJ\x89.",
    globals: &[REBUILD, LOAD, ORDERED],
};

/// LONG1 BININT1 BININT2 BININT BINPUT MARK BINUNICODE EMPTY_DICT EMPTY_LIST NEWTRUE NONE SETITEMS APPEND TUPLE
/// BINPERSID GLOBAL STOP
const INNER: Dialect = Dialect {
    protocol: 2,
    opcodes: b"\x8aKMJq(X}]\x88NuatQc.",
    globals: &[STORAGE],
};

/// 0x1950a86a20f9469cfc6c, little-endian.
const MAGIC: &[u8] = b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
const PROTOCOL: i64 = 1001;

/// Reads the entries of such a file.
///
/// # Errors
/// [`MaskError`] for anything that is not exactly such a file; nothing is ever executed.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<bool>, MaskError> {
    let (value, end) = pickle::read(bytes, 0, &OUTER)?;
    if end != bytes.len() {
        let extra = (bytes.len() - end) as u64;
        return Err(MaskError::Trailing { extra });
    }
    let Some((stream, n)) = rebuilt_tensor(&value) else {
        return Err(bad("no one-dimensional tensor", 0));
    };
    // The stream lies inside the file, so offsets in messages stay those of the file.
    read_stream(&bytes[..stream.end], stream.start, n)
}

fn bad(problem: &str, offset: usize) -> MaskError {
    let problem = problem.to_owned();
    MaskError::Pickle { problem, offset }
}

/// Where the storage's stream lies and the number of entries.
fn rebuilt_tensor(value: &Value<'_>) -> Option<(std::ops::Range<usize>, i64)> {
    let Value::Call(REBUILD, arguments) = value else {
        return None;
    };
    let [
        Value::Call(LOAD, storage),
        Value::Int(0),
        Value::Tuple(size),
        Value::Tuple(stride),
        Value::Bool(false),
        Value::Call(ORDERED, hooks),
    ] = &arguments[..]
    else {
        return None;
    };
    let ([Value::Bytes(stream)], [Value::Int(n)]) = (&storage[..], &size[..]) else {
        return None;
    };
    (stride[..] == [Value::Int(1)] && hooks.is_empty()).then(|| (stream.clone(), *n))
}

fn read_stream(bytes: &[u8], start: usize, n: i64) -> Result<Vec<bool>, MaskError> {
    let (magic, protocol_at) = pickle::read(bytes, start, &INNER)?;
    if magic != Value::Long(MAGIC) {
        return Err(bad("no legacy torch.save stream", start));
    }
    let (protocol, system_at) = pickle::read(bytes, protocol_at, &INNER)?;
    if protocol != Value::Int(PROTOCOL) {
        return Err(bad("an unknown torch.save protocol", protocol_at));
    }
    let (system, storage_at) = pickle::read(bytes, system_at, &INNER)?;
    if !is_little_endian(&system) {
        return Err(bad("no description of a little-endian system", system_at));
    }
    let (storage, keys_at) = pickle::read(bytes, storage_at, &INNER)?;
    let Some(key) = storage_key(&storage, n) else {
        return Err(bad("no bool storage of the tensor's length", storage_at));
    };
    let (keys, data_at) = pickle::read(bytes, keys_at, &INNER)?;
    if keys != Value::List(vec![Value::Text(key)]) {
        return Err(bad("no list of that one storage", keys_at));
    }
    let found = bytes.len() as u64;
    let Some((count, data)) = bytes[data_at..].split_first_chunk() else {
        let needed = data_at as u64 + 8;
        return Err(MaskError::Truncated { needed, found });
    };
    if i64::from_le_bytes(*count) != n {
        return Err(bad("a count of elements that is not the tensor's", data_at));
    }
    let n = u64::try_from(n).map_err(|_| bad("a negative length", storage_at))?;
    if n > MAX_ENTRIES {
        return Err(MaskError::TooManyEntries(n));
    }
    let available = data.len() as u64;
    if available < n {
        let needed = found - available + n;
        return Err(MaskError::Truncated { needed, found });
    }
    if available > n {
        let extra = available - n;
        return Err(MaskError::Trailing { extra });
    }
    from_zero_one(data)
}

fn is_little_endian(system: &Value<'_>) -> bool {
    let Value::Dict(entries) = system else {
        return false;
    };
    let has = |key, value| entries.contains(&(Value::Text(key), value));
    has("protocol_version", Value::Int(PROTOCOL)) && has("little_endian", Value::Bool(true))
}

/// The key in the persistent id of a bool storage of `n` elements: ('storage', BoolStorage, key, device, n, None).
fn storage_key<'a>(storage: &Value<'a>, n: i64) -> Option<&'a str> {
    let Value::Persistent(id) = storage else {
        return None;
    };
    let Value::Tuple(id) = &**id else {
        return None;
    };
    let [
        Value::Text("storage"),
        Value::Global(STORAGE),
        Value::Text(key),
        Value::Text(device),
        Value::Int(count),
        Value::None,
    ] = id[..]
    else {
        return None;
    };
    let is_decimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let known = device == "cpu" || device.strip_prefix("cuda:").is_some_and(is_decimal);
    (known && count == n && is_decimal(key)).then_some(key)
}
