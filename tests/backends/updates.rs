//! Losses, norms, and the updates of weights.

use dfdx::prelude::*;
use proptest::prelude::*;
use sn_tui::{
    nn::{Backend, Host, Matrix, adam::Rates},
    preset::Loss,
};

use crate::{Slow, assert_near, draw, values};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn losses(batch in 1usize..20, salt: u64, which in 0usize..4, linear: bool) {
        let loss = [Loss::Hinge, Loss::NonSaturating, Loss::Wasserstein, Loss::LeastSquares][which];
        let scores = draw(salt, (1, 2 * batch)) * 40.0;
        let sides = Cpu::default().tensor_from_vec([vec![1.0; batch], vec![-1.0; batch]].concat(), (1, 2 * batch));
        let (fast, fast_slopes) = Host::loss(&scores, &sides, loss, linear, batch).unwrap();
        let (slow, slow_slopes) = Slow::loss(&scores, &sides, loss, linear, batch).unwrap();
        assert_near("loss", &fast.as_vec(), &slow.as_vec());
        assert_near("slopes", &fast_slopes.as_vec(), &slow_slopes.as_vec());
    }

    #[test]
    fn reductions_and_updates(rows in 1usize..20, columns in 1usize..20, salt: u64) {
        let shape = (rows, columns);
        let [x, y, row] = [(salt, shape), (salt ^ 1, shape), (salt, (1, columns))].map(|(salt, shape)| draw(salt, shape));
        fn reduce<B: Backend<Device = Cpu>>(x: &Matrix<Cpu>, row: &Matrix<Cpu>) -> Vec<Vec<f32>> {
            let [own, other] = [x, row].map(|t| B::buffer(t).unwrap());
            let columns = B::column_norms(&own, x).unwrap().as_vec();
            let scaled = values::<B>(B::scale_columns(own.clone(), row).unwrap(), x);
            let (norms, total) = B::norms(x.device(), &[std::slice::from_ref(&own), &[own.clone(), other]]).unwrap();
            let norms = norms.iter().chain([&total]).map(|norm| norm.as_vec()[0]);
            vec![norms.collect(), columns, scaled]
        }
        for (fast, slow) in reduce::<Host>(&x, &row).iter().zip(&reduce::<Slow>(&x, &row)) {
            assert_near("reductions", fast, slow);
        }
        assert_eq!(Host::side_by_side(&x, &y).unwrap().as_vec(), Slow::side_by_side(&x, &y).unwrap().as_vec());
        fn update<B: Backend<Device = Cpu>>(x: &Matrix<Cpu>, y: &Matrix<Cpu>) -> Vec<f32> {
            let rates = Rates { beta1: 0.5, beta2: 0.9, step_size: 0.01, root_correction: 0.3, epsilon: 1e-8 };
            let (mut w, mut average) = (x.clone(), x.clone());
            let [mut m, mut v] = [y.clone(), y.clone().square()].map(|t| B::buffer(&t).unwrap());
            B::adam(&mut w, &B::buffer(y).unwrap(), (&mut m, &mut v), &rates).unwrap();
            B::blend(&mut average, y, 0.9).unwrap();
            [w.as_vec(), values::<B>(m, y), values::<B>(v, y), average.as_vec()].concat()
        }
        assert_near("updates", &update::<Host>(&x, &y), &update::<Slow>(&x, &y));
    }
}

#[test]
fn two_large_batches_stand_side_by_side_and_leave_each_other_alone() {
    let batch = 30_000;
    let row = |value: f32| Cpu::default().tensor_from_vec(vec![value; 2 * batch], (2, batch));
    let (first, second) = (row(f32::INFINITY), row(-2.0));
    let expected = [vec![f32::INFINITY; batch], vec![-2.0; batch]]
        .concat()
        .repeat(2);
    for made in [
        Host::side_by_side(&first, &second),
        Slow::side_by_side(&first, &second),
    ] {
        assert!(made.unwrap().as_vec() == expected);
    }
}
