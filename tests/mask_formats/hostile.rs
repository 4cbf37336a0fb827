//! Hostile, damaged and random bytes for every reader of masks: a clear error, never a panic, never much memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use super::files::{Pickle, npy_header, npy_of_shape, one_of_each, pickle, safetensors_raw, text};
use optimal_eye_surgeon::mask::{Mask, MaskError, MaskMetadata, import};
use proptest::prelude::*;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, remembering the largest request of each thread.
struct Watched;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// Imports and checks that no single allocation was out of proportion to the file.
fn import_watched(bytes: &[u8]) -> Result<Mask, MaskError> {
    LARGEST.set(0);
    let result = import(bytes, "hostile");
    let (largest, limit) = (LARGEST.get(), 16 * bytes.len() + (1 << 16));
    assert!(
        largest <= limit,
        "{largest} bytes at once for a file of {}",
        bytes.len()
    );
    result
}

fn small() -> Mask {
    Mask {
        keep: (0..21).map(|i| i % 3 == 0).collect(),
        metadata: MaskMetadata {
            keep: 0.33,
            method: "by hand".to_owned(),
            ..MaskMetadata::default()
        },
    }
}

fn refused(bytes: &[u8]) -> MaskError {
    import_watched(bytes).expect_err("hostile bytes are refused")
}

fn changed(change: impl Fn(&mut Pickle)) -> MaskError {
    let mut parts = Pickle::new(&[1, 0, 1]);
    change(&mut parts);
    refused(&parts.bytes())
}

fn replaced(bytes: &mut Vec<u8>, old: &[u8], new: &[u8]) {
    let at = bytes
        .windows(old.len())
        .position(|window| window == old)
        .expect("it is there");
    bytes.splice(at..at + old.len(), new.iter().copied());
}

#[test]
fn a_pickle_that_would_run_a_command_is_refused_by_name() {
    let command = [&b"\x80\x03cos\nsystem\nq\x00"[..], &text("rm -rf /"), b"\x85R."].concat();
    let error = MaskError::PickleGlobal {
        name: "os.system".to_owned(),
        offset: 2,
    };
    assert!(error.to_string().contains("os.system at byte 2"), "{error}");
    assert_eq!(refused(&command), error);
    for name in [
        "builtins\neval",
        "torch\n_load_from_bytes",
        "torch.storage\n",
        "\x1b[31m\nx",
    ] {
        let file = [b"\x80\x03c", name.as_bytes(), b"\n."].concat();
        assert!(matches!(refused(&file), MaskError::PickleGlobal { .. }), "{name}");
    }
    // Inside the stream, where only the storage's type may be named; the outer globals are strangers there.
    for name in [
        &b"os\nsystem"[..],
        b"torch._utils\n_rebuild_tensor_v2",
        b"torch\nByteStorage",
    ] {
        let error = changed(|parts| replaced(&mut parts.storage, b"torch\nBoolStorage", name));
        assert!(
            matches!(error, MaskError::PickleGlobal { offset, .. } if offset > 100),
            "{error}"
        );
    }
}

#[test]
fn every_opcode_off_the_list_is_refused_with_its_name_and_place() {
    let outer = b"cq(B\x85t)RKJ\x89.";
    let inner = b"\x8aKMJq(X}]\x88NuatQc.";
    for code in 0..=255_u8 {
        let file = [&[0x80, 3, code][..], &[0; 40]].concat();
        let stream = |parts: &mut Pickle| parts.magic = [&[0x80, 2, code][..], &[0; 40]].concat();
        let start = Pickle::new(&[]).before.len() + 4;
        for (error, offset, allowed) in [
            (refused(&file), 2, outer.contains(&code)),
            (changed(stream), start + 2, inner.contains(&code)),
        ] {
            let by_opcode =
                matches!(&error, MaskError::PickleOpcode { code: c, offset: o, .. } if (*c, *o) == (code, offset));
            assert_eq!(by_opcode, !allowed, "opcode {code:#04x}: {error}");
        }
    }
    let error = refused(b"\x80\x03\x93.........");
    assert!(error.to_string().contains("STACK_GLOBAL (0x93) at byte 2"), "{error}");
}

#[test]
fn each_part_of_the_stream_must_be_what_it_is() {
    let pickle_error = |error: MaskError| assert!(matches!(error, MaskError::Pickle { .. }), "{error:?}");
    let n = |n: i32| [b"J", &n.to_le_bytes()[..]].concat();
    pickle_error(changed(|parts| parts.magic[4] ^= 1));
    pickle_error(changed(|parts| replaced(&mut parts.protocol, b"\xe9\x03", b"\xea\x03")));
    pickle_error(changed(|parts| replaced(&mut parts.system, b"\x88", b"N")));
    pickle_error(changed(|parts| {
        replaced(&mut parts.storage, b"1663465952", b"166346595x")
    }));
    pickle_error(changed(|parts| replaced(&mut parts.storage, b"cuda:5", b"evil:5")));
    pickle_error(changed(|parts| replaced(&mut parts.storage, &n(3), &n(4))));
    pickle_error(changed(|parts| replaced(&mut parts.keys, b"1663465952", b"1663465953")));
    pickle_error(changed(|parts| {
        replaced(&mut parts.storage, b"1663465952", b"166346595x");
        replaced(&mut parts.keys, b"1663465952", b"166346595x");
    }));
    pickle_error(changed(|parts| parts.count[0] = 4));
    pickle_error(changed(|parts| parts.count[7] = 0x40));
    pickle_error(changed(|parts| replaced(&mut parts.after, &n(3), &n(4))));
    pickle_error(changed(|parts| replaced(&mut parts.after, b"K\x01", b"K\x02")));
    pickle_error(changed(|parts| replaced(&mut parts.after, b"K\x00", b"K\x01")));
    pickle_error(changed(|parts| replaced(&mut parts.after, b"\x89", b")")));
    let negative = changed(|parts| {
        replaced(&mut parts.storage, &n(3), &n(-1));
        replaced(&mut parts.after, &n(3), &n(-1));
        parts.count = vec![0xff; 8];
    });
    pickle_error(negative);
    let missing = changed(|parts| parts.data.truncate(2));
    assert!(matches!(missing, MaskError::Truncated { .. }));
    assert_eq!(changed(|parts| parts.data.push(0)), MaskError::Trailing { extra: 1 });
    assert_eq!(changed(|parts| parts.after.push(0)), MaskError::Trailing { extra: 1 });
}

#[test]
fn the_stack_is_guarded() {
    let is_bad = |error: MaskError, words: &str| {
        let text = error.to_string();
        assert!(
            matches!(error, MaskError::Pickle { .. }) && text.contains(words),
            "{text}"
        );
    };
    let ordered = b"\x80\x03ccollections\nOrderedDict\n";
    is_bad(refused(&[&ordered[..], b")(Rt."].concat()), "a missing value");
    is_bad(refused(b"\x80\x03."), "a missing value");
    is_bad(refused(b"\x80\x03t."), "a missing mark");
    is_bad(refused(b"\x80\x03))R."), "REDUCE without");
    let magic = Pickle::new(&[]).magic[2..].to_vec();
    let with = |start: &[u8]| changed(|parts| parts.magic = [b"\x80\x02", start, &magic].concat());
    is_bad(with(b"("), "more than one value");
    is_bad(with(b"N"), "more than one value");
    is_bad(with(b"}(Nu"), "a key without a value");
    is_bad(with(b"N(u"), "SETITEMS without");
    is_bad(with(b"NNa"), "APPEND without");
    is_bad(with(b"X\x01\x00\x00\x00\xff"), "UTF-8");
}

#[test]
fn lengths_beyond_the_file_are_refused_before_any_memory_is_asked_for() {
    let claimed = changed(|parts| parts.claimed = Some(u32::MAX));
    assert!(matches!(claimed, MaskError::Truncated { .. }));
    let limit = changed(|parts| {
        let n = 100_000_001_i32.to_le_bytes();
        replaced(&mut parts.storage, &3_i32.to_le_bytes(), &n);
        replaced(&mut parts.after, &3_i32.to_le_bytes(), &n);
        parts.count = 100_000_001_u64.to_le_bytes().to_vec();
    });
    assert_eq!(limit, MaskError::TooManyEntries(100_000_001));
    assert!(matches!(
        refused(b"\x80\x03X\xff\xff\xff\xff"),
        MaskError::PickleOpcode { .. }
    ));
    // Nesting costs one opcode a level, and the number of opcodes is limited.
    let nested = [&b"\x80\x03)"[..], &[0x85; 100_000], b"."].concat();
    assert!(matches!(refused(&nested), MaskError::Pickle { .. }));

    let header = |bytes: u64| [&bytes.to_le_bytes()[..], b"{}      "].concat();
    let (bytes, limit) = (1 << 60, 1 << 20);
    assert_eq!(refused(&header(bytes)), MaskError::HeaderTooLong { bytes, limit });
    assert!(matches!(refused(&header(1000)), MaskError::Truncated { .. }));
    for (shape, offsets) in [
        ("[4611686018427387904]", "[0,4611686018427387904]"),
        ("[18446744073709551615,18446744073709551615]", "[0,1]"),
        ("[3]", "[18446744073709551613,18446744073709551615]"),
        ("[]", "[0,0]"),
        ("[3]", "[3,0]"),
        ("[3]", "[1,3]"),
    ] {
        let header = format!(r#"{{"m":{{"dtype":"U8","shape":{shape},"data_offsets":{offsets}}}}}"#);
        let error = refused(&safetensors_raw(&header, &[1, 0, 1]));
        let expected = matches!(error, MaskError::Tensor(_) | MaskError::Truncated { .. });
        assert!(expected, "{shape}: {error:?}");
    }
    let deep = safetensors_raw(&format!("{{\"m\":{}", "[".repeat(100_000)), &[]);
    assert!(matches!(refused(&deep), MaskError::Header(_)));
}

#[test]
fn npy_files_that_are_no_flat_masks_are_refused() {
    let says = |shape: &str, words: &str| {
        let error = refused(&npy_of_shape(1, "|u1", shape, &[1, 0, 1, 0])).to_string();
        assert!(error.contains(words), "{shape}: {error}");
    };
    says("(-4,)", "negative");
    says("(2, 2)", "2 dimensions");
    says("()", "0 dimensions");
    says("(4", "whole numbers");
    says("(4;)", "where");
    says("(four,)", "whole numbers");
    says("(99999999999999999999999999,)", "whole numbers");
    says("(18446744073709551615,)", "more than");
    says("(5,)", "breaks off");
    says("(3,)", "extra bytes: 1");
    says(&format!("({})", "1,".repeat(1000)), "too many dimensions");
    for descr in ["<f4", "|O", "<i8", "|S1", "|b1|"] {
        let error = refused(&npy_of_shape(1, descr, "(4,)", &[0; 16])).to_string();
        assert!(error.contains(descr), "{error}");
    }
    for header in [
        "{'descr': '|u1', 'fortran_order': True, 'shape': (4,), }",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (4,), }",
        "{'descr': '|u1', 'shape': (4,), }",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (4,), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), 'more': 'x'}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), } import os",
        "__import__('os')",
        "",
    ] {
        let error = refused(&npy_header(1, header, &[1, 0, 1, 0]));
        assert!(matches!(error, MaskError::Npy(_)), "{header}: {error:?}");
    }
    let long = [&b"\x93NUMPY\x02\x00\xff\xff\xff\xff"[..], b"{}"].concat();
    assert!(matches!(refused(&long), MaskError::HeaderTooLong { .. }));
    assert!(matches!(refused(b"\x93NUMPY\x09\x00aaaa"), MaskError::Npy(_)));
}

#[test]
fn no_truncation_of_any_format_is_taken_for_a_mask() {
    for file in one_of_each(&small()) {
        assert_eq!(import_watched(&file).map(|mask| mask.keep), Ok(small().keep));
        for len in 0..file.len() {
            let _ = refused(&file[..len]);
        }
    }
}

/// What is read at all is a mask that can be written and read.
fn sound(result: Result<Mask, MaskError>) {
    if let Ok(mask) = result {
        let file = mask.to_bytes().expect("an imported mask can be written");
        assert_eq!(Mask::from_bytes(&file), Ok(mask));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_never_panic(
        format in 0..5_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut file = one_of_each(&small()).swap_remove(format);
        for (place, byte, edit) in edits {
            let at = place.index(file.len());
            match edit {
                0 => file[at] = byte,
                1 => file.insert(at, byte),
                _ => file.truncate(at.max(1)),
            }
        }
        sound(import_watched(&file));
        let _ = Mask::from_bytes(&file);
    }

    #[test]
    fn random_bytes_never_panic(
        start in 0..7_usize,
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let starts: [&[u8]; 7] = [
            b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00\x10\x00\x00\x00", b"\x80\x03", b"\x80\x02",
            b"\x20\x00\x00\x00\x00\x00\x00\x00{\"m\":{", b"\xff\x00\x00\x00\x00\x00\x00\x00{",
        ];
        sound(import_watched(&[starts[start], &rest].concat()));
    }

    /// Random programs of allowed opcodes reach the stack machine's corners, outside and inside the stream.
    #[test]
    fn random_pickle_programs_never_panic(
        program in prop::collection::vec(0..20_usize, 0..60),
        inside in any::<bool>(),
    ) {
        let outer: [&[u8]; 12] = [
            b"ccollections\nOrderedDict\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"q\x01", b"(", b"B\x02\x00\x00\x00ab",
            b"\x85", b"t", b")", b"R", b"K\x05", b"J\xff\xff\xff\xff", b"\x89",
        ];
        let inner: [&[u8]; 17] = [
            b"\x8a\x01\x05", b"\x8a\x00", b"K\x05", b"M\x05\x00", b"J\xff\xff\xff\xff", b"q\x01", b"(", b"X\x01\x00\x00\x00a",
            b"}", b"]", b"\x88", b"N", b"u", b"a", b"t", b"Q", b"ctorch\nBoolStorage\n",
        ];
        if inside {
            let code: Vec<u8> = program.iter().flat_map(|&k| inner[k % inner.len()]).copied().collect();
            let mut parts = Pickle::new(&[1, 0, 1]);
            parts.system = [b"\x80\x02", &code[..], b"."].concat();
            let _ = import_watched(&parts.bytes());
        } else {
            let code: Vec<u8> = program.iter().flat_map(|&k| outer[k % outer.len()]).copied().collect();
            let _ = import_watched(&[b"\x80\x03", &code[..], b"."].concat());
        }
    }

    #[test]
    fn any_mask_survives_every_format(keep in prop::collection::vec(any::<bool>(), 1..200), seed in any::<u64>()) {
        let mut mask = small();
        mask.keep = keep;
        mask.metadata.seed = Some(seed);
        for file in one_of_each(&mask) {
            prop_assert_eq!(&import_watched(&file).expect("a sound file").keep, &mask.keep);
        }
        let file = mask.to_bytes().expect("a sound mask");
        prop_assert_eq!(Mask::from_bytes(&file), Ok(mask));
    }
}

#[test]
fn the_smallest_pickle_is_read() {
    assert_eq!(import_watched(&pickle(&[1])).map(|mask| mask.keep), Ok(vec![true]));
}
