use super::*;
use crate::{
    model::Assignment,
    run::fake,
    tui::app::lanes::{LaneView, Lanes},
};

/// Lane a is selected; lane b was split off at step 1000.
fn lanes() -> Lanes {
    let states = vec![saved(1000), saved(1200)];
    let snapshot = Snapshot {
        states,
        ..fake::snapshot()
    };
    let b = LaneView {
        id: LaneId::A.next().unwrap(),
        snapshot: std::sync::Arc::new(snapshot),
        history: Default::default(),
    };
    Lanes {
        selected: LaneId::A,
        others: vec![b],
    }
}

fn saved(step: u64) -> Saved {
    Saved {
        step,
        marked: false,
    }
}

fn of(line: &str) -> Result<ParsedCommand, ParseError> {
    let snapshot = Snapshot {
        states: vec![saved(1200), saved(1100), saved(800)],
        measures: Some(std::sync::Arc::new(fake::measures(1))),
        ..fake::snapshot()
    };
    parse(line, &snapshot, &snapshot.settings, &lanes())
}

/// The command of a line that is right.
fn read(line: &str) -> ParsedCommand {
    of(line).unwrap()
}

fn set_to(key: &str, value: &str) -> ParsedCommand {
    ParsedCommand::Send(Command::Set {
        key: key.into(),
        value: value.into(),
    })
}

#[test]
fn lines_that_are_understood() {
    assert_eq!(read("  "), ParsedCommand::Empty);
    assert_eq!(read("gain=2"), set_to("gain", "2"));
    assert_eq!(read(": set loss = hinge "), set_to("loss", "hinge"));
    assert_eq!(
        read("generator.betas=(0.5, 0.9)"),
        set_to("generator.betas", "(0.5, 0.9)")
    );
    assert_eq!(read("sn off"), set_to("spectral.enabled", "false"));
    assert_eq!(
        read("sn d.0 on"),
        set_to("spectral.layers.d.0.enabled", "true")
    );
    let steps = |updates, count| ParsedCommand::Send(Command::Step { updates, count });
    assert_eq!(read("step"), steps(Updates::Both, 1));
    assert_eq!(read("step-g 5"), steps(Updates::Generator, 5));
    assert_eq!(read("step-d 1,000"), steps(Updates::Discriminator, 1000));
    assert_eq!(
        read("rewind 1,200"),
        ParsedCommand::Send(Command::Rewind(1200))
    );
    assert_eq!(read("rewind"), ParsedCommand::Send(Command::Rewind(800)));
    assert_eq!(
        read("pace 2.5"),
        ParsedCommand::Send(Command::Pace(Some(2.5)))
    );
    assert_eq!(read("pace full"), ParsedCommand::Send(Command::Pace(None)));
    assert_eq!(
        read("preset ring"),
        ParsedCommand::Start(RunRequest::of("ring"))
    );
    let request = RunRequest {
        steps: Some(5),
        ..RunRequest::of("ring")
    };
    assert_eq!(read("preset ring --steps=5"), ParsedCommand::Start(request));
    let b = LaneId::A.next().unwrap();
    let gain = |value: &str| Assignment {
        key: "gain".into(),
        value: value.into(),
    };
    let betas = Assignment {
        key: "generator.betas".into(),
        value: "(0.5, 0.9)".into(),
    };
    let fork = |changes, from| ParsedCommand::Send(Command::Fork { changes, from });
    assert_eq!(read("fork"), fork(vec![], None));
    assert_eq!(
        read("fork generator.betas=(0.5, 0.9) gain=2"),
        fork(vec![betas, gain("2")], None)
    );
    let c = b.next().unwrap();
    assert_eq!(read("fork --from c gain=3"), fork(vec![gain("3")], Some(c)));
    assert_eq!(
        read("all gain=2;"),
        ParsedCommand::SendToAll(Command::SetAll(vec![gain("2")]))
    );
    assert_eq!(read("join b"), ParsedCommand::Send(Command::Join(b)));
    assert_eq!(read("lane b"), ParsedCommand::SelectLane(b));
    assert_eq!(
        read("note gain=2 pause"),
        ParsedCommand::Send(Command::Note("gain=2 pause".into()))
    );
    assert_eq!(read("q"), ParsedCommand::Act(Action::Quit));
}

#[test]
fn every_word_is_understood_with_what_it_takes() {
    for word in WORDS {
        let rest = match word.takes {
            "" | "[N]" => "",
            "N|full" => "full",
            "[LAYER] on|off" => "d.0 off",
            "KEY=VALUE" => "gain=2",
            "[STEP]" => "800",
            "[--from LANE] [KEY=VALUE…]" => "gain=2",
            "KEY=VALUE…" => "gain=2 loss=hinge",
            "LANE" => "b",
            "TEXT" => "a text",
            "NAME [OPTIONS]" => "ring --steps 5",
            other => panic!("{other}"),
        };
        let line = format!("{} {rest}", word.name);
        assert!(of(&line).is_ok(), "{line}: {:?}", of(&line));
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (line, part) in [
        ("gain=0", "above 0"),
        ("gain=", "no value"),
        ("gian=2", "gain"),
        ("latent=3", "fixed"),
        ("steps=3", "fixed"),
        ("step x", "not a number"),
        ("step 0", "not a number"),
        ("rewind 1 2", "saved are 800, 1100, 1200"),
        ("rewind 1100", "lane b has no saved state of step 1100"),
        ("fork gain=0", "above 0"),
        ("fork latent=3", "fixed"),
        ("fork gain = 2", "without spaces"),
        ("fork now", "not KEY=VALUE"),
        ("fork --from b", "is going"),
        ("fork --from", "not a lane"),
        ("all", "takes settings"),
        ("all steps=3", "fixed"),
        ("join", "lane: a and b"),
        ("join a", "the run itself"),
        ("join c", "there is no lane c: going are a and b"),
        ("lane B", "not a lane"),
        ("note ", "takes a text"),
        ("rewind 7", "no saved state of step 7"),
        ("pace", "steps a second"),
        ("pace -1", "above 0"),
        ("sn d.7 off", "d.0"),
        ("sn maybe", "neither"),
        ("preset rign", "ring"),
        ("preset cifar10", "--data PATH"),
        ("puase", "pause"),
        ("pause now", "nothing after"),
    ] {
        let said = of(line).unwrap_err().to_string();
        assert!(said.contains(part), "{line}: {said}");
    }
}
