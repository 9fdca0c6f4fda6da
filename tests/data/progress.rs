use formwork::train::Progress;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// A stream that can be read.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Two epochs of two steps, with losses 4, 2, 1, 0.
fn train(progress: &mut Progress) {
    for (epoch, losses) in [[4.0, 2.0], [1.0, 0.0]].iter().enumerate() {
        losses.iter().for_each(|&loss| progress.step(8, &[("loss", loss)]));
        progress.epoch(&[("test accuracy", 0.5 + epoch as f64 / 4.0)]);
    }
}

#[test]
fn a_file_gets_a_line_an_epoch() {
    let screen = Screen::default();
    let mut progress = Progress::on(screen.clone(), false, 2, 2);
    train(&mut progress);
    assert_eq!(progress.steps(), 4);
    assert!(progress.steps_per_second() > 0.0);
    drop(progress);
    let text = screen.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("epoch 1/2  loss 3.0000  test accuracy 0.5000  "), "{text}");
    assert!(lines[1].starts_with("epoch 2/2  loss 0.5000  test accuracy 0.7500  "), "{text}");
}

#[test]
fn a_terminal_gets_one_line_redrawn() {
    let screen = Screen::default();
    let mut progress = Progress::on(screen.clone(), true, 2, 2);
    train(&mut progress);
    drop(progress);
    let text = screen.text();
    // A line break only at the very end; every drawing starts in the first column and clears the rest.
    assert_eq!(text.matches('\n').count(), 1);
    assert!(text.ends_with("\x1b[K\n"));
    let drawings: Vec<&str> = text.trim_end().split('\r').skip(1).collect();
    assert!(drawings.len() >= 3 && drawings.iter().all(|line| line.ends_with("\x1b[K")), "{text:?}");
    let last = drawings[drawings.len() - 1];
    assert!(last.starts_with("epoch 2/2 [") && last.contains("]  loss 0.500  test accuracy 0.750  "), "{last:?}");
}
