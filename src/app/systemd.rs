//! Messages to a service manager that asks for them (`sd_notify(3)`): that the service is ready, that its loops run,
//! that it stops.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::engine::{Heartbeats, Stop};

/// A third of what `WatchdogSec=` in docs/ops/coatcheck.service allows.
const EVERY: Duration = Duration::from_secs(10);

/// The manager's socket.
#[derive(Debug)]
pub(super) struct Manager(UnixDatagram);

impl Manager {
    /// The one that started us and named its socket.
    pub(super) fn found() -> Option<Self> {
        Self::at(&std::env::var_os("NOTIFY_SOCKET")?)
    }

    /// A name that begins with `@` is no file.
    fn at(name: &OsStr) -> Option<Self> {
        let socket = UnixDatagram::unbound().ok()?;
        let connected = match name.as_bytes().split_first()? {
            #[cfg(target_os = "linux")]
            (b'@', rest) => {
                use std::os::linux::net::SocketAddrExt;
                let address = std::os::unix::net::SocketAddr::from_abstract_name(rest);
                address.and_then(|address| socket.connect_addr(&address))
            }
            _ => socket.connect(name),
        };
        // It must not hold us up when it does not listen.
        connected.and_then(|()| socket.set_nonblocking(true)).ok()?;
        Some(Self(socket))
    }

    fn say(&self, words: &str) {
        // A manager that is gone needs no words.
        let _ = self.0.send(words.as_bytes());
    }

    /// Tells it now that the service is ready, then that it lives for as long as no loop is stuck, then that it stops.
    pub(super) async fn tell(self, heartbeats: Heartbeats, mut stop: Stop) {
        self.say("READY=1");
        while !stop.is_stopped() {
            if heartbeats.stuck().is_empty() {
                self.say("WATCHDOG=1");
            }
            stop.sleep(EVERY).await;
        }
        self.say("STOPPING=1");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use coatcheck_domain::clock::ManualClock;

    use super::*;
    use crate::engine::Stopper;

    #[tokio::test]
    async fn a_manager_hears_that_the_service_is_ready_lives_and_stops() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let listens = UnixDatagram::bind(&path).expect("bound");
        listens.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
        let heard = || {
            let mut words = [0; 64];
            let length = listens.recv(&mut words).expect("it says something");
            String::from_utf8_lossy(&words[..length]).into_owned()
        };
        let manager = Manager::at(path.as_os_str()).expect("found");
        let (stopper, stop) = Stopper::pair();
        let heartbeats = Heartbeats::new(Arc::new(ManualClock::at(crate::testing::start())));
        stopper.stop();
        manager.tell(heartbeats.clone(), stop).await;
        assert_eq!([heard(), heard()], ["READY=1", "STOPPING=1"]);
        let (stopper, stop) = Stopper::pair();
        let telling = tokio::spawn(Manager::at(path.as_os_str()).expect("found").tell(heartbeats, stop));
        tokio::task::yield_now().await;
        assert_eq!([heard(), heard()], ["READY=1", "WATCHDOG=1"]);
        stopper.stop();
        telling.await.expect("ended");
        assert_eq!(heard(), "STOPPING=1");
        assert!(Manager::at(OsStr::new("/no/such/socket")).is_none());
    }
}
