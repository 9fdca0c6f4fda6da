use formwork::metrics::{ConfusionMatrix, Mean, accuracy, predicted, predictions};
use formwork::prelude::*;

dims! { Batch }

#[test]
fn means_accuracy_and_predictions() {
    assert!(Mean::default().value().is_nan());
    assert_eq!(accuracy(&[1, 2, 3], &[1, 2, 0]).unwrap(), 2.0 / 3.0);
    assert!(accuracy(&[], &[]).unwrap().is_nan());
    assert_eq!(predictions(&[0.1, 0.9, 0.5, 0.5, -1.0, -2.0], 2).unwrap(), [1, 0, 0]);
    // As torch.tensor([[1., nan, inf], [nan, nan, 3.]]).argmax(1).
    assert_eq!(predictions(&[1.0, f32::NAN, f32::INFINITY, f32::NAN, f32::NAN, 3.0], 3).unwrap(), [1, 0]);
    assert_eq!(predictions(&[], 3).unwrap(), [0i64; 0]);
    let scores = Tensor::<(Batch, U2)>::from_sizes(vec![0.1, 0.9, 0.5, 0.5], &[2, 2], &Device::cpu()).unwrap();
    assert_eq!(predicted(&scores).unwrap(), [1, 0]);
}

#[test]
fn the_confusion_matrix_is_a_table_to_read() {
    let mut matrix = ConfusionMatrix::new(3);
    matrix.add(&[0; 12], &[0; 12]).unwrap();
    matrix.add(&[1, 1, 0, 2], &[1, 1, 1, 1]).unwrap();
    assert_eq!(matrix.count(1, 0), 1);
    assert_eq!(matrix.count(0, 1), 0);
    assert_eq!(matrix.count(3, 0), 0);
    assert_eq!((matrix.recall(1), matrix.accuracy()), (0.5, 14.0 / 16.0));
    let expected = "\
true \\ predicted   0   1   2    recall
               0  12   .   .   100.0 %
               1   1   2   1    50.0 %
               2   .   .   .         -
             all                87.5 %";
    assert_eq!(matrix.to_string(), expected);
    assert_eq!(ConfusionMatrix::new(0).to_string(), "true \\ predicted    recall\n             all         -");
}

#[test]
fn what_does_not_fit_is_refused() {
    fn refused<T>(result: formwork::Result<T>, start: &str) {
        let message = result.err().unwrap().to_string();
        assert!(message.starts_with(start) && message.contains("tests/data/metrics.rs"), "{message}");
    }
    refused(accuracy(&[1, 2], &[1]), "accuracy: expected a label for each of 2 predictions, found 1 labels (");
    refused(predictions(&[1.0; 5], 2), "predictions: expected rows of 2 scores, found 5 scores (");
    refused(predictions(&[1.0; 5], 0), "predictions: expected rows of 0 scores, found 5 scores (");
    let mut matrix = ConfusionMatrix::new(3);
    let empty = matrix.clone();
    refused(
        matrix.add(&[0], &[]),
        "ConfusionMatrix::add: expected a label for each of 1 predictions, found 0 labels (",
    );
    refused(matrix.add(&[0, 3], &[0, 0]), "ConfusionMatrix::add: prediction 1 is 3; there are 3 classes, from 0 (");
    refused(matrix.add(&[0], &[-1]), "ConfusionMatrix::add: label 0 is -1; there are 3 classes, from 0 (");
    assert_eq!(matrix, empty);
}
