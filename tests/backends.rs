//! The CPU's fast paths against the portable ones: values and all gradients, for odd sizes, strides, paddings and
//! batches.

use dfdx::prelude::*;
use proptest::prelude::*;
use rand::Rng;
use sn_tui::{
    nn::{
        Activation, Backend, Geometry, Host, Matrix, Portable, Wants,
        adam::Rates,
        backend::{Affine, Direction, Plan},
        pooling::{Cells, Pooling, Sampling},
    },
    preset::Loss,
    random::{Stream, generator},
    spectral::{Layout, Vectors},
};

type Slow = Portable<Cpu>;

/// A matrix of numbers in ±1 that depends on `salt` and the shape alone.
fn draw(salt: u64, shape: (usize, usize)) -> Matrix<Cpu> {
    let mut rng = generator(salt, Stream::Weights, (shape.0 * 31 + shape.1) as u64);
    let data = (0..shape.0 * shape.1)
        .map(|_| rng.random_range(-1.0..1.0))
        .collect::<Vec<_>>();
    Cpu::default().tensor_from_vec(data, shape)
}

/// Both paths sum numbers of about 1, in different orders: what cancels leaves rounding of that size.
fn assert_near(what: &str, fast: &[f32], slow: &[f32]) {
    assert_eq!(fast.len(), slow.len(), "{what}");
    let size = slow.iter().fold(1.0f32, |a, b| a.max(b.abs()));
    for (i, (a, b)) in fast.iter().zip(slow).enumerate() {
        assert!(
            (a - b).abs() <= 1e-4 * size,
            "{what}[{i}]: {a} for {b} (size {size})"
        );
    }
}

fn activations() -> impl Strategy<Value = Activation> {
    prop_oneof![
        Just(Activation::Identity),
        Just(Activation::Relu),
        (0.0f32..0.9).prop_map(Activation::LeakyRelu),
        Just(Activation::Tanh),
        Just(Activation::Sigmoid),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Linear,
    Conv(Geometry),
    Transposed(Geometry),
}

/// Output and the gradients of input, weight and bias of one layer.
fn layer<B: Backend<Device = Cpu>>(
    kind: Kind,
    [x, w, b, upstream]: [&Matrix<Cpu>; 4],
    activation: Activation,
) -> [Vec<f32>; 4] {
    let affine = Affine {
        weight: w,
        bias: Some(b),
        activation,
        wants: Wants {
            input: true,
            parameters: true,
        },
    };
    let traced = x.clone().leaky_traced();
    let y = match kind {
        Kind::Linear => B::linear(traced, affine),
        Kind::Conv(g) => B::conv(traced, affine, &Plan::new(g, Direction::Forward)),
        Kind::Transposed(g) => {
            B::conv_transpose(traced, affine, &Plan::new(g, Direction::Transposed))
        }
    }
    .unwrap();
    let out = y.as_vec();
    let mut gradients = B::backward(y, upstream).unwrap();
    let mut of = |t| B::gradient(&mut gradients, t).unwrap().as_vec();
    [out, of(x), of(w), of(b)]
}

fn compare(kind: Kind, shapes: [(usize, usize); 4], activation: Activation, salt: u64) {
    let tensors = shapes.map(|shape| draw(salt, shape));
    let tensors = tensors.each_ref();
    // Where a kink is hit to within rounding, the two paths may fall on different sides of it.
    let [inputs, ..] = layer::<Slow>(kind, tensors, Activation::Identity);
    let smooth = !matches!(activation, Activation::Relu | Activation::LeakyRelu(_));
    if !smooth && inputs.iter().any(|x| x.abs() < 1e-5) {
        return;
    }
    let (fast, slow) = (
        layer::<Host>(kind, tensors, activation),
        layer::<Slow>(kind, tensors, activation),
    );
    for (i, what) in ["output", "input", "weight", "bias"]
        .into_iter()
        .enumerate()
    {
        assert_near(what, &fast[i], &slow[i]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn linear(inputs in 1usize..40, outputs in 1usize..40, batch in 1usize..140, activation in activations(), salt: u64) {
        let shapes = [(inputs, batch), (outputs, inputs), (outputs, 1), (outputs, batch)];
        compare(Kind::Linear, shapes, activation, salt);
    }

    #[test]
    fn conv(
        (channels, out) in (1usize..6, 1usize..7), (height, width) in (1usize..10, 1usize..10),
        (kernel, stride, padding) in (1usize..6, 1usize..4, 0usize..4),
        batch in 1usize..40, activation in activations(), salt: u64,
    ) {
        let geometry = Geometry::convolution((channels, height, width), out, kernel, stride, padding);
        prop_assume!(geometry.is_some());
        let g = geometry.unwrap();
        let shapes = [(channels * g.image(), batch), (out, g.fan_in()), (out, 1), (out * g.map(), batch)];
        compare(Kind::Conv(g), shapes, activation, salt);
    }

    #[test]
    fn conv_transpose(
        (inputs, channels) in (1usize..7, 1usize..6), (height, width) in (1usize..7, 1usize..7),
        (kernel, stride, padding) in (1usize..6, 1usize..4, 0usize..3),
        batch in 1usize..40, activation in activations(), salt: u64,
    ) {
        let geometry = Geometry::transposed((inputs, height, width), channels, kernel, stride, padding);
        prop_assume!(geometry.is_some());
        let g = geometry.unwrap();
        let shapes = [(inputs * g.map(), batch), (inputs, g.fan_in()), (channels, 1), (channels * g.image(), batch)];
        compare(Kind::Transposed(g), shapes, activation, salt);
    }

    #[test]
    fn pooling_and_sums(channels in 1usize..5, (height, width) in (1usize..6, 1usize..6), (rows, columns) in (1usize..4, 1usize..4), batch in 1usize..9, collect: bool, salt: u64) {
        fn run<B: Backend<Device = Cpu>>(pooling: &Pooling<Cpu>, [x, y, upstream]: [&Matrix<Cpu>; 3]) -> Vec<Vec<f32>> {
            let x_traced = x.clone().leaky_traced();
            // x is used twice, as by a residual block.
            let again = x_traced.retaped();
            let pooled = B::pool(x_traced, pooling).unwrap();
            let twice = B::add(B::pool(again, pooling).unwrap(), y.retaped()).unwrap();
            let sum = B::add(pooled, twice).unwrap();
            let out = sum.as_vec();
            let mut gradients = B::backward(sum, upstream).unwrap();
            let mut of = |t| B::gradient(&mut gradients, t).unwrap().as_vec();
            vec![out, of(x), of(y)]
        }
        let cells = Cells { channels, height, width, rows, columns };
        let (sampling, from, to) = if collect { (Sampling::Collect, cells.fine(), cells.coarse()) } else { (Sampling::Spread, cells.coarse(), cells.fine()) };
        let pooling = Pooling::new(cells, sampling, 0.25);
        let tensors = [(from, batch), (to, batch), (to, batch)].map(|shape| draw(salt, shape));
        let y = draw(salt ^ 1, (to, batch));
        let tensors = [&tensors[0], &y, &tensors[2]];
        for (fast, slow) in run::<Host>(&pooling, tensors).iter().zip(&run::<Slow>(&pooling, tensors)) {
            assert_near("pooling", fast, slow);
        }
    }

    #[test]
    fn batch_norm(channels in 1usize..6, positions in 1usize..20, batch in 2usize..30, activation in activations(), salt: u64) {
        fn run<B: Backend<Device = Cpu>>([x, gamma, beta, upstream]: [&Matrix<Cpu>; 4], activation: Activation) -> Vec<Vec<f32>> {
            let (y, statistics) = B::batch_norm(x.clone().leaky_traced(), gamma, beta, activation).unwrap();
            let mut out = vec![y.as_vec(), statistics.mean.as_vec(), statistics.variance.as_vec()];
            let mut gradients = B::backward(y, upstream).unwrap();
            out.extend([x, gamma, beta].map(|t| B::gradient(&mut gradients, t).unwrap().as_vec()));
            out
        }
        // Two samples in a channel leave ±1 and a gradient that is all cancellation.
        prop_assume!(positions * batch > 4);
        let shape = (channels * positions, batch);
        let tensors = [shape, (channels, 1), (channels, 1), shape];
        let tensors = [0, 1, 2, 3].map(|i| draw(salt.wrapping_add(i), tensors[i as usize]));
        let (fast, slow) = (run::<Host>(tensors.each_ref(), activation), run::<Slow>(tensors.each_ref(), activation));
        for (i, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
            assert_near(["output", "mean", "variance", "input", "gamma", "beta"][i], fast, slow);
        }
    }

    #[test]
    fn spectral(blocks in 1usize..5, rows in 1usize..12, columns in 1usize..12, iterations in 0usize..4, gain in 0.5f32..2.0, salt: u64) {
        fn run<B: Backend<Device = Cpu>>(layout: Layout, [w, u, v, upstream]: [&Matrix<Cpu>; 4], iterations: usize, gain: f32) -> Vec<Vec<f32>> {
            let mut vectors = Vectors { u: u.clone(), v: v.clone() };
            let sigma = B::power_iteration(w, &layout, &mut vectors, iterations).unwrap();
            let normalized = B::normalize(w, &layout, &vectors, gain).unwrap();
            let mut out = vec![sigma.as_vec(), vectors.u.as_vec(), vectors.v.as_vec(), normalized.as_vec()];
            let mut gradients = B::backward(normalized, upstream).unwrap();
            out.push(B::gradient(&mut gradients, w).unwrap().as_vec());
            out
        }
        let layout = Layout { blocks, rows, columns };
        let stored = (blocks, rows * columns);
        let shapes = [stored, (rows, 1), (layout.width(), 1), stored];
        let tensors = shapes.map(|shape| draw(salt, shape));
        let (fast, slow) = (run::<Host>(layout, tensors.each_ref(), iterations, gain), run::<Slow>(layout, tensors.each_ref(), iterations, gain));
        // Without iterations σ can be near 0 by chance, and everything after it is rounding.
        prop_assume!(fast[0][0].abs() > 0.05);
        for (i, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
            assert_near(["sigma", "u", "v", "normalized", "gradient"][i], fast, slow);
        }
    }

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
        let device = Cpu::default();
        let shape = (rows, columns);
        let [x, y, row] = [(salt, shape), (salt ^ 1, shape), (salt, (1, columns))].map(|(salt, shape)| draw(salt, shape));
        let parts = [x.clone(), row.clone()];
        assert_near("norm", &Host::norm(&device, &parts).unwrap().as_vec(), &Slow::norm(&device, &parts).unwrap().as_vec());
        assert_near("columns", &Host::column_norms(&x).unwrap().as_vec(), &Slow::column_norms(&x).unwrap().as_vec());
        assert_near("scale", &Host::scale_columns(&x, &row).unwrap().as_vec(), &Slow::scale_columns(&x, &row).unwrap().as_vec());
        assert_eq!(Host::side_by_side(&x, &y).unwrap().as_vec(), Slow::side_by_side(&x, &y).unwrap().as_vec());
        fn update<B: Backend<Device = Cpu>>(x: &Matrix<Cpu>, y: &Matrix<Cpu>) -> Vec<f32> {
            let rates = Rates { beta1: 0.5, beta2: 0.9, step_size: 0.01, root_correction: 0.3, epsilon: 1e-8 };
            let (mut w, mut m, mut v, mut average) = (x.clone(), y.clone(), y.clone().square(), x.clone());
            B::adam(&mut w, y, (&mut m, &mut v), &rates).unwrap();
            B::blend(&mut average, y, 0.9).unwrap();
            [w, m, v, average].map(|t| t.as_vec()).concat()
        }
        assert_near("updates", &update::<Host>(&x, &y), &update::<Slow>(&x, &y));
    }
}

#[test]
fn a_weight_without_a_singular_value_stays_as_it_is() {
    fn check<B: Backend<Device = Cpu>>(value: f32) {
        let device = Cpu::default();
        let layout = Layout::plain(3, 4);
        let w = device.tensor_from_vec(vec![value; 12], (3, 4));
        let mut vectors = Vectors {
            u: draw(1, (3, 1)),
            v: draw(2, (4, 1)),
        };
        let before = (vectors.u.as_vec(), vectors.v.as_vec());
        B::power_iteration(&w, &layout, &mut vectors, 5).unwrap();
        assert_eq!(before, (vectors.u.as_vec(), vectors.v.as_vec()));
        let normalized = B::normalize::<NoneTape>(&w, &layout, &vectors, 2.0).unwrap();
        let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        assert!(
            normalized.as_vec().iter().zip(&w.as_vec()).all(same),
            "{value}"
        );
    }
    for value in [0.0, f32::INFINITY, f32::NAN] {
        check::<Host>(value);
        check::<Slow>(value);
    }
}

/// f(x) and f′(x) at these numbers.
fn pointwise<B: Backend<Device = Cpu>>(x: &[f32], activation: Activation) -> [Vec<f32>; 2] {
    let row = |data: Vec<f32>| Cpu::default().tensor_from_vec(data, (1, x.len()));
    let x = row(x.to_vec());
    let y = B::activate(x.clone().leaky_traced(), activation).unwrap();
    let out = y.as_vec();
    let mut gradients = B::backward(y, &row(vec![1.0; out.len()])).unwrap();
    [out, B::gradient(&mut gradients, &x).unwrap().as_vec()]
}

#[test]
fn a_nan_stays_one_in_every_activation() {
    for activation in [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu(0.1),
        Activation::Tanh,
        Activation::Sigmoid,
    ] {
        let [fast, _] = pointwise::<Host>(&[f32::NAN, -1.0, 1.0], activation);
        let [slow, _] = pointwise::<Slow>(&[f32::NAN, -1.0, 1.0], activation);
        assert!(fast[0].is_nan() && slow[0].is_nan(), "{activation:?}");
        assert_near("others", &fast[1..], &slow[1..]);
    }
}

#[test]
fn the_slope_at_a_kink_is_that_below_it() {
    for (activation, slope) in [(Activation::Relu, 0.0), (Activation::LeakyRelu(0.25), 0.25)] {
        let expected = [vec![0.0, 0.0, 2.0], vec![slope, slope, 1.0]];
        assert_eq!(pointwise::<Host>(&[0.0, -0.0, 2.0], activation), expected);
        assert_eq!(pointwise::<Slow>(&[0.0, -0.0, 2.0], activation), expected);
    }
}

#[test]
fn a_score_that_is_no_number_makes_no_finite_loss() {
    fn check<B: Backend<Device = Cpu>>(loss: Loss) {
        let row = |data| Cpu::default().tensor_from_vec(data, (1, 2));
        let (scores, sides) = (row(vec![f32::NAN, 0.5]), row(vec![1.0, -1.0]));
        let (total, _) = B::loss(&scores, &sides, loss, false, 1).unwrap();
        assert!(total.as_vec()[0].is_nan(), "{loss:?}");
    }
    for loss in [
        Loss::Hinge,
        Loss::NonSaturating,
        Loss::Wasserstein,
        Loss::LeastSquares,
    ] {
        check::<Host>(loss);
        check::<Slow>(loss);
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
