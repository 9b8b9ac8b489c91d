//! Plans against the strided convolutions that they replace.

use super::*;

/// All widths, kernels, strides and paddings of a small convolution.
fn sides() -> impl Iterator<Item = AxisGeometry> {
    let kernels = (1..=7).flat_map(|kernel| (1..=4).map(move |stride| (kernel, stride)));
    let padded = kernels
        .flat_map(|(kernel, stride)| (0..kernel).map(move |padding| (kernel, stride, padding)));
    padded.flat_map(|(kernel, stride, padding)| {
        (1..=17).filter_map(move |image: usize| {
            let map = (image + 2 * padding).checked_sub(kernel)? / stride + 1;
            Some(AxisGeometry {
                image,
                map,
                kernel,
                stride,
                padding,
            })
        })
    })
}

/// The outputs of a line of ones and twos by the plan's windows. Each tap of the kernel has its own weight.
fn made(side: &AxisGeometry, filtered: &Plan, inputs: usize, outputs: usize) -> Vec<f64> {
    let line = |place: usize| match place.checked_sub(filtered.margin) {
        Some(input) if input < inputs => (1 + input % 2) as f64,
        _ => 0.0,
    };
    let weight = |tap: Option<usize>| tap.map_or(0.0, |tap| (1 + tap) as f64);
    let (m, mut made) = (filtered.filter.outputs, vec![0.0; outputs]);
    for (group, outputs) in filtered.groups.iter().zip(filtered.outputs()) {
        for (index, output) in outputs.enumerate() {
            assert!(index < m, "{side:?}");
            for stream in group.first_stream..group.first_stream + group.streams {
                let window = filtered.windows[stream * filtered.tiles + group.tile];
                for (tap, &weighted) in filtered.taps[stream].iter().enumerate() {
                    let place = window + (index + tap) * filtered.step;
                    assert!(place < filtered.length, "{side:?}");
                    made[output] += weight(weighted) * line(place);
                }
            }
        }
    }
    made
}

#[test]
fn windows_give_the_outputs_of_the_strided_convolution() {
    let mut seen = 0;
    for side in sides() {
        let filters = [
            (Plan::correlation(&side), side.correlation()),
            (Plan::adjoint(&side), side.adjoint()),
        ];
        for (filtered, direct) in filters {
            let Some(filtered) = filtered else { continue };
            let read = |&(tap, input): &(usize, usize)| ((1 + tap) * (1 + input % 2)) as f64;
            let wanted: Vec<f64> = (0..direct.outputs())
                .map(|place| direct.reads(place).iter().map(read).sum())
                .collect();
            let made = made(&side, &filtered, direct.inputs, direct.outputs());
            assert_eq!(made, wanted, "{side:?}");
            seen += 1;
        }
    }
    assert!(seen > 1000, "{seen} products were filtered");
}

#[test]
fn common_layers_with_many_channels_are_filtered() {
    let side = |image, map, kernel, stride| AxisGeometry {
        image,
        map,
        kernel,
        stride,
        padding: 1,
    };
    // Multiplications of a line: direct, filtered; and the filter's outputs.
    for (side, direct, filtered, outputs) in [
        (side(14, 7, 4, 2), 26, 16, 7),
        (side(32, 16, 4, 2), 62, 40, 4),
        (side(16, 16, 3, 1), 46, 24, 4),
        (side(4, 4, 3, 1), 10, 6, 4),
    ] {
        let axis = side.correlation();
        assert_eq!(axis.pairs(), direct, "{side:?}");
        let found = Plan::if_profitable(direct, (16, 16), || Plan::correlation(&side));
        let (found, sums) = found.unwrap();
        assert_eq!(
            (sums.pairs(), found.filter.outputs),
            (filtered, outputs),
            "{side:?}"
        );
        let few = Plan::if_profitable(direct, (3, 64), || Plan::correlation(&side));
        assert!(few.is_none(), "{side:?}");
    }
    let point = side(8, 8, 1, 1);
    assert!(Plan::correlation(&point).is_none());
}
