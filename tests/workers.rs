//! Web pages and jq programs are strangers' work: they run in processes that may take no more than their bounds.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use coatcheck::shops::readers::jq::JqError;
use coatcheck::shops::{ReadError, Source, WorkerLimits, Workers};

const NEW: Source<'static> = Source { url: "https://new.example/stock.json", proven: false };
const PROVEN: Source<'static> = Source { url: "https://proven.example/stock.json", proven: true };

fn workers(quick: Duration, long: Duration) -> Workers {
    let limits = WorkerLimits { quick, long, ..WorkerLimits::default() };
    Workers::new(PathBuf::from(env!("CARGO_BIN_EXE_coatcheck")), limits)
}

/// Bounds that no harmless task reaches, on the busiest machine.
fn patient() -> Workers {
    workers(Duration::from_secs(20), Duration::from_secs(20))
}

#[track_caller]
fn overran(result: Result<String, ReadError>) -> String {
    match result {
        Err(ReadError::Overran(overran)) => overran.to_string(),
        other => panic!("it did not overrun: {other:?}"),
    }
}

#[tokio::test]
async fn a_worker_answers_again_and_again() {
    let workers = patient();
    for id in 0..3 {
        let rows = workers.program(PROVEN, ".[] | {id: .}", &format!("[{id}]")).await;
        assert_eq!(rows, Ok(format!(r#"[{{"id":{id}}}]"#)));
    }
    let slip = workers.program(PROVEN, ".[", "[]").await.expect_err("no program");
    assert!(matches!(slip, ReadError::Program(JqError::Compile { line: 1, .. })), "{slip}");
    assert_eq!(workers.program(NEW, "{ok: .}", "true").await, Ok(r#"[{"ok":true}]"#.to_owned()));
    let page = workers.page(PROVEN, "<title>Größe M</title><script>x = {\"a\":1}</script>").await.expect("a page");
    assert_eq!(page, r#"{"title":"Größe M","scripts":[],"assigned":{"x":{"a":1}},"data":[],"text":""}"#);
}

#[tokio::test]
async fn a_program_that_never_ends_is_stopped_and_the_next_one_runs() {
    let workers = workers(Duration::from_millis(200), Duration::from_millis(400));
    let started = Instant::now();
    let said = overran(workers.program(NEW, "last(repeat(1))", "0").await);
    insta::assert_snapshot!(said, @"the jq program took more than 400 ms and was stopped; the source is read again in 30 s");
    let said = overran(workers.program(NEW, "last(repeat(1))", "0").await);
    insta::assert_snapshot!(said, @"the jq program took more than 400 ms and was stopped; the source is read again in 60 s");
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(workers.program(NEW, ".", "7").await, Ok("[7]".to_owned()));
}

#[tokio::test]
async fn a_program_that_eats_memory_dies_alone() {
    let workers = patient();
    let said = overran(workers.program(NEW, "[range(1e12)] | length", "0").await);
    assert!(said.contains("took too much memory"), "{said}");
    assert_eq!(workers.program(NEW, ".", "7").await, Ok("[7]".to_owned()));
}

#[tokio::test]
async fn a_page_without_end_is_refused_soon() {
    let workers = patient();
    let started = Instant::now();
    for page in ["<div>".repeat(1_000_000), "<a>".repeat(300_000), "<b><p>".repeat(200_000)] {
        let error = workers.page(NEW, &page).await.expect_err("too large");
        assert!(error.to_string().contains("more than 150000 elements"), "{error}");
    }
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

/// Loops by many at once: whoever was read well before does not wait for them.
#[tokio::test]
async fn new_sources_hold_up_none_that_was_read_well_before() {
    let workers = workers(Duration::from_secs(20), Duration::from_millis(500));
    let loops = (0..8).map(|_| workers.program(NEW, "last(repeat(1))", "0"));
    let healthy = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let started = Instant::now();
        assert_eq!(workers.program(PROVEN, ".", "7").await, Ok("[7]".to_owned()));
        started.elapsed()
    };
    let (took, _) = tokio::join!(healthy, futures_util::future::join_all(loops));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn a_proven_source_that_turns_hostile_overruns_once_among_the_proven() {
    let workers = workers(Duration::from_millis(100), Duration::from_millis(200));
    let turned = Source { url: "https://turned.example/", proven: true };
    overran(workers.program(turned, "last(repeat(1))", "0").await);
    let started = Instant::now();
    let (again, healthy) =
        tokio::join!(workers.program(turned, "last(repeat(1))", "0"), workers.program(PROVEN, ".", "7"));
    assert_eq!(healthy, Ok("[7]".to_owned()));
    assert!(overran(again).contains("60 s"), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_worker_does_not_outlive_who_asked() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_coatcheck"))
        .args(["worker", "67108864"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    drop(child.stdin.take());
    let started = Instant::now();
    while child.try_wait().expect("it is our child").is_none() {
        assert!(started.elapsed() < Duration::from_secs(10), "it goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn a_document_that_is_too_deep_or_too_large_reaches_no_program() {
    let workers = Workers::new(PathBuf::from("no-such-program"), WorkerLimits::default());
    for document in ["[".repeat(1000), format!("[{}0]", r#"{"":0},"#.repeat(1_000_000))] {
        let error = workers.program(PROVEN, ".", &document).await.expect_err("refused");
        assert!(matches!(error, ReadError::Shape { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_missing_program_is_said_so() {
    let workers = Workers::new(PathBuf::from("no-such-program"), WorkerLimits::default());
    let error = workers.program(NEW, ".", "0").await.expect_err("nothing to run");
    assert!(error.to_string().contains("no worker process could be started"), "{error}");
}
