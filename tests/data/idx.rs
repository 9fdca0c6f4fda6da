use super::Folder;
use flate2::{Compression, write::GzEncoder};
use formwork::data::{Dataset, Field, Sample, idx, mnist};
use formwork::prelude::*;
use std::io::Write;

/// An IDX file of the sizes and elements given.
fn file(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

/// Two images, one of 0 and one of 255, with labels 3 and 9.
fn images() -> Vec<u8> {
    file(&[2, 28, 28], &[[0u8; 784], [255; 784]].concat())
}

fn write(folder: &Folder, images: &[u8], labels: &[u8]) {
    folder.write("train-images-idx3-ubyte", images);
    folder.write("train-labels-idx1-ubyte", labels);
}

fn message<T>(result: Result<T>, folder: &Folder) -> String {
    result.err().unwrap().to_string().replace(folder.path().to_str().unwrap(), "DIR")
}

#[test]
fn plain_and_gzip_are_read_alike() {
    let folder = Folder::new("idx-read");
    let bytes = file(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    for (name, bytes) in [("plain", bytes.clone()), ("gz", gzip(&bytes)), ("misnamed.txt", gzip(&bytes))] {
        let idx = idx::read(folder.write(name, &bytes)).unwrap();
        assert_eq!((idx.dims, idx.data), (vec![2, 3], vec![1, 2, 3, 4, 5, 6]));
    }
    let none = idx::read(folder.write("empty", &file(&[0, 28], &[]))).unwrap();
    assert_eq!((none.dims, none.data), (vec![0, 28], vec![]));
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let folder = Folder::new("idx-wrong");
    let whole = file(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    let cases: &[(&[u8], &str)] = &[
        (b"\x89PNG....", "not an IDX file: it starts with [89, 50, 4e, 47], an IDX file with two zeros"),
        (&[0, 0, 13, 1, 0, 0, 0, 0], "its elements have IDX type 0x0d; only 0x08, unsigned bytes, is read"),
        (&whole[..3], "truncated within its first four bytes"),
        (&whole[..10], "truncated within its header"),
        (&whole[..16], "truncated: its header [2, 3] announces 6 elements, 4 are there"),
        (&[&whole[..], &[7]].concat(), "more bytes follow the 6 elements that its header [2, 3] announces"),
        (&file(&[u32::MAX; 3], &[]), "sizes [4294967295, 4294967295, 4294967295] are too large"),
        // A huge announced size must not be allocated.
        (
            &file(&[u32::MAX, 1000], &[1]),
            "truncated: its header [4294967295, 1000] announces 4294967295000 elements, 1 are there",
        ),
    ];
    for (bytes, reason) in cases {
        let path = folder.write("file", bytes);
        assert_eq!(message(idx::read(path), &folder), format!("`DIR/file`: {reason}"));
    }
    let gz = gzip(&file(&[100, 100], &(0..10_000).map(|i| (i * i % 251) as u8).collect::<Vec<_>>()));
    let cut = message(idx::read(folder.write("cut.gz", &gz[..gz.len() / 2])), &folder);
    assert!(cut.starts_with("`DIR/cut.gz`: damaged: "), "{cut}");
    let absent = message(idx::read(folder.path().join("absent")), &folder);
    assert!(absent.starts_with("cannot read `DIR/absent`: "), "{absent}");
}

#[test]
fn mnist_is_normalised_as_in_pytorch() {
    let folder = Folder::new("mnist");
    write(&folder, &images(), &gzip(&file(&[2], &[3, 9])));
    let get = |data: &mnist::Mnist, i| {
        let mut sample = <(Field<(U1, U28, U28)>, Field<(), i64>)>::columns(1);
        data.get(i, (&mut sample.0, &mut sample.1)).unwrap();
        (sample.0[0], sample.0[783], sample.1[0])
    };
    let data = mnist::train(folder.path()).unwrap();
    assert_eq!(data.len(), 2);
    assert_eq!(data.pixels(1), Some(&[255u8; 784][..]));
    assert_eq!(data.pixels(2), None);
    let (low, high) = ((0.0 - 0.1307) / 0.3081, (1.0 - 0.1307) / 0.3081);
    assert_eq!((get(&data, 0), get(&data, 1)), ((low, low, 3), (high, high, 9)));
    let data = data.normalize(mnist::PLAIN);
    assert_eq!((get(&data, 0), get(&data, 1)), ((0.0, 0.0, 3), (1.0, 1.0, 9)));
    assert!(data.get(2, (&mut [0.0; 784], &mut [0])).unwrap_err().to_string().contains("there is no sample 2 among 2"));
}

#[test]
fn all_usual_names_are_found() {
    for (images_name, labels_name) in [
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"),
        ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte.gz"),
    ] {
        let folder = Folder::new("mnist-names");
        folder.write(images_name, &gzip(&images()));
        folder.write(labels_name, &file(&[2], &[3, 9]));
        assert_eq!(mnist::test(folder.path()).unwrap().len(), 2);
    }
}

#[test]
fn missing_or_unfit_mnist_files_are_named() {
    let folder = Folder::new("mnist-wrong");
    assert_eq!(
        message(mnist::train(folder.path()), &folder),
        "cannot find images or labels in `DIR`: there is none of `train-images-idx3-ubyte`, `train-images-idx3-ubyte.gz`, \
         `train-images.idx3-ubyte`, `train-images.idx3-ubyte.gz`; MNIST is at \
         https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz, \
         Fashion-MNIST at https://github.com/zalandoresearch/fashion-mnist"
    );
    let check = |images: &[u8], labels: &[u8], expected: &str| {
        write(&folder, images, labels);
        assert_eq!(message(mnist::train(folder.path()), &folder), expected);
    };
    let three = file(&[3], &[1, 2, 3]);
    check(&images(), &three, "`DIR/train-labels-idx1-ubyte`: holds 3 labels, but there are 2 images");
    check(&three, &three, "`DIR/train-images-idx3-ubyte`: holds an array of [3]; images are [N, 28, 28]");
    let wide = file(&[1, 2], &[1, 2]);
    check(&images(), &wide, "`DIR/train-labels-idx1-ubyte`: holds an array of [1, 2]; labels are [N]");
    let eleven = file(&[2], &[0, 11]);
    check(&images(), &eleven, "`DIR/train-labels-idx1-ubyte`: label 1 is 11; labels are 0 to 9");
}
