//! A port with a runtime of its own behind it, both gone when dropped.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread;

use axum::Router;
use tokio::runtime::{Builder, Runtime};

use crate::line::{Cut, Lines};

/// Serves a router on loopback until it is dropped.
pub(crate) struct Server {
    addr: SocketAddr,
    /// Taken by `restock` only.
    runtime: Option<Runtime>,
}

impl Server {
    /// Listens on `addr` (port 0: any that is free). The port takes connections when this returns.
    pub(crate) fn start(addr: SocketAddr, router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind(addr)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("world").enable_all().build()?;
        let lines = {
            let _inside = runtime.enter();
            Lines(tokio::net::TcpListener::from_std(listener)?)
        };
        let service = router.into_make_service_with_connect_info::<Cut>();
        runtime.spawn(async move { axum::serve(lines, service).await });
        Ok(Self { addr, runtime: Some(runtime) })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    /// Waits until the port is closed and every connection cut: a test that goes on knows that the world is gone.
    fn drop(&mut self) {
        let runtime = self.runtime.take();
        // A runtime must not be dropped inside another one, and tests are such a place.
        let gone = thread::spawn(move || drop(runtime)).join();
        debug_assert!(gone.is_ok(), "a fake world's runtime panicked while it shut down");
    }
}
