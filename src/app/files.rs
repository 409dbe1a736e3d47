//! The limit of open files: a shop that is polled every minute keeps a connection, which is one.

/// As many as the system lets this process have without asking anybody: most give a thousand to begin with, and many more
/// to those who ask. Says how many there are now; nothing where there is no limit.
#[cfg(unix)]
pub(super) fn allow_all() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(files = limit.current, %error, "open file limit not raised");
            limit.current
        }
    }
}

#[cfg(not(unix))]
pub(super) fn allow_all() -> Option<u64> {
    None
}
