//! Standard output that holds up nothing: where nobody reads it, a write fails instead of waiting for ever.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

/// A write that takes longer has failed, as have all that follow until it is done.
const WRITE_TIMEOUT: Duration = Duration::from_millis(200);

type Job = (Vec<u8>, SyncSender<io::Result<()>>);

/// Writes by a thread of its own.
pub struct Patient {
    jobs: SyncSender<Job>,
    /// The write that is not done yet.
    stuck: Option<Receiver<io::Result<()>>>,
}

impl Patient {
    /// Standard output.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn stdout() -> io::Result<Self> {
        Self::over(io::stdout())
    }

    fn over(mut out: impl Write + Send + 'static) -> io::Result<Self> {
        let (jobs, queue) = sync_channel::<Job>(1);
        let write = move || {
            for (bytes, done) in queue {
                let written = out.write_all(&bytes).and_then(|()| out.flush());
                // Whoever asked may have given up.
                let _ = done.send(written);
            }
        };
        std::thread::Builder::new().name("stdout".to_owned()).spawn(write)?;
        Ok(Self { jobs, stuck: None })
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(stuck) = self.stuck.take()
            && matches!(stuck.try_recv(), Err(TryRecvError::Empty))
        {
            self.stuck = Some(stuck);
            return Err(io::ErrorKind::TimedOut.into());
        }
        let (done, written) = sync_channel(1);
        self.jobs.try_send((bytes.to_vec(), done)).map_err(|_| io::ErrorKind::TimedOut)?;
        match written.recv_timeout(WRITE_TIMEOUT) {
            Ok(result) => result.map(|()| bytes.len()),
            Err(RecvTimeoutError::Timeout) => {
                self.stuck = Some(written);
                Err(io::ErrorKind::TimedOut.into())
            }
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Waits with each write until it is let.
    struct Unread(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Unread {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // The end of the test ends the waiting too.
            let _ = self.0.recv();
            self.1.lock().expect("nobody panics with it").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_nobody_reads_fails_until_somebody_does() {
        let (read, wait) = sync_channel(0);
        let written = Arc::new(Mutex::new(Vec::new()));
        let mut output = Patient::over(Unread(wait, Arc::clone(&written))).expect("a thread");
        for _ in 0..3 {
            assert_eq!(output.write_all(b"a").map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        }
        read.send(()).expect("it waits");
        drop(read);
        while output.write_all(b"b").is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(written.lock().expect("nobody panics").first(), Some(&b'a'));
    }
}
