//! Computations on images for scores, on every device.

use sn_tui::engine::{
    data::{Images, bundled},
    metric::{
        classifier::{SIDE, Set},
        instruments::{Instruments, OnDevice, OnHost},
        wasserstein::{Slices, distance},
    },
};

use crate::{Device, on_each_device};

#[test]
fn classifier_and_projections_agree_on_all_devices() {
    let images = Images::new(bundled::digits().unwrap(), (1, SIDE, SIDE)).unwrap();
    let chosen = images.gather(&[3, 141, 59, 26, 5]).unwrap();
    let seen = OnHost
        .classifier(Set::Digits)
        .unwrap()
        .classify(&chosen)
        .unwrap();
    let slices = Slices::new(2, (1, SIDE, SIDE), 5);
    let patches = slices.cut(0, &chosen, 5);
    let projected = slices.project(&patches, None).unwrap();
    let check = |on: &dyn Instruments| {
        let there = on
            .classifier(Set::Digits)
            .unwrap()
            .classify(&chosen)
            .unwrap();
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(close(&there.features, &seen.features));
        let rows = there.probabilities.iter().zip(&seen.probabilities);
        assert!(rows.into_iter().all(|(a, b)| close(a, b)));
        let projector = slices.projector(on).unwrap();
        let made = slices.project(&patches, projector.as_deref()).unwrap();
        assert!(distance(&made, &projected) < 1e-5);
    };
    fn on<B: Device>() -> Box<dyn Instruments> {
        Box::new(OnDevice(B::open()))
    }
    for instruments in on_each_device!(on()) {
        check(&*instruments);
    }
}
