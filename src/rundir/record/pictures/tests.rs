use super::*;
use crate::{
    engine::picture::{grid::grid, png::encode, scatter::scatter},
    preset::{builtin::builtin, set},
};

fn save(folder: &Path, name: &str, picture: &Pixels) {
    fs::create_dir_all(folder.join("samples")).unwrap();
    let bytes = encode(picture, &[]).unwrap();
    fs::write(folder.join("samples").join(name), bytes).unwrap();
}

#[test]
fn images_are_cut_out_of_their_grids() {
    let home = tempfile::tempdir().unwrap();
    let digits = set(&builtin("digits").unwrap(), "samples.count", "7").unwrap();
    let Shape::Image { height, width, .. } = digits.data.sample_shape() else {
        panic!("digits are images");
    };
    let images = |seed: usize| -> Vec<Vec<u8>> {
        let pixel = |i: usize, at: usize| (i * 31 + at * 7 + seed) as u8;
        (0..7)
            .map(|i| (0..height * width).map(|at| pixel(i, at)).collect())
            .collect()
    };
    for (name, seed) in [
        ("step-000200.png", 1),
        ("step-000100.png", 2),
        ("step-000200-2.png", 3),
        ("final.png", 4),
        ("mine.png", 5),
    ] {
        save(home.path(), name, &grid(&images(seed), 1, height, width));
    }
    let broken = home.path().join("samples/step-000300.png");
    fs::write(broken, b"no picture").unwrap();
    let mut pictures = Pictures::default();
    assert!(pictures.read(home.path(), &digits, 1));
    assert!(pictures.read(home.path(), &digits, 9));
    assert!(!pictures.read(home.path(), &digits, 9), "nothing is new");
    let all = pictures.all();
    let steps: Vec<u64> = all.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [100, 200]);
    for ((_, samples), seed) in all.iter().zip([2, 3]) {
        let Samples::Images { pixels, .. } = &**samples else {
            panic!("not images");
        };
        assert_eq!(*pixels, images(seed));
    }
}

#[test]
fn a_scatter_plot_is_points_again() {
    let home = tempfile::tempdir().unwrap();
    let picture = scatter(&[[-1.0, -1.0], [1.0, 1.0]], &[[0.0, 0.0]]);
    save(home.path(), "step-000050.png", &picture);
    save(home.path(), "step-000060.png", &Pixels::filled(9, 9, 3, 0));
    let mut pictures = Pictures::default();
    assert!(pictures.read(home.path(), &builtin("ring").unwrap(), 9));
    let all = pictures.all();
    let [(50, samples)] = &all[..] else {
        panic!("{all:?}");
    };
    let Samples::Points {
        real, generated, ..
    } = &**samples
    else {
        panic!("not points");
    };
    let least = |axis: usize| real.iter().map(|p| p[axis]).fold(f32::MAX, f32::min);
    assert!(least(0) < -0.5 && least(1) < -0.5);
    assert!(
        generated
            .iter()
            .all(|p| p[0].abs() < 0.1 && p[1].abs() < 0.1)
    );
}

#[test]
fn hostile_pictures_are_left_out() {
    let home = tempfile::tempdir().unwrap();
    let digits = builtin("digits").unwrap();
    // Neither a grid of such images, nor of as many channels.
    save(
        home.path(),
        "step-000001.png",
        &Pixels::filled(100, 3, 1, 9),
    );
    save(
        home.path(),
        "step-000002.png",
        &Pixels::filled(32, 32, 3, 9),
    );
    save(home.path(), "step-000003.png", &Pixels::filled(1, 1, 1, 9));
    let mut pictures = Pictures::default();
    assert!(!pictures.read(home.path(), &digits, 9));
    assert!(pictures.all().is_empty());
}
