use super::Folder;
use formwork::data::digits;
use formwork::vision::{Image, Tile, grid};

/// Width, height and RGB bytes of a PNG file, as the `png` crate reads it.
fn decode(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rgb).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    (info.width as usize, info.height as usize, rgb)
}

fn pixels(image: &Image) -> Vec<u8> {
    let all = (0..image.height()).flat_map(|y| (0..image.width()).map(move |x| (x, y)));
    all.flat_map(|(x, y)| image.pixel(x, y).unwrap()).collect()
}

#[test]
fn png_files_are_read_by_others() {
    // The last has colours that do not compress, so the output is longer than the first guess at it.
    let mut state = 1u32;
    for (width, height) in [(1, 1), (3, 2), (640, 480), (300, 400)] {
        let mut image = Image::new(width, height, [1, 2, 3]).unwrap();
        if width == 300 {
            for at in 0..width * height {
                state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                let [_, r, g, b] = state.to_be_bytes();
                image.fill(at % width, at / width, 1, 1, [r, g, b]);
            }
        }
        assert_eq!(decode(&image.to_png()), (width, height, pixels(&image)));
    }
}

#[test]
fn text_and_rectangles_are_cut_at_the_edge() {
    let mut image = Image::new(10, 9, [255; 3]).unwrap();
    image.fill(8, 7, 100, usize::MAX, [9; 3]);
    assert_eq!((image.pixel(9, 8), image.pixel(7, 8), image.pixel(10, 8)), (Some([9; 3]), Some([255; 3]), None));
    image.text(1, 1, "77777777", 2, [0; 3]);
    assert_eq!((image.pixel(1, 1), image.pixel(2, 2), image.pixel(1, 3)), (Some([0; 3]), Some([0; 3]), Some([255; 3])));
    assert_eq!(Image::text_size("3≠8", 2), (34, 14));
}

#[test]
fn a_grid_shows_right_and_wrong() {
    let folder = Folder::new("vision-grid");
    let digits = digits::test().unwrap();
    let (x, y) = digits.columns();
    let tiles: Vec<Tile> =
        x.chunks(64).zip(y).take(7).map(|(pixels, &label)| Tile { pixels, label, predicted: label.min(8) }).collect();
    let image = grid(&tiles, 8, 8, 5).unwrap();
    let path = folder.path().join("digits.png");
    image.save(&path).unwrap();
    let (width, height, rgb) = decode(&std::fs::read(path).unwrap());
    // Tiles of 8 * 6 + 2 * 6 by 8 * 6 + 14 + 3 * 6 pixels.
    assert_eq!((width, height), (5 * 60, 2 * 80));
    assert_eq!(rgb, pixels(&image));
    // The middle of each pixel of the second tile.
    for (at, ink) in tiles[1].pixels.iter().enumerate() {
        let grey = (255.0 * (1.0 - ink)).round() as u8;
        assert_eq!(image.pixel(60 + 6 + at % 8 * 6 + 3, 6 + at / 8 * 6 + 3), Some([grey; 3]), "pixel {at}");
    }
    let reds = |tile: usize| {
        let (left, top) = (tile % 5 * 60, tile / 5 * 80);
        let all = (0..80).flat_map(|y| (0..60).map(move |x| (x, y)));
        all.filter(|&(x, y)| image.pixel(left + x, top + y) == Some([208, 0, 0])).count()
    };
    for (i, tile) in tiles.iter().enumerate() {
        assert_eq!(reds(i) > 0, tile.predicted != tile.label, "tile {i}");
    }
    assert!(tiles.iter().any(|t| t.predicted == t.label));
}

#[test]
fn grids_that_cannot_be() {
    let tile = Tile { pixels: &[0.0; 4], label: 0, predicted: 0 };
    let refused = |tiles: &[Tile], height, width, columns| grid(tiles, height, width, columns).unwrap_err().to_string();
    assert_eq!(refused(&[], 2, 2, 1), "`tiles` is 0; it must be at least 1");
    assert_eq!(refused(&[tile], 2, 2, 0), "`columns` is 0; it must be at least 1");
    assert_eq!(refused(&[tile], 0, 2, 1), "`height` is 0; it must be at least 1");
    assert_eq!(refused(&[tile], 2, 0, 1), "`width` is 0; it must be at least 1");
    let shape = refused(&[tile], 2, 3, 1);
    assert!(shape.starts_with("grid: expected 2 x 3 pixels, found 4 pixels in tile 0 ("), "{shape}");
    let size = Image::new(0, 5, [0; 3]).unwrap_err().to_string();
    assert_eq!(size, "`size of an image` is 0 x 5 pixels; it must be 1 to 268435456 pixels");
    assert!(Image::new(usize::MAX, 2, [0; 3]).is_err());
}
