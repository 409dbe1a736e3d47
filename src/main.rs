//! The CoatCheck program.

use std::process::ExitCode;

use coatcheck::shops::{JQ_WORKER, jq_worker_main};

fn main() -> ExitCode {
    // Before any thread starts: the worker bounds its own memory, and their stacks would count.
    if std::env::args().nth(1).as_deref() == Some(JQ_WORKER) {
        return jq_worker_main().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    coatcheck::cli::main()
}
