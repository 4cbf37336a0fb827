//! Mask files built byte by byte, for the tests of the readers.

use std::collections::BTreeMap;

use optimal_eye_surgeon::mask::Mask;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

/// A `.npy` file of one dimension, its header padded as numpy pads it.
pub fn npy(version: u8, descr: &str, entries: &[u8]) -> Vec<u8> {
    let shape = format!("({},)", entries.len());
    npy_of_shape(version, descr, &shape, entries)
}

pub fn npy_of_shape(version: u8, descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (header.len() + 13) % 64 != 0 {
        header.push(' ');
    }
    npy_header(version, &format!("{header}\n"), data)
}

pub fn npy_header(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut file = b"\x93NUMPY".to_vec();
    file.extend([version, 0]);
    match version {
        1 => file.extend((header.len() as u16).to_le_bytes()),
        _ => file.extend((header.len() as u32).to_le_bytes()),
    }
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// A plain safetensors file of one-byte or F32 tensors, without metadata.
pub fn safetensors_file(tensors: &[(&str, Dtype, &[u8])]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, data)| {
        let elements = data.len() / if *dtype == Dtype::F32 { 4 } else { 1 };
        let view = TensorView::new(*dtype, vec![elements], data).expect("a sound tensor");
        (*name, view)
    });
    serialize(views, None).expect("a sound file")
}

/// A file of the project's own format with one metadata entry replaced or removed.
pub fn edit_metadata(file: &[u8], key: &str, value: Option<&str>) -> Vec<u8> {
    let (len, rest) = file.split_first_chunk().expect("a header");
    let (header, data) = rest.split_at(u64::from_le_bytes(*len) as usize);
    let mut header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header).expect("JSON");
    let metadata = header["__metadata__"].as_object().expect("an object").clone();
    let mut metadata: BTreeMap<String, serde_json::Value> = metadata.into_iter().collect();
    match value {
        Some(value) => metadata.insert(key.to_owned(), value.into()),
        None => metadata.remove(key),
    };
    header.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    safetensors_raw(&serde_json::to_string(&header).expect("JSON"), data)
}

/// A safetensors file with any header.
pub fn safetensors_raw(header: &str, data: &[u8]) -> Vec<u8> {
    let len = (header.len() as u64).to_le_bytes();
    [&len, header.as_bytes(), data].concat()
}

/// The parts of one of the authors' pickles (method section 10), each replaceable.
pub struct Pickle {
    pub magic: Vec<u8>,
    pub protocol: Vec<u8>,
    pub system: Vec<u8>,
    pub storage: Vec<u8>,
    pub keys: Vec<u8>,
    pub count: Vec<u8>,
    pub data: Vec<u8>,
    /// What the outer pickle has before and after the stream.
    pub before: Vec<u8>,
    pub after: Vec<u8>,
    /// The length that BINBYTES claims; None for the true one.
    pub claimed: Option<u32>,
}

/// A pickled `torch.bool` tensor of these entries, as the authors' program writes it.
pub fn pickle(entries: &[u8]) -> Vec<u8> {
    Pickle::new(entries).bytes()
}

impl Pickle {
    pub fn new(entries: &[u8]) -> Self {
        let n = (entries.len() as i32).to_le_bytes();
        let key = text("1663465952");
        Self {
            magic: b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec(),
            protocol: b"\x80\x02M\xe9\x03.".to_vec(),
            system: [
                &b"\x80\x02}q\x00("[..],
                &text("protocol_version"),
                b"q\x01M\xe9\x03",
                &text("little_endian"),
                b"q\x02\x88",
                &text("type_sizes"),
                b"q\x03}q\x04(",
                &text("short"),
                b"q\x05K\x02",
                &text("int"),
                b"q\x06K\x04",
                &text("long"),
                b"q\x07K\x04uu.",
            ]
            .concat(),
            storage: [
                &b"\x80\x02("[..],
                &text("storage"),
                b"q\x00ctorch\nBoolStorage\nq\x01",
                &key,
                b"q\x02",
                &text("cuda:5"),
                b"q\x03J",
                &n,
                b"Ntq\x04Q.",
            ]
            .concat(),
            keys: [&b"\x80\x02]q\x00"[..], &key, b"q\x01a."].concat(),
            count: (entries.len() as u64).to_le_bytes().to_vec(),
            data: entries.to_vec(),
            before: b"\x80\x03ctorch._utils\n_rebuild_tensor_v2\nq\x00(ctorch.storage\n_load_from_bytes\nq\x01B"
                .to_vec(),
            after: [
                &b"q\x02\x85q\x03Rq\x04K\x00J"[..],
                &n,
                b"\x85q\x05K\x01\x85q\x06\x89ccollections\nOrderedDict\nq\x07)Rq\x08tq\x09Rq\x0a.",
            ]
            .concat(),
            claimed: None,
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let stream = [
            &self.magic[..],
            &self.protocol,
            &self.system,
            &self.storage,
            &self.keys,
            &self.count,
            &self.data,
        ]
        .concat();
        let len = self.claimed.unwrap_or(stream.len() as u32).to_le_bytes();
        [&self.before[..], &len, &stream, &self.after].concat()
    }
}

/// BINUNICODE.
pub fn text(text: &str) -> Vec<u8> {
    let len = (text.len() as u32).to_le_bytes();
    [&b"X"[..], &len, text.as_bytes()].concat()
}

/// A file of each format that holds these entries.
pub fn one_of_each(mask: &Mask) -> Vec<Vec<u8>> {
    let entries: Vec<u8> = mask.keep.iter().map(|kept| u8::from(*kept)).collect();
    vec![
        mask.to_bytes().expect("the mask is sound"),
        safetensors_file(&[("keep", Dtype::U8, &entries)]),
        npy(1, "|b1", &entries),
        npy(2, "|u1", &entries),
        pickle(&entries),
    ]
}
