//! The CoatCheck program.

use std::process::ExitCode;

use coatcheck::shops::{WORKER, worker_main};

fn main() -> ExitCode {
    // Before any thread starts: the worker bounds its own memory, and their stacks would count.
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(WORKER) {
        let memory = arguments.next().and_then(|bytes| bytes.parse().ok());
        return memory.map_or(Ok(()), worker_main).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    coatcheck::cli::main()
}
