use crate::model::event::written::*;

fn read(line: &str) -> Entry {
    serde_json::from_str(line).unwrap()
}

fn line(kind: &str, key: &str, old: &str, new: &str, cause: &str) -> String {
    format!(
        r#"{{"step":7,"kind":"{kind}","key":"{key}","old":"{old}","new":"{new}","cause":"{cause}"}}"#
    )
}

#[test]
fn every_kind_survives_a_round_trip() {
    for (name, _) in tables::KINDS {
        let lines = [
            line(name, "", "", "", "key"),
            line(name, "", "", "5", "resume"),
            line(name, "", "9", "5", "at"),
            line(name, "gain", "9", "5", "on_nan"),
            line(name, "x.d.0", "", "text", "alarm"),
            line(name, "x.d.0", "text", "", "alarm"),
            line(name, "journal:3", "9", "5", "key"),
        ];
        let entries = lines.each_ref().map(|line| read(line));
        for (line, entry) in lines.iter().zip(&entries) {
            assert_eq!(&serde_json::to_string(entry).unwrap(), line);
            assert!(!matches!(entry.cause, Cause::Unknown(_)), "{line}");
        }
        let is_known = |entry: &Entry| !matches!(entry.event, Event::Unknown(_));
        // Words alone are no fork.
        let has_parts = ["fork", "join"].contains(&name);
        assert!(entries.iter().any(is_known) != has_parts, "{name}");
    }
}

#[test]
fn a_rewind_names_the_lines_without_which_it_goes_back() {
    let line =
        line("rewind", "journal:9", "20", "10", "key").replace('}', r#","without":[[3,5],[7,7]]}"#);
    let entry = read(&line);
    assert_eq!(serde_json::to_string(&entry).unwrap(), line);
    let without = match &entry.event {
        Event::Rewind { without, .. } => without.as_slice(),
        _ => &[],
    };
    assert_eq!(without, [[3, 5], [7, 7]]);
    let malformed = read(&line.replace("[3,5]", "3"));
    assert!(matches!(malformed.event, Event::Unknown(_)));
}

#[test]
fn forks_have_a_lane_an_origin_and_changes() {
    let with = |kind: &str, parts: &str| {
        let line = line(kind, "", "", "", "key");
        format!("{},{parts}}}", line.trim_end_matches('}'))
    };
    let change = r#"{"key":"gain","old":"1","new":"2"}"#;
    let here = r#""from":{"run":"../..","lane":"a","step":6}"#;
    let older = r#""from":{"run":"/r","lane":"a","step":6,"numerics":1}"#;
    for (line, told) in [
        (
            with(
                "fork",
                &format!(r#""lane":"b","changes":[{change},{change}]"#),
            ),
            "lane b split off; gain: 1 → 2, gain: 1 → 2",
        ),
        (
            with("fork", &format!(r#"{here},"changes":[{change}]"#)),
            "forked from ../.., step 6; gain: 1 → 2",
        ),
        (
            with("fork", &format!(r#"{older},"changes":[]"#)),
            "forked from /r, step 6, of numerics 1",
        ),
        (with("join", r#""lane":"b""#), "lane b ended"),
    ] {
        let entry = read(&line);
        assert_eq!(serde_json::to_string(&entry).unwrap(), line);
        assert_eq!(entry.event.to_string(), told);
    }
    for malformed in [
        with("fork", r#""lane":"b""#),
        with("fork", r#""lane":7,"changes":[]"#),
        with("fork", r#""from":{"run":"/r"},"changes":[]"#),
        with("fork", r#""changes":[{"key":"gain"}]"#),
        with("join", r#""changes":[]"#),
    ] {
        assert!(
            matches!(read(&malformed).event, Event::Unknown(_)),
            "{malformed}"
        );
    }
    let other = read(&with("pause", r#""lane":{"later":[7]}"#));
    assert_eq!(other.event, Event::Pause);
}

#[test]
fn requests_of_programs_say_who_asked_and_why() {
    for (rest, note) in [
        (r#","by":"ada""#, None),
        (r#","by":"ada","note":"σ drifts""#, Some("σ drifts")),
    ] {
        let line = line("note", "", "", "look here", "ctl");
        let line = format!("{}{rest}}}", line.strip_suffix('}').unwrap());
        let entry = read(&line);
        let cause = Cause::Ctl {
            by: "ada".to_owned(),
            note: note.map(str::to_owned),
        };
        assert_eq!(entry.cause, cause);
        assert_eq!(entry.event.to_string(), "note look here");
        assert_eq!(serde_json::to_string(&entry).unwrap(), line);
    }
}

#[test]
fn unknown_entries_are_kept() {
    for unknown in [
        line("fork", "b", "", "7", "web"),
        line("step_d", "", "", "some", "key"),
        line("step_d", "", "", "07", "key"),
        line("pause", "", "", "5", "key"),
        line("rewind", "elsewhere", "9", "5", "key"),
    ] {
        let entry = read(&unknown);
        assert!(matches!(entry.event, Event::Unknown(_)), "{unknown}");
        assert_eq!(serde_json::to_string(&entry).unwrap(), unknown);
    }
    let entry = read(&line("fork", "b", "", "7", "web"));
    assert_eq!(entry.cause, Cause::Unknown("web".to_owned()));
    assert_eq!(entry.event.to_string(), "fork b 7");
    assert_eq!(
        read(&line("pause", "", "", "", "key")).event.to_string(),
        "pause"
    );
    assert!(serde_json::from_str::<Entry>(r#"{"step":7,"kind":"pause"}"#).is_err());
}

#[test]
fn a_number_of_steps_is_of_its_networks() {
    let event = read(&line("step_g", "", "", "5", "key")).event;
    let updates = Updates::Generator;
    assert_eq!(event, Event::Step { updates, count: 5 });
    assert_eq!(event.begins(), Some((updates, Some(5))));
    let resume = read(&line("resume", "", "", "", "key")).event;
    assert_eq!(resume.begins(), Some((Updates::Both, None)));
}
