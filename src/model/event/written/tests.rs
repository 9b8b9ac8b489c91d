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
    for (name, _) in KINDS {
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
        assert!(entries.iter().any(is_known), "{name}");
    }
}

#[test]
fn unknown_entries_are_kept() {
    for unknown in [
        line("fork", "b", "", "7", "ctl"),
        line("step_d", "", "", "some", "key"),
        line("step_d", "", "", "07", "key"),
        line("pause", "", "", "5", "key"),
        line("rewind", "elsewhere", "9", "5", "key"),
    ] {
        let entry = read(&unknown);
        assert!(matches!(entry.event, Event::Unknown(_)), "{unknown}");
        assert_eq!(serde_json::to_string(&entry).unwrap(), unknown);
    }
    let entry = read(&line("fork", "b", "", "7", "ctl"));
    assert_eq!(entry.cause, Cause::Unknown("ctl".to_owned()));
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
