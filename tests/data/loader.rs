use formwork::data::{DataLoader, Dataset, Field, InMemory, digits, permutation};
use formwork::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

dims! { Batch }

/// Sample `i` is `[i, -i]` with the label `i`; odd things happen at chosen samples.
#[derive(Default)]
struct Numbers {
    len: usize,
    error_at: Option<usize>,
    panic_at: Option<usize>,
    asked: Arc<AtomicUsize>,
}

impl Dataset for Numbers {
    type Sample = (Field<(U2,)>, Field<(), i64>);

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize, (x, y): (&mut [f32], &mut [i64])) -> Result<()> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.error_at == Some(index) {
            return Err(Error::other(format!("sample {index} is broken")));
        }
        if self.panic_at == Some(index) {
            panic!("no sample {index}");
        }
        // So that workers finish in another order than they were started.
        std::thread::sleep(Duration::from_micros((index as u64 * 7919) % 50));
        x.copy_from_slice(&[index as f32, -(index as f32)]);
        y[0] = index as i64;
        Ok(())
    }
}

fn numbers(len: usize) -> Numbers {
    Numbers { len, ..Numbers::default() }
}

/// The labels of each batch, after a check that each `x` belongs to its `y`.
fn epoch<D>(loader: &DataLoader<D, Batch>) -> Vec<Vec<i64>>
where
    D: Dataset<Sample = (Field<(U2,)>, Field<(), i64>)>,
{
    let mut labels = Vec::new();
    for batch in loader {
        let batch = batch.unwrap();
        let (x, y) = (batch.x.to_vec().unwrap(), batch.y.to_vec().unwrap());
        assert_eq!(batch.x.dims(), [y.len(), 2]);
        assert_eq!(x, y.iter().flat_map(|&y| [y as f32, -y as f32]).collect::<Vec<_>>());
        labels.push(y);
    }
    labels
}

#[test]
fn batches_keep_the_order_and_the_rest() {
    let loader = DataLoader::new(numbers(7)).batch::<Batch>(3);
    assert_eq!(loader.len(), 3);
    assert_eq!(epoch(&loader), [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
    let loader = loader.drop_last(true);
    assert_eq!(loader.len(), 2);
    assert_eq!(epoch(&loader), [[0, 1, 2], [3, 4, 5]]);
    assert!(DataLoader::new(numbers(0)).batch::<Batch>(3).into_iter().next().is_none());
}

#[test]
fn shuffling_differs_by_epoch_and_repeats_by_seed() {
    let loader = || DataLoader::new(numbers(100)).batch::<Batch>(8).shuffle(1);
    let first = loader();
    let (epoch0, epoch1) = (epoch(&first), epoch(&first));
    assert_ne!(epoch0, epoch1);
    let second = loader();
    assert_eq!((epoch(&second), epoch(&second)), (epoch0.clone(), epoch1.clone()));
    assert_ne!(epoch(&loader().shuffle(2)), epoch0);
    for e in [&epoch0, &epoch1] {
        let mut all = e.concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<i64>>());
    }
    // Training that resumes asks for the epoch it stopped before.
    let resumed = loader();
    drop(resumed.epoch(0));
    assert_eq!(epoch(&resumed), epoch1);
}

#[test]
fn the_order_never_changes() {
    // Computed with Python from the algorithm that `permutation` documents.
    assert_eq!(permutation(10, 1, 0), PERMUTATION_1_0);
    assert_eq!(permutation(10, 1, 1), PERMUTATION_1_1);
    assert_eq!(permutation(0, 1, 0), [0usize; 0]);
    assert_eq!(permutation(1, 1, 0), [0]);
}

const PERMUTATION_1_0: [usize; 10] = [6, 4, 7, 2, 9, 1, 5, 0, 8, 3];
const PERMUTATION_1_1: [usize; 10] = [8, 9, 1, 0, 3, 2, 5, 6, 7, 4];

#[test]
fn workers_change_nothing() {
    let expected = epoch(&DataLoader::new(numbers(203)).batch::<Batch>(8).shuffle(3));
    for workers in [1, 2, 3, 40] {
        let loader = DataLoader::new(numbers(203)).batch::<Batch>(8).shuffle(3).workers(workers).prefetch(1);
        assert_eq!(epoch(&loader), expected, "{workers} workers");
    }
}

#[test]
fn an_error_of_the_dataset_is_the_last_item() {
    for workers in [0, 3] {
        let dataset = Numbers { error_at: Some(13), ..numbers(100) };
        let items: Vec<_> = DataLoader::new(dataset).batch::<Batch>(4).workers(workers).into_iter().collect();
        assert_eq!(items.len(), 4, "{workers} workers");
        assert!(items[..3].iter().all(Result::is_ok));
        assert_eq!(items[3].as_ref().err().unwrap().to_string(), "sample 13 is broken");
    }
}

#[test]
fn a_panic_on_a_worker_is_an_error() {
    let dataset = Numbers { panic_at: Some(9), ..numbers(100) };
    let items: Vec<_> = DataLoader::new(dataset).batch::<Batch>(4).workers(2).into_iter().collect();
    assert_eq!(items.len(), 3);
    assert_eq!(items[2].as_ref().err().unwrap().to_string(), "the dataset panicked at sample 9: no sample 9");
}

#[test]
fn prefetching_is_bounded_and_stops_with_the_loop() {
    let dataset = numbers(100_000);
    let asked = dataset.asked.clone();
    let mut batches = DataLoader::new(dataset).batch::<Batch>(10).workers(2).prefetch(2).into_iter();
    assert!(batches.next().unwrap().is_ok());
    std::thread::sleep(Duration::from_millis(50));
    // Each worker: the batch taken, two in the channel, one that waits to be sent.
    assert!(asked.load(Ordering::SeqCst) <= 2 * 4 * 10, "{asked:?}");
    drop(batches);
    let stopped = asked.load(Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(asked.load(Ordering::SeqCst), stopped);
    // The threads have let go of the dataset: its counter is ours alone.
    assert_eq!(Arc::strong_count(&asked), 1);
}

#[test]
fn settings_are_refused_by_name() {
    fn refused<B: Dim>(loader: DataLoader<Numbers, B>) -> String {
        let mut batches = loader.into_iter();
        assert_eq!(batches.len(), 1);
        let message = batches.next().unwrap().err().unwrap().to_string();
        assert!(batches.next().is_none());
        message
    }
    let new = || DataLoader::new(numbers(10));
    assert_eq!(refused(new().batch::<Batch>(0)), "`batch` is 0; it must be at least 1");
    assert_eq!(
        refused(new().batch::<Batch>(2).workers(1).prefetch(0)),
        "`prefetch` is 0; it must be at least 1, as workers are set"
    );
    assert_eq!(
        refused(new().batch::<U4>(5)),
        "`batch` is 5; it must be 4, the size of its dim; or use a dim of `dims!`"
    );
    assert_eq!(
        refused(new().batch::<U4>(4)),
        "`drop_last` is false; it must be true, as the last batch would have 2 samples and its dim has 4; or use a dim of `dims!`"
    );
    let batch: Tensor<(U5, U2)> = new().batch::<U5>(5).into_iter().next().unwrap().unwrap().x;
    assert_eq!(batch.dims(), [5, 2]);
}

#[test]
fn combinators() {
    let labels = |loader: DataLoader<_, Batch>| epoch(&loader).concat();
    assert_eq!(
        labels(DataLoader::new(numbers(9).take(3).concat(numbers(2)).subset(vec![4, 0, 2, 2]).unwrap()).batch(2)),
        [1, 0, 2, 2]
    );
    assert_eq!(numbers(2).take(5).len(), 2);
    let doubled = numbers(3).map_in_place(|(x, y)| {
        x.iter_mut().for_each(|x| *x *= 2.0);
        y[0] *= 2;
        Ok(())
    });
    assert_eq!(epoch(&DataLoader::new(doubled).batch(3)), [[0, 2, 4]]);
    let signs = numbers(3).map::<Field<(U2, U1), i32>, _>(|(x, _), out| {
        out.iter_mut().zip(x).for_each(|(o, x)| *o = *x as i32);
        Ok(())
    });
    let batch: Tensor<(Batch, U2, U1), i32> =
        DataLoader::new(signs).batch::<Batch>(2).into_iter().next().unwrap().unwrap();
    assert_eq!((batch.dims(), batch.to_vec().unwrap()), (vec![2, 2, 1], vec![0, 0, 1, -1]));
    let (a, b) = numbers(10).random_split(7, 1).unwrap();
    assert_eq!((a.len(), b.len()), (7, 3));
    let mut all = [a.indices(), b.indices()].concat();
    assert_eq!(all, permutation(10, 1, 0));
    all.sort_unstable();
    assert_eq!(all, (0..10).collect::<Vec<_>>());
}

#[test]
fn combinators_refuse_what_is_not_there() {
    let message = |e: Error| e.to_string();
    let bounds = message(numbers(3).subset(vec![0, 3]).err().unwrap());
    assert!(
        bounds.starts_with("subset: there is no sample 3 among 3 (") && bounds.contains("tests/data/loader.rs:"),
        "{bounds}"
    );
    let split = message(numbers(3).random_split(4, 0).err().unwrap());
    assert!(split.starts_with("random_split: 4 samples wanted in the first part, there are 3 ("), "{split}");
    type Sample = (Field<(U2,)>, Field<(), i64>);
    for columns in [(vec![1.0; 4], vec![0; 3]), (vec![1.0; 3], vec![0; 1])] {
        let shape = message(InMemory::<Sample>::new(columns).err().unwrap());
        let start = "InMemory::new: expected as many samples in every field, none of them empty, found fields of different or broken length (";
        assert!(shape.starts_with(start), "{shape}");
    }
}

#[test]
fn samples_of_several_parts() {
    type Sample = (Field<(U2,)>, Field<(U1, U3), u8>, Field<(), i64>);
    let data = InMemory::<Sample>::new((vec![0.5; 4], vec![1; 6], vec![2, 3])).unwrap();
    let (x, mask, y) = DataLoader::new(data).batch::<Batch>(2).into_iter().next().unwrap().unwrap();
    let x: Tensor<(Batch, U2)> = x;
    let mask: Tensor<(Batch, U1, U3), u8> = mask;
    assert_eq!((x.dims(), mask.dims(), y.dims()), (vec![2, 2], vec![2, 1, 3], vec![2]));
    assert_eq!(y.to_vec().unwrap(), [2, 3]);
}

#[test]
fn digits_as_in_the_readme() {
    let device = Device::cpu();
    let mut seen = 0;
    for batch in DataLoader::new(digits::train().unwrap()).batch::<Batch>(64).shuffle(1).to(&device) {
        let batch = batch.unwrap();
        let x: Tensor<(Batch, U64)> = batch.x;
        let y: Tensor<(Batch,), i64> = batch.y;
        assert_eq!(x.dims(), [y.dims()[0], 64]);
        seen += y.dims()[0];
    }
    assert_eq!(seen, 1437);
}
