//! How many files the service may hold open: a shop that is asked each minute keeps a connection, which is one.

/// As many as the system lets this process have without asking anybody: most give a thousand to begin with, and many more
/// to those who ask. Whoever gets none goes on with those there are.
#[cfg(unix)]
pub(super) fn allow_all() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(why) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(files = limit.current, "this process may open no more files than it could before: {why}");
    }
}

#[cfg(not(unix))]
pub(super) fn allow_all() {}
