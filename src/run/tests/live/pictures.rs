//! Watched results and saved pictures of live runs.

use std::fs;

use super::{executed, live, out, until};
use crate::model::{Command, Watched};

#[test]
fn watched_results_are_computed_while_training_and_while_paused() {
    let out = out();
    let handle = live(out.path());
    assert!(handle.snapshot().plane.is_none());
    handle
        .send(Command::Watch(vec![Watched::Spectra, Watched::Plane]))
        .unwrap();
    let at_rest = until(&handle, |s| s.spectra.is_some() && s.plane.is_some());
    let spectra = at_rest.spectra.unwrap();
    assert_eq!(
        (spectra.step, &*spectra.layers[0].key),
        (at_rest.step, "d.0")
    );
    assert!((spectra.layers[0].exact.sigma_svd.unwrap() - 5.0).abs() < 1e-9);
    assert!(spectra.layers[0].exact.sigma_error.unwrap() < 1e-6);
    let plane = at_rest.plane.unwrap();
    assert_eq!(plane.scores.len(), plane.size.0 * plane.size.1);
    assert_eq!(
        (plane.step, plane.samples, plane.modes.len()),
        (at_rest.step, 8, 8)
    );
    assert!(!plane.lines.is_empty() && plane.arrows.len() == 8);
    executed(&handle, Command::Resume);
    until(&handle, |s| {
        s.spectra
            .as_ref()
            .is_some_and(|spectra| spectra.step > at_rest.step)
            && s.plane
                .as_ref()
                .is_some_and(|plane| plane.step > at_rest.step)
    });
    for name in [
        "sigma_svd.d.0",
        "effective_rank.d.0",
        "sigma_error.d.0",
        "spread",
    ] {
        assert!(handle.history().get(name).is_some(), "{name}");
    }
    executed(&handle, Command::Watch(Vec::new()));
}

#[test]
fn samples_between_two_others_begin_and_end_there() {
    let out = out();
    let handle = live(out.path());
    let refused = executed(&handle, Command::Interpolate(Some((0, 8))));
    assert!(refused.notice.unwrap().text.contains("0 to 7"));
    assert!(refused.interpolation.is_none());
    let shown = executed(&handle, Command::Interpolate(Some((1, 3))));
    let way = shown.interpolation.unwrap();
    assert_eq!((way.ends, way.samples.step()), ((1, 3), shown.step));
    let points = |samples: &crate::model::Samples| match samples {
        crate::model::Samples::Points { generated, .. } => generated.clone(),
        crate::model::Samples::Images { .. } => Vec::new(),
    };
    let (fixed, made) = (points(&shown.samples.unwrap()), points(&way.samples));
    assert_eq!((made[0], made.len()), (fixed[1], 16));
    let end = made[15].iter().zip(&fixed[3]);
    assert!(end.map(|(a, b)| (a - b).abs()).all(|gap| gap < 1e-5));
    executed(&handle, Command::Resume);
    until(&handle, |s| {
        s.interpolation
            .as_ref()
            .is_some_and(|i| i.samples.step() > shown.step)
    });
    assert!(
        executed(&handle, Command::Interpolate(None))
            .interpolation
            .is_none()
    );
}

#[test]
fn a_gif_takes_the_samples_from_its_start_to_its_end() {
    let out = out();
    let handle = live(out.path());
    let refused = executed(&handle, Command::StopGif);
    assert!(refused.notice.unwrap().error);
    let begun = executed(&handle, Command::StartGif);
    assert_eq!(begun.gif, Some(1));
    assert!(executed(&handle, Command::StartGif).notice.unwrap().error);
    executed(&handle, Command::Pace(Some(200.0)));
    executed(&handle, Command::Resume);
    until(&handle, |s| s.gif.is_some_and(|frames| frames >= 3));
    let ended = executed(&handle, Command::StopGif);
    assert_eq!(ended.gif, None);
    let saved = until(&handle, |s| {
        s.notice.as_ref().unwrap().text.contains("frames)")
    });
    let name = format!("gifs/step-{:06}.gif", begun.step);
    assert!(saved.notice.unwrap().text.contains(&name));
    assert!(
        fs::read(out.path().join(&name))
            .unwrap()
            .starts_with(b"GIF89a")
    );
    // The next GIF has another name, and the end of the run finishes it.
    executed(&handle, Command::StartGif);
    handle.send(Command::Quit).unwrap();
    assert_eq!(handle.wait().error, None);
    assert_eq!(fs::read_dir(out.path().join("gifs")).unwrap().count(), 2);
}

#[test]
fn pictures_of_the_screen_never_overwrite_each_other() {
    let out = out();
    let handle = live(out.path());
    for (svg, name) in [("<svg/>", ""), ("<svg>2</svg>", "-2")] {
        let saved = executed(&handle, Command::SaveScreen(svg.to_owned()));
        let path = out
            .path()
            .join(format!("screens/step-{:06}{name}.svg", saved.step));
        assert!(saved.notice.unwrap().text.contains(path.to_str().unwrap()));
        assert_eq!(fs::read_to_string(path).unwrap(), svg);
    }
}
