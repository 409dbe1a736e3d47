//! A socket before PostgreSQL's own that can be cut and mended.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

/// Connections under way; `None` while it is cut.
type Lines = Arc<Mutex<Option<Vec<UnixStream>>>>;

/// Looks like a server's folder of sockets, and passes everything on.
pub(crate) struct Proxy {
    folder: TempDir,
    lines: Lines,
}

const SOCKET: &str = ".s.PGSQL.5432";

impl Proxy {
    /// A proxy before the server whose sockets are in `behind`.
    pub(crate) fn before(behind: &Path) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join(SOCKET))?;
        let lines: Lines = Arc::new(Mutex::new(Some(Vec::new())));
        let (server, known) = (behind.join(SOCKET), Arc::clone(&lines));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // While it is cut, a connection closes as soon as it is made.
                if let Some(lines) = known.lock().expect("nobody panics with it").as_mut() {
                    lines.extend(join(client, &server).unwrap_or_default());
                }
            }
        });
        Ok(Self { folder, lines })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Breaks every connection, and makes no new ones.
    pub(crate) fn cut(&self) {
        let lines = self.lines.lock().expect("nobody panics with it").take();
        for line in lines.into_iter().flatten() {
            // One that has ended by itself is as good.
            let _ = line.shutdown(Shutdown::Both);
        }
    }

    /// Makes connections again.
    pub(crate) fn mend(&self) {
        *self.lines.lock().expect("nobody panics with it") = Some(Vec::new());
    }
}

fn join(client: UnixStream, server: &Path) -> io::Result<Vec<UnixStream>> {
    let server = UnixStream::connect(server)?;
    let ends = vec![client.try_clone()?, server.try_clone()?];
    pass_on(client.try_clone()?, server.try_clone()?);
    pass_on(server, client);
    Ok(ends)
}

fn pass_on(mut from: UnixStream, mut to: UnixStream) {
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}
