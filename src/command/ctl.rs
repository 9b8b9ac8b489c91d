//! `sn-tui ctl`: what a program does with a run that another process trains.

pub(crate) mod arguments;

mod answer;
mod follow;
mod get;
mod place;

use super::{
    CtlArgs, Error,
    exit::{FAILURE, NOBODY},
};
use crate::{
    model::{Command, Reply, Target, Updates},
    remote::{Acted, CommandClient},
    text::streams::{say, write_out},
};
use arguments::Verb;
use place::{Failed, Place};

/// Executes a verb, prints its answer and returns the exit code.
///
/// # Errors
/// Several runs have this name, the run cannot be read, or standard output fails.
pub(crate) fn ctl(arguments: &CtlArgs) -> Result<u8, Error> {
    let done =
        Place::find(&arguments.run).and_then(|(place, client)| execute(&place, client, arguments));
    let (why, code) = match done {
        Ok(code) => return Ok(code),
        Err(Failed::Other(error)) => return Err(error),
        Err(Failed::Refused(why)) => (why, FAILURE),
        Err(Failed::Nobody(why)) => {
            say(&format!("nobody is there: {why}"));
            (why, NOBODY)
        }
    };
    // A line of `follow` is a step or an event.
    if arguments.verb != Verb::Follow {
        print(&answer::refused(&why))?;
    }
    Ok(code)
}

fn execute(place: &Place, client: CommandClient, arguments: &CtlArgs) -> Result<u8, Failed> {
    let target = arguments.lane.unwrap_or(Target::Lane(place.lane));
    let act = |command| place.act(&client, target, command, arguments.note.clone());
    let acted = match command(&arguments.verb) {
        Some(command) => act(command)?,
        None => {
            // What is read is then the present state, and a note has its place.
            if let Acted::Reply(Reply::Refused(why)) = act(Command::Publish)? {
                return Err(Failed::Refused(why));
            }
            match &arguments.verb {
                Verb::Get {
                    what,
                    around,
                    window,
                } => {
                    let around = around.map(|step| (step, *window));
                    print(&get::get(place, target, what, around)?)?;
                }
                _ => {
                    // Nobody waits at the end of the run for one that only reads files.
                    drop(client);
                    follow::follow(place, target)?;
                }
            }
            return Ok(0);
        }
    };
    match acted {
        Acted::Reply(Reply::Applied {
            step,
            changes,
            lane,
        }) => {
            print(&answer::applied(step, &changes, lane)?)?;
            Ok(0)
        }
        Acted::Reply(Reply::Refused(why)) => Err(Failed::Refused(why)),
        Acted::Over => Err(place.ended()),
    }
}

/// Returns the command of a verb, `None` for one that reads.
fn command(verb: &Verb) -> Option<Command> {
    Some(match verb.clone() {
        Verb::Set { changes } => Command::SetAll(changes),
        Verb::Pause => Command::Pause,
        Verb::Go => Command::Resume,
        Verb::Step { count, of } => Command::Step {
            updates: Updates::from(of),
            count,
        },
        Verb::Mark => Command::Mark,
        Verb::Rewind { step } => Command::Rewind(step),
        Verb::Fork { changes, from } => Command::Fork { changes, from },
        Verb::Join { ended } => Command::Join(ended),
        Verb::Note { text } => Command::Note(text),
        Verb::Save => Command::Save,
        Verb::Quit => Command::Quit,
        Verb::Get { .. } | Verb::Follow => return None,
    })
}

/// Prints a line of JSON. A closed pipe is not an error.
///
/// # Errors
/// Standard output fails.
fn print(answer: &serde_json::Value) -> Result<(), Error> {
    Ok(write_out(format!("{answer}\n").as_bytes())?)
}
