//! jq programs are strangers' programs: they run in a process that may take no more than its bounds.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use coatcheck::shops::readers::jq::JqError;
use coatcheck::shops::{JqLimits, JqRunner};
use serde_json::json;

fn runner(time: Duration) -> JqRunner {
    JqRunner::new(PathBuf::from(env!("CARGO_BIN_EXE_coatcheck")), JqLimits { time, ..JqLimits::default() })
}

#[tokio::test]
async fn a_worker_answers_again_and_again() {
    let runner = runner(Duration::from_secs(20));
    for id in 0..3 {
        let rows = runner.run(".[] | {id: .}", &format!("[{id}]")).await;
        assert_eq!(rows, Ok(vec![json!({"id": id})]));
    }
    let slip = runner.run(".[", "[]").await.expect_err("no program");
    assert!(matches!(slip, JqError::Compile { line: 1, .. }), "{slip}");
    assert_eq!(runner.run("{ok: .}", "true").await, Ok(vec![json!({"ok": true})]));
}

#[tokio::test]
async fn a_program_that_never_ends_is_stopped_and_the_next_one_runs() {
    let runner = runner(Duration::from_millis(1500));
    let started = Instant::now();
    let error = runner.run("def f: f; f", "0").await.expect_err("it never ends");
    assert!(matches!(error, JqError::TimedOut(1500) | JqError::Died(_)), "{error}");
    let error = runner.run("last(repeat(1))", "0").await.expect_err("it never ends");
    assert_eq!(error, JqError::TimedOut(1500));
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(runner.run(".", "7").await, Ok(vec![json!(7)]));
}

#[tokio::test]
async fn a_program_that_eats_memory_dies_alone() {
    let runner = runner(Duration::from_secs(60));
    let error = runner.run("[range(1e12)] | length", "0").await.expect_err("it eats memory");
    assert!(matches!(error, JqError::Died(_)), "{error}");
    assert_eq!(runner.run(".", "7").await, Ok(vec![json!(7)]));
}

#[tokio::test]
async fn a_missing_program_is_said_so() {
    let runner = JqRunner::new(PathBuf::from("no-such-program"), JqLimits::default());
    let error = runner.run(".", "0").await.expect_err("nothing to run");
    assert!(error.to_string().contains("did not start"), "{error}");
}
