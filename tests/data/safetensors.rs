use super::Folder;
use formwork::dtype::{DType, bf16, f16};
use formwork::io::safetensors::{Checkpoint, Entry, load, save};
use formwork::io::{Spec, check};
use formwork::prelude::*;
use std::collections::BTreeMap;

/// What `reference.py` saved.
fn reference() -> Checkpoint {
    Checkpoint {
        entries: vec![
            Entry::new("a.bias", &[2], vec![1i64, -2]),
            Entry::new("s", &[], vec![2.5f64]),
            Entry::new("b.weight", &[2, 3], vec![0f32, 1.0, 2.0, 3.0, 4.0, 5.0]),
            Entry::new("e", &[0, 4], Vec::<f32>::new()),
            Entry::new("i\n\"ü", &[1], vec![3i32]),
            Entry::new("bf", &[1], vec![bf16::from_f32(0.5)]),
            Entry::new("h", &[1], vec![f16::from_f32(1.5)]),
            Entry::new("u", &[1], vec![7u8]),
            Entry::new("m", &[3], vec![true, false, true]),
        ],
        metadata: BTreeMap::from([("format".to_string(), "pt".to_string())]),
    }
}

const REFERENCE: &[u8] = include_bytes!("reference.safetensors");

fn message<T>(result: Result<T>, folder: &Folder) -> String {
    result.err().unwrap().to_string().replace(folder.path().to_str().unwrap(), "DIR")
}

/// A file with the header and so many bytes of zeros.
fn file(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; data]].concat()
}

#[test]
fn the_reference_implementation_writes_and_reads_the_same_bytes() {
    let folder = Folder::new("safetensors-reference");
    assert_eq!(load(folder.write("theirs", REFERENCE)).unwrap(), reference());
    let mut reversed = reference();
    reversed.entries.reverse();
    let ours = folder.path().join("ours");
    save(&ours, &reversed.entries, &reversed.metadata).unwrap();
    assert_eq!(std::fs::read(ours).unwrap(), REFERENCE);
}

#[test]
fn entries_give_back_their_elements() {
    let entries = reference().entries;
    assert_eq!(entries[0].to_vec::<i64>().unwrap(), [1, -2]);
    assert_eq!(entries[1].to_vec::<f64>().unwrap(), [2.5]);
    assert_eq!(entries[2].to_vec::<f32>().unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(entries[4].to_vec::<i32>().unwrap(), [3]);
    assert_eq!(entries[5].to_vec::<bf16>().unwrap(), [bf16::from_f32(0.5)]);
    assert_eq!(entries[6].to_vec::<f16>().unwrap(), [f16::from_f32(1.5)]);
    assert_eq!(entries[7].to_vec::<u8>().unwrap(), [7]);
    assert_eq!(entries[8].to_vec::<bool>().unwrap(), [true, false, true]);
    assert_eq!(
        entries[0].to_vec::<f32>().unwrap_err().to_string(),
        "Entry::to_vec: expected elements of f32, found i64; convert with `cast`"
    );
    // i64 must not pass through a float.
    assert_eq!(Entry::new("n", &[1], vec![i64::MAX]).to_vec::<i64>().unwrap(), [i64::MAX]);
}

#[test]
fn nothing_and_metadata_alone() {
    let folder = Folder::new("safetensors-empty");
    let path = folder.path().join("empty");
    save(&path, &[], &BTreeMap::new()).unwrap();
    assert_eq!(load(&path).unwrap(), Checkpoint::default());
    let metadata = BTreeMap::from([("a\"".to_string(), "\n".to_string()), ("b".to_string(), "".to_string())]);
    save(&path, &[], &metadata).unwrap();
    assert_eq!(load(&path).unwrap().metadata, metadata);
}

#[test]
fn entries_that_cannot_be_saved() {
    let folder = Folder::new("safetensors-unfit");
    let path = folder.write("model", b"old");
    let one = |name: &str| Entry::new(name, &[1], vec![0f32]);
    let cases = [
        (vec![one("a"), one("b"), one("a")], "two tensors are named `a`"),
        (vec![one("__metadata__")], "no tensor can be named `__metadata__`"),
        (vec![Entry::new("a", &[3], vec![0f32; 2])], "`a` is f32 [3] but holds 8 bytes"),
        (
            vec![Entry::new("a", &[usize::MAX, 2], vec![0f32; 2])],
            "`a` is f32 [18446744073709551615, 2] but holds 8 bytes",
        ),
    ];
    for (entries, reason) in cases {
        assert_eq!(message(save(&path, &entries, &BTreeMap::new()), &folder), format!("`DIR/model`: {reason}"));
        assert_eq!((std::fs::read(&path).unwrap(), folder.names()), (b"old".to_vec(), vec!["model".to_string()]));
    }
}

#[test]
fn places_that_cannot_be_written() {
    let folder = Folder::new("safetensors-places");
    let save = |name: &str| save(folder.path().join(name), &reference().entries, &BTreeMap::new());
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    folder.write("file", b"old");
    assert_eq!(message(save("folder"), &folder), "cannot write `DIR/folder`: is a directory");
    let absent = message(save("absent/model"), &folder);
    assert!(absent.starts_with("cannot write `DIR/absent/model`: "), "{absent}");
    let below = message(save("file/model"), &folder);
    assert!(below.starts_with("cannot write `DIR/file/model`: "), "{below}");
    assert_eq!(folder.names(), ["file", "folder"]);
    save("file").unwrap();
    assert_eq!(load(folder.path().join("file")).unwrap().entries, reference().entries);
    assert_eq!(folder.names(), ["file", "folder"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let folder = Folder::new("safetensors-link");
    let target = folder.write("epoch-1", b"old");
    let link = folder.path().join("latest");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    save(&link, &reference().entries, &reference().metadata).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(std::fs::read(target).unwrap(), REFERENCE);
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let folder = Folder::new("safetensors-wrong");
    let tensor = |dtype: &str, shape: &str, offsets: &str| {
        format!("{{\"a\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}")
    };
    let two = |first: &str, second: &str| {
        let one = |offsets| format!("{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":{offsets}}}");
        format!("{{\"a\":{},\"b\":{}}}", one(first), one(second))
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"short".to_vec(), "no safetensors file: it has 5 bytes, the length of the header alone takes 8"),
        (
            b"\x89PNG\r\n\x1a\n....".to_vec(),
            "no safetensors file, or cut short: its header is said to have 727905341920923785 bytes, the file has 12",
        ),
        (
            REFERENCE[..100].to_vec(),
            "no safetensors file, or cut short: its header is said to have 552 bytes, the file has 100",
        ),
        (
            REFERENCE[..REFERENCE.len() - 1].to_vec(),
            "cut short: its header announces 60 bytes of elements, 59 are there",
        ),
        ([REFERENCE, b"x"].concat(), "too long: its header announces 60 bytes of elements, 61 are there"),
        ([&2u64.to_le_bytes()[..], b"\xff\xff"].concat(), "no safetensors file: its header is no UTF-8"),
        (file("[]", 0), "its header is no JSON object"),
        (file("{", 0), "expected a string, found the end at byte 1 of the header"),
        (file("{\"__metadata__\":{\"a\":1}}", 0), "`__metadata__` is no map from strings to strings"),
        (file("{\"a\":1}", 0), "`a` is no JSON object"),
        (file("{\"a\":{\"dtype\":\"F32\"}}", 0), "`a` does not say its `dtype`, `shape` and `data_offsets`"),
        (file("{\"a\":{\"type\":\"F32\"}}", 0), "`a` has an unknown or malformed `type`"),
        (file("{\"a\":{\"shape\":3}}", 0), "`a` has an unknown or malformed `shape`"),
        (file(&tensor("F32", "[1]", "[0]"), 4), "`a` does not say its `dtype`, `shape` and `data_offsets`"),
        (
            file(&tensor("F8_E4M3", "[1]", "[0,1]"), 1),
            "`a` has elements of type F8_E4M3; known are F32, F64, F16, BF16, I64, I32, U8, BOOL",
        ),
        (file(&tensor("F32", "[2]", "[0,4]"), 4), "`a` is f32 [2] but stands at bytes 0 to 4"),
        (file(&tensor("F32", "[1]", "[4,0]"), 4), "`a` is f32 [1] but stands at bytes 4 to 0"),
        (
            file(&tensor("F32", "[4294967296,4294967296]", "[0,0]"), 0),
            "`a` is f32 [4294967296, 4294967296] but stands at bytes 0 to 0",
        ),
        (file(&tensor("F32", "[1]", "[4,8]"), 8), "`a` starts at byte 4; the tensor before it ends at 0"),
        (file(&two("[0,4]", "[0,4]"), 4), "`b` starts at byte 0; the tensor before it ends at 4"),
        (file(&two("[0,4]", "[8,12]"), 12), "`b` starts at byte 8; the tensor before it ends at 4"),
        (
            [file(&tensor("BOOL", "[1]", "[0,1]"), 0), vec![2]].concat(),
            "`a` is bool but holds other bytes than 0 and 1",
        ),
    ];
    for (bytes, reason) in cases {
        let path = folder.write("file", &bytes);
        assert_eq!(message(load(path), &folder), format!("`DIR/file`: {reason}"));
    }
    let absent = message(load(folder.path().join("absent")), &folder);
    assert!(absent.starts_with("cannot read `DIR/absent`: "), "{absent}");
}

#[test]
fn every_cut_of_a_file_is_refused() {
    let folder = Folder::new("safetensors-cut");
    for length in 0..REFERENCE.len() {
        let path = folder.write("file", &REFERENCE[..length]);
        assert!(load(path).is_err(), "{length} bytes");
    }
}

#[test]
fn all_differences_stand_in_one_error() {
    let spec = |name: &str, dtype, dims: &[usize]| Spec { name: name.to_string(), dtype, dims: dims.to_vec() };
    let found = [
        Entry::new("fc1.weigth", &[2, 1], vec![0f32; 2]),
        Entry::new("fc1.bias", &[1, 2], vec![0f32; 2]),
        Entry::new("fc2.weight", &[2], vec![0f64; 2]),
        Entry::new("steps", &[], vec![0i64]),
        Entry::new("fc3.bias", &[3], vec![0i64; 3]),
    ];
    let expected = [
        spec("fc1.weight", DType::F32, &[2, 1]),
        spec("fc1.bias", DType::F32, &[2]),
        spec("fc2.weight", DType::F32, &[2]),
        spec("norm.running_mean", DType::F32, &[4]),
        spec("fc3.bias", DType::F32, &[2]),
    ];
    assert_eq!(
        check(&expected, &found, "model.safetensors").unwrap_err().to_string(),
        "`model.safetensors` does not fit the model, which stays as it was:\n  \
         missing: `fc1.weight`, f32 [2, 1]; did you mean its `fc1.weigth`?\n  \
         shape: `fc1.bias` is [2] in the model, [1, 2] in the file\n  \
         dtype: `fc2.weight` is f32 in the model, f64 in the file\n  \
         missing: `norm.running_mean`, f32 [4]\n  \
         shape: `fc3.bias` is [2] in the model, [3] in the file\n  \
         dtype: `fc3.bias` is f32 in the model, i64 in the file\n  \
         extra: `fc1.weigth`, f32 [2, 1], is not in the model\n  \
         extra: `steps`, i64 [], is not in the model"
    );
    let same = [spec("fc1.bias", DType::F32, &[1, 2])];
    assert!(check(&same, &found[1..2], "model.safetensors").is_ok());
}

#[test]
fn damage_never_panics_and_never_goes_unseen_in_the_header() {
    let folder = Folder::new("safetensors-damage");
    let header_end = REFERENCE.len() - 60;
    let mut refused = 0;
    for at in 0..REFERENCE.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut bytes = REFERENCE.to_vec();
            bytes[at] ^= flip;
            let found = load(folder.write("file", &bytes));
            refused += usize::from(found.is_err());
            // What is read has as many bytes as its sizes say, whatever was damaged.
            for entry in found.iter().flat_map(|checkpoint| &checkpoint.entries) {
                assert_eq!(entry.data.len(), entry.dims.iter().product::<usize>() * entry.dtype.size(), "byte {at}");
            }
            // Names and metadata may change unseen; everything else in the header is checked.
            assert!(at >= header_end || found.ok() != Some(reference()), "byte {at} ^ {flip}");
        }
    }
    assert!(refused > header_end, "{refused}");
}
