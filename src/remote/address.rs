//! The address of a run: a Unix socket in its directory, for its own user only.

use std::{
    fs::{self, File, Permissions},
    io::{self, ErrorKind},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::{
            fs::{FileTypeExt, PermissionsExt},
            net::UnixStream,
        },
    },
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind,
    connect as connect_to, listen, socket_with,
    sockopt::{Timeout, set_socket_timeout},
};

use crate::{
    files::folder::{self, Folder},
    rundir::layout::SOCKET,
};

/// Number of connections that may wait to be accepted.
const BACKLOG: i32 = 16;
/// Time that a connection may wait to be accepted.
const PATIENCE: Duration = Duration::from_secs(5);

/// Returns the path of the socket of the run in `directory`.
pub fn path(directory: &Path) -> PathBuf {
    directory.join(SOCKET)
}

/// A listening socket. Dropping it removes its file.
#[derive(Debug)]
pub(super) struct Listener {
    socket: OwnedFd,
    name: folder::Place,
    /// Device and inode of the file: another process may have put a file of the same name there.
    file: (u64, u64),
}

impl Listener {
    /// Listens in the directory of a run. The stale socket of an ended process is replaced.
    ///
    /// # Errors
    /// Another process listens there, the name belongs to another kind of file, or the file system has no sockets.
    pub(super) fn bind(folder: &Folder) -> io::Result<Self> {
        let directory = folder.path();
        let path = path(directory);
        remove_stale(directory, &path)?;
        let socket = new_socket()?;
        let address = Address::of(directory)?;
        bind(&socket, &address.address)?;
        // No client can connect before `listen`.
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        listen(&socket, BACKLOG)?;
        let name = folder.place(SOCKET);
        let file = name.identity()?;
        Ok(Self { socket, name, file })
    }

    /// Waits for a peer and accepts its connection.
    ///
    /// # Errors
    /// The system refuses the connection.
    pub(super) fn accept(&self) -> io::Result<UnixStream> {
        Ok(accept_with(&self.socket, SocketFlags::CLOEXEC)?.into())
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if self.name.identity().is_ok_and(|file| file == self.file) {
            // A file that stays is stale, and the next listener replaces it.
            let _ = self.name.remove();
        }
    }
}

/// Connects to the run in `directory`.
///
/// # Errors
/// `NotFound` if there is no socket, `ConnectionRefused` if no process listens, or any other error of the system.
pub(super) fn connect(directory: &Path) -> io::Result<UnixStream> {
    let socket = new_socket()?;
    set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE))?;
    let address = Address::of(directory)?;
    connect_to(&socket, &address.address)?;
    Ok(socket.into())
}

/// Returns whether a process listens in `directory`.
pub fn is_alive(directory: &Path) -> bool {
    connect(directory).is_ok()
}

/// The process at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub pid: i32,
    /// Whether it belongs to the user of this process.
    pub same_user: bool,
}

/// Returns the process at the other end, as the system knows it.
///
/// # Errors
/// The system does not know it.
#[cfg(target_os = "linux")]
pub(super) fn peer(stream: &UnixStream) -> io::Result<Peer> {
    let credentials = rustix::net::sockopt::socket_peercred(stream)?;
    Ok(Peer {
        pid: credentials.pid.as_raw_nonzero().get(),
        same_user: credentials.uid == rustix::process::geteuid(),
    })
}

/// Returns an unknown process of the same user. On systems other than Linux only the mode of the socket's file protects it.
#[cfg(not(target_os = "linux"))]
pub fn peer(_: &UnixStream) -> io::Result<Peer> {
    let (pid, same_user) = (0, true);
    Ok(Peer { pid, same_user })
}

fn new_socket() -> io::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    Ok(socket_with(family, kind, SocketFlags::CLOEXEC, None)?)
}

/// The address of a socket.
struct Address {
    address: SocketAddrUnix,
    /// The open directory if the address goes through `/proc/self/fd`.
    _directory: Option<File>,
}

impl Address {
    /// Returns the address of the socket in `directory`. The system allows about 100 bytes, so a longer path goes through
    /// the descriptor of the directory.
    fn of(directory: &Path) -> io::Result<Self> {
        let path = path(directory);
        if let Ok(address) = SocketAddrUnix::new(&path) {
            let _directory = None;
            return Ok(Self {
                address,
                _directory,
            });
        }
        let open = File::open(directory)?;
        let short = format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd());
        if !Path::new(&short).parent().is_some_and(Path::exists) {
            let message = format!(
                "the path {} is too long for a socket on this system",
                path.display()
            );
            return Err(io::Error::new(ErrorKind::InvalidFilename, message));
        }
        Ok(Self {
            address: SocketAddrUnix::new(short.as_str())?,
            _directory: Some(open),
        })
    }
}

/// Removes a socket at which no process listens.
fn remove_stale(directory: &Path, path: &Path) -> io::Result<()> {
    let file = match fs::symlink_metadata(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let taken = |message: &str| io::Error::new(ErrorKind::AddrInUse, message);
    if !file.file_type().is_socket() {
        return Err(taken("another file has the name of the socket"));
    }
    match connect(directory) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(taken("another process listens there")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn the_socket_is_for_its_own_user_and_is_removed_at_the_end() {
        let home = tempfile::tempdir().unwrap();
        let listener = Listener::bind(&Folder::open(home.path()).unwrap()).unwrap();
        let path = path(home.path());
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut client = connect(home.path()).unwrap();
        let mut server = listener.accept().unwrap();
        let us = Peer {
            pid: std::process::id() as i32,
            same_user: true,
        };
        assert_eq!((peer(&client).unwrap(), peer(&server).unwrap()), (us, us));
        client.write_all(b"x").unwrap();
        server.read_exact(&mut [0]).unwrap();
        drop(listener);
        assert!(!path.exists());
        assert_eq!(
            connect(home.path()).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }

    #[test]
    fn a_stale_socket_is_replaced_and_nothing_else_is() {
        let home = tempfile::tempdir().unwrap();
        let path = path(home.path());
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let refused = connect(home.path()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let listener = Listener::bind(&Folder::open(home.path()).unwrap()).unwrap();
        let second = Listener::bind(&Folder::open(home.path()).unwrap()).unwrap_err();
        assert!(second.to_string().contains("another process"), "{second}");
        // A listener does not remove the socket of another one.
        fs::remove_file(&path).unwrap();
        let other = Listener::bind(&Folder::open(home.path()).unwrap()).unwrap();
        drop(listener);
        assert!(path.exists());
        drop(other);
        fs::write(&path, "thesis").unwrap();
        assert!(Listener::bind(&Folder::open(home.path()).unwrap()).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "thesis");
    }

    #[test]
    fn deep_directories_have_sockets_as_well() {
        let home = tempfile::tempdir().unwrap();
        let deep = home.path().join("d".repeat(120)).join("e".repeat(120));
        fs::create_dir_all(&deep).unwrap();
        let listener = Listener::bind(&Folder::open(&deep).unwrap()).unwrap();
        assert!(connect(&deep).is_ok());
        assert!(Listener::bind(&Folder::open(&deep).unwrap()).is_err());
        drop(listener);
        assert!(!path(&deep).exists());
        let folder = Folder::open(&deep).unwrap();
        fs::remove_dir(&deep).unwrap();
        assert!(Listener::bind(&folder).is_err());
    }
}
