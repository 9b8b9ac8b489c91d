//! The name of the user to whom the process, and with it every peer, belongs.

use std::{env, fs};

/// The file of the system's own users.
const USERS: &str = "/etc/passwd";

/// Returns the name of the user of this process: from the system's list, else from `USER` or `LOGNAME` (users of a
/// directory service are in no file), else the number.
pub(super) fn name() -> String {
    let id = rustix::process::geteuid().as_raw();
    let listed = fs::read(USERS).ok();
    let listed = listed.and_then(|bytes| find(&String::from_utf8_lossy(&bytes), id));
    let set = |name| env::var(name).ok().filter(|name: &String| !name.is_empty());
    listed
        .or_else(|| ["USER", "LOGNAME"].into_iter().find_map(set))
        .unwrap_or_else(|| id.to_string())
}

/// Finds the name of a user in lines such as `me:x:1000:1000::/home/me:/bin/sh`.
fn find(users: &str, id: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let is_wanted = fields.nth(1)?.parse() == Ok(id);
        is_wanted.then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\nbroken\nme:x:1000:1000::/home/me:/bin/sh\n";
        assert_eq!(find(users, 1000).as_deref(), Some("me"));
        assert_eq!(find(users, 0).as_deref(), Some("root"));
        assert_eq!(find(users, 7), None);
        assert!(!name().is_empty());
    }
}
