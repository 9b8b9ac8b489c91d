//! The first line at several widths.

use sn_tui::model::{History, Load, Snapshot};

use super::{app, colours, drawn, made_up::*, text};

/// The first line of the screen with this number of columns.
fn line(snapshot: &Snapshot, width: u16) -> String {
    let app = app(snapshot.clone(), History::default(), colours());
    let all = text(&drawn(&app, (width, 24)));
    all.lines().next().unwrap_or_default().to_owned()
}

fn on_the_processor() -> Snapshot {
    running(ring(), "ring", points())
}

fn on_a_card() -> Snapshot {
    Snapshot {
        device: "cuda:0 NVIDIA H100 80GB HBM3".to_owned(),
        load: Load {
            share: Some(61),
            memory: Some(1_234_000_000),
            total: Some(85_520_809_984),
        },
        ..on_the_processor()
    }
}

#[test]
fn the_device_and_its_figures_are_shown_if_they_fit() {
    let start = "ring  ▶ running  step 1,234/1,500  12.3 steps/s  1:41";
    let sizes = "  G 1.28M  D 346k";
    for (snapshot, width, rest) in [
        (on_the_processor(), 60, "".to_owned()),
        (on_the_processor(), 80, "  seed 0  cpu×2 · 97 %".to_owned()),
        (
            on_the_processor(),
            100,
            format!("  seed 0{sizes}  cpu×2 · 97 % · 38 MB"),
        ),
        (
            on_the_processor(),
            160,
            format!("  seed 0{sizes}  cpu×2 · 97 % · 38 MB"),
        ),
        (on_a_card(), 60, "".to_owned()),
        (on_a_card(), 80, "  seed 0  H100 80GB · 61 %".to_owned()),
        (
            on_a_card(),
            100,
            format!("  seed 0{sizes}  H100 80GB · 61 %"),
        ),
        (
            on_a_card(),
            160,
            format!("  seed 0{sizes}  H100 80GB · 61 % · 1.2/86 GB"),
        ),
    ] {
        assert_eq!(line(&snapshot, width), format!("{start}{rest}"), "{width}");
    }
}

#[test]
fn unknown_figures_are_left_out_and_known_ones_shift_nothing() {
    let known = on_the_processor();
    let unknown = Snapshot {
        load: Load::default(),
        ..known.clone()
    };
    let full = "  seed 0  G 1.28M  D 346k  cpu×2";
    assert!(line(&unknown, 160).ends_with(full));
    let no_share = Snapshot {
        load: Load {
            share: None,
            ..known.load
        },
        ..known.clone()
    };
    assert!(line(&no_share, 160).ends_with("cpu×2 · 38 MB"));
    for width in 40..=200 {
        let (with, without) = (line(&known, width), line(&unknown, width));
        assert!(with.starts_with(&without), "{with}\n{without}");
        let more = &with[without.len()..];
        assert!(
            more.is_empty() || without.ends_with("cpu×2"),
            "{width}: {with}"
        );
    }
}
