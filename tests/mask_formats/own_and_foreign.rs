//! The project's own format, and the same mask from every other program's format.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::files::{edit_metadata, npy, npy_header, pickle, safetensors_file};
use optimal_eye_surgeon::mask::{Mask, MaskError, MaskMetadata, import, info, keep_count, top_k};
use optimal_eye_surgeon::network::Hourglass;
use safetensors::{Dtype, SafeTensors};

/// 13 entries, so that the last byte has three unused bits: kept are 0, 3, 9 and 12.
fn small() -> Mask {
    let metadata = MaskMetadata {
        keep: 0.3,
        method: "fast".to_owned(),
        seed: Some(u64::MAX),
        steps: Some(3000),
        image: Some("a \"quoted\" caf\u{e9}.png".to_owned()),
        licence: Some("CC0-1.0".to_owned()),
        settings: Some(r#"{"lr":0.2,"pull":0.002}"#.to_owned()),
        extra: BTreeMap::from([("note".to_owned(), "made by hand".to_owned())]),
        network: None,
    };
    let keep = (0..13).map(|i| [0, 3, 9, 12].contains(&i)).collect();
    Mask { keep, metadata }
}

fn bytes(mask: &Mask) -> Vec<u8> {
    mask.to_bytes().expect("the mask is sound")
}

/// The paper's network, 5% of it kept at random.
fn paper_size() -> Mask {
    let network = Hourglass::default();
    let n = network.build().expect("the paper's network builds").n;
    let logits: Vec<f32> = vec![0.0; n];
    let keep = top_k(&logits, keep_count(n, 0.05), 11).expect("zeros are numbers");
    let metadata = MaskMetadata {
        network: Some(network),
        keep: 0.05,
        method: "random".to_owned(),
        ..MaskMetadata::default()
    };
    Mask { keep, metadata }
}

fn zero_one(mask: &Mask) -> Vec<u8> {
    mask.keep.iter().map(|kept| u8::from(*kept)).collect()
}

#[test]
fn the_files_bytes_are_these() {
    let file = bytes(&small());
    let header = concat!(
        r#"{"__metadata__":{"format":"optimal-eye-surgeon mask","image":"a \"quoted\" café.png","keep":"0.3","#,
        r#""kept":"4","licence":"CC0-1.0","method":"fast","n":"13","note":"made by hand","#,
        r#""seed":"18446744073709551615","settings":"{\"lr\":0.2,\"pull\":0.002}","#,
        r#""sha256":"SUM","steps":"3000","version":"1"},"#,
        r#""keep":{"data_offsets":[0,2],"dtype":"U8","shape":[2]}}"#,
    );
    // sha256sum of the bytes 09 12.
    let header = header.replace(
        "SUM",
        "ac80478fc27a2d8588cea3d714ca98f611af2e2e0bb14fb2e4356d3c728e4498",
    );
    let padded = header.len().next_multiple_of(8);
    assert_eq!(file[..8], (padded as u64).to_le_bytes());
    assert_eq!(std::str::from_utf8(&file[8..8 + header.len()]), Ok(header.as_str()));
    assert!(file[8 + header.len()..8 + padded].iter().all(|byte| *byte == b' '));
    assert_eq!(file[8 + padded..], [0b0000_1001, 0b0001_0010]);
}

#[test]
fn what_is_written_is_read_and_written_again_the_same() {
    for mask in [small(), paper_size()] {
        let file = bytes(&mask);
        let read = Mask::from_bytes(&file).expect("our own file");
        assert_eq!(read, mask);
        assert_eq!(bytes(&read), file);
        assert_eq!(import(&file, "mask.safetensors"), Ok(mask));
    }
    let kept = paper_size().kept();
    assert_eq!(kept, 150_443);
}

/// The first byte of a file may be a pickle's.
#[test]
fn files_of_every_header_length_are_told_from_pickles() {
    let mut like_a_pickle = 0;
    for len in 0..600 {
        let mut mask = small();
        mask.metadata.extra.insert("note".to_owned(), "x".repeat(len));
        let file = bytes(&mask);
        like_a_pickle += usize::from(file.starts_with(&[0x80, 2]) || file.starts_with(&[0x80, 3]));
        assert_eq!(import(&file, "own"), Ok(mask));
    }
    assert!(like_a_pickle > 0);
}

#[test]
fn the_safetensors_crate_reads_it() {
    let file = bytes(&paper_size());
    let (_, header) = SafeTensors::read_metadata(&file).expect("a sound header");
    let metadata = header.metadata().as_ref().expect("metadata");
    assert_eq!(metadata["n"], "3008867");
    let network: Hourglass = serde_json::from_str(&metadata["network"]).expect("JSON");
    assert_eq!(network, Hourglass::default());
    let tensors = SafeTensors::deserialize(&file).expect("a sound file");
    let keep = tensors.tensor("keep").expect("the tensor");
    assert_eq!((keep.dtype(), keep.shape()), (Dtype::U8, &[376_109][..]));
    let ones: u32 = keep.data().iter().map(|byte| byte.count_ones()).sum();
    assert_eq!(ones, 150_443);
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let file = bytes(&small());
    let network = |text: &str| edit_metadata(&file, "network", Some(text));
    let key_is_wrong = |file: Vec<u8>, wrong: &str| match Mask::from_bytes(&file) {
        Err(MaskError::Metadata { key, .. }) => assert_eq!(key, wrong),
        other => panic!("{wrong}: {other:?}"),
    };
    for key in ["format", "version", "n", "kept", "keep", "method", "sha256"] {
        key_is_wrong(edit_metadata(&file, key, None), key);
    }
    let wrong = [
        ("format", "other"),
        ("version", "2"),
        ("n", "-13"),
        ("n", "99999999999999999999999"),
        ("kept", "4.0"),
        ("keep", "1.5"),
        ("keep", "NaN"),
        ("seed", "a seed"),
        ("steps", "-1"),
        ("settings", "{lr: 1}"),
        ("network", "{}"),
        ("network", r#"{"input_channels":0,"channels":[4],"output_channels":3}"#),
    ];
    for (key, value) in wrong {
        key_is_wrong(edit_metadata(&file, key, Some(value)), key);
    }
    let other_network = network(r#"{"input_channels":2,"channels":[4],"output_channels":3}"#);
    assert!(matches!(
        Mask::from_bytes(&other_network),
        Err(MaskError::Length { mask: 13, .. })
    ));
    let kept = edit_metadata(&file, "kept", Some("5"));
    assert_eq!(Mask::from_bytes(&kept), Err(MaskError::Kept { stated: 5, found: 4 }));
    for n in ["8", "17"] {
        let file = edit_metadata(&file, "n", Some(n));
        assert!(matches!(Mask::from_bytes(&file), Err(MaskError::Tensor(_))));
    }
    let huge = edit_metadata(&file, "n", Some("100000001"));
    assert_eq!(Mask::from_bytes(&huge), Err(MaskError::TooManyEntries(100_000_001)));
    // 12 entries need two bytes as 13 do, and then the bit of entry 12 is padding.
    let padding = edit_metadata(&file, "n", Some("12"));
    assert_eq!(Mask::from_bytes(&padding), Err(MaskError::Padding));
    let mut flipped = file.clone();
    *flipped.last_mut().expect("not empty") ^= 1;
    assert_eq!(Mask::from_bytes(&flipped), Err(MaskError::Checksum));
    let longer = [&file[..], &[0]].concat();
    assert_eq!(Mask::from_bytes(&longer), Err(MaskError::Trailing { extra: 1 }));
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let mut keep = small();
    keep.metadata.keep = f64::NAN;
    let mut taken = small();
    taken.metadata.extra.insert("sha256".to_owned(), String::new());
    let mut settings = small();
    settings.metadata.settings = Some("{".to_owned());
    for mask in [keep, taken, settings] {
        assert!(matches!(mask.to_bytes(), Err(MaskError::Metadata { .. })));
    }
    let mut network = small();
    network.metadata.network = Some(Hourglass::default());
    assert!(matches!(network.to_bytes(), Err(MaskError::Length { mask: 13, .. })));
    let mut long = small();
    long.metadata.extra.insert("note".to_owned(), "x".repeat(1 << 20));
    assert!(matches!(long.to_bytes(), Err(MaskError::HeaderTooLong { .. })));
}

#[test]
fn every_format_gives_the_same_mask() {
    let mask = paper_size();
    let entries = zero_one(&mask);
    let files = [
        ("folder/a.npy", npy(1, "|b1", &entries)),
        ("folder\\a.npy", npy(2, "|u1", &entries)),
        ("a.npy", npy(3, "|b1", &entries)),
        ("a.safetensors", safetensors_file(&[("m", Dtype::U8, &entries)])),
        ("a.safetensors", safetensors_file(&[("m", Dtype::BOOL, &entries)])),
        ("a.pkl", pickle(&entries)),
    ];
    for (name, file) in files {
        let read = import(&file, name).expect(name);
        assert_eq!(read.keep, mask.keep, "{name}");
        assert_eq!(
            read.metadata.network,
            Some(Hourglass::default()),
            "recognised by its length"
        );
        assert_eq!(read.metadata.method, "imported");
        assert!(!read.metadata.extra["source"].contains(['/', '\\']));
        let again = Mask::from_bytes(&bytes(&read)).expect("an imported mask can be written");
        assert_eq!(again, read);
    }
    let odd = import(&npy(1, "|u1", &[1, 0, 1]), "odd.npy").expect("any length is read");
    assert_eq!(odd.keep, [true, false, true]);
    assert_eq!(odd.metadata.network, None);
}

#[test]
fn python_2_and_hand_written_headers_are_read() {
    let header = r#" { "shape" : ( 3 , ) , "descr" : "|u1", "fortran_order":False } "#;
    let file = npy_header(1, header, &[0, 1, 1]);
    assert_eq!(import(&file, "").map(|mask| mask.keep), Ok(vec![false, true, true]));
}

#[test]
fn values_other_than_0_and_1_are_refused_everywhere() {
    let entries = [0, 1, 2, 1];
    let refused = Err(MaskError::NotBinary { index: 2, value: 2 });
    let files = [
        npy(1, "|u1", &entries),
        npy(1, "|b1", &entries),
        safetensors_file(&[("m", Dtype::U8, &entries)]),
        safetensors_file(&[("m", Dtype::BOOL, &entries)]),
        pickle(&entries),
    ];
    for file in files {
        assert_eq!(import(&file, "values"), refused);
    }
}

#[test]
fn other_safetensors_files_are_refused() {
    let two = safetensors_file(&[("a", Dtype::U8, &[1]), ("b", Dtype::U8, &[1])]);
    assert_eq!(import(&two, "two"), Err(MaskError::TensorCount(2)));
    assert_eq!(import(&safetensors_file(&[]), "none"), Err(MaskError::TensorCount(0)));
    let floats = safetensors_file(&[("a", Dtype::F32, &[0; 8])]);
    assert!(matches!(import(&floats, "floats"), Err(MaskError::Tensor(_))));
    let empty = safetensors_file(&[("a", Dtype::U8, &[])]);
    assert_eq!(import(&empty, "empty"), Err(MaskError::Empty));
}

#[test]
fn what_is_no_mask_is_named() {
    let says = |bytes: &[u8], words: &str| {
        let error = import(bytes, "download/mask.pkl").expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    };
    says(b"", "empty");
    says(b"\n <!DOCTYPE html><title>404</title>", "web page");
    says(b"\xef\xbb\xbf<HTML>", "web page");
    says(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG picture");
    says(b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG picture");
    says(b"PK\x03\x04archive/data.pkl", "ZIP archive");
    says(b"\x1f\x8b\x08", "gzip");
    says(b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer");
    says(b"0 1 1 0 1", "mask.pkl is not a mask");
    let error = import(b"no\x1b[31m mask", "evil\x1b[31m\nname").expect_err("text");
    assert!(
        !error.to_string().contains(['\x1b', '\n']),
        "names are made fit to print"
    );
}

/// The four released masks' facts hold, where two of them are at hand: beside the repository or in `OES_UPSTREAM`.
/// `every_format_gives_the_same_mask` reads the same stream of the same length everywhere.
#[test]
fn the_authors_masks_have_their_known_counts() {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/upstream");
    let folder = std::env::var_os("OES_UPSTREAM").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("the authors' masks are not at hand; only the stream built here was read");
        return;
    }
    let network = Hourglass::default().build().expect("the paper's network builds");
    let table = std::fs::read_to_string(folder.join("../reference/parameters.csv")).expect("the table");
    for (column, name) in [(6, "mask_lena.pkl"), (7, "mask_pepper.pkl")] {
        let file = std::fs::read(folder.join(name)).expect(name);
        let mask = import(&file, name).expect(name);
        assert_eq!(mask.kept(), 150_443, "{name}");
        assert_eq!(mask.metadata.network, Some(Hourglass::default()));
        let facts = info(&mask, &Hourglass::default(), &network).expect(name);
        let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), facts.tensors.len());
        for (row, tensor) in rows.iter().zip(&facts.tensors) {
            let ours = (tensor.name.as_str(), tensor.kind, tensor.kept.to_string());
            assert_eq!(ours, (row[1], row[2], row[column].to_owned()), "{name}");
        }
        // Method section 6, in whole percents.
        let part = |a: usize, b: usize| a as f64 / b as f64;
        assert!(facts.alive, "{}", facts.connectivity);
        assert!(part(facts.reachable_conv_weights, facts.kept_conv_weights) >= 0.999);
        let live = part(facts.live_conv_weights, facts.conv_weights);
        assert!(
            (0.335..=0.395).contains(&live),
            "{name}: {live} of the conv weights are live"
        );
        let density = part(facts.reachable_conv_weights, facts.live_conv_weights);
        assert!((0.115..=0.155).contains(&density), "{name}: density {density}");
        println!("{name}: {live:.4} of the conv weights live, {density:.4} of those kept");
        let written = Mask::from_bytes(&bytes(&mask)).expect("it can be written");
        assert_eq!(written, mask);
    }
}
