//! The disk takes no more while the service runs: a limit on the size of its files, which can be lifted again, stands in
//! for it, so that no privilege is needed.

use std::process::Command;
use std::time::Duration;

use coatcheck_world::{Fault, Order, Shop, Sink};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::{House, PATIENCE, Service, seen, until};

const WATCHERS: usize = 8;

fn crowd() -> (Shop, Sink, House) {
    let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
    shop.stock("jacket", "M", "Black", false);
    let house = House::open(&[shop.host(), sink.host()]);
    house.follow(&shop, "jacket");
    for number in 0..WATCHERS {
        house.watch(&["jacket", "--size", "M"], &sink.url(&format!("/{number}")));
    }
    (shop, sink, house)
}

/// The same command, for which a write that is too large fails like one on a full disk, instead of ending it.
fn unharmed(command: &Command, limit: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("trap '' XFSZ; {limit} exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

fn serve(house: &House) -> Service {
    Service::start(unharmed(&house.command(&["serve"]), ""))
}

/// From now on the service's disk takes this much in each file, or all again.
fn limit(service: &Service, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(service.id()).expect("a pid")).expect("a pid is not 0");
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).expect("our own child");
}

fn is_ready(service: &Service) -> bool {
    service.get("/readyz").0.contains("200")
}

fn lines(service: &Service, words: &str) -> usize {
    service.err().iter().filter(|line| line.contains(words)).count()
}

fn all_are_notified_once(house: &House, sink: &Sink) {
    until("everybody is told", || sink.distinct() == WATCHERS);
    house.until(&["deliveries"], |all| {
        let all = all.as_array().expect("a list");
        all.len() == WATCHERS && all.iter().all(|delivery| delivery["state"] == "sent")
    });
    assert_eq!(sink.doubles(), 0);
}

#[test]
fn a_restock_on_a_full_disk_is_told_when_there_is_room_again() {
    let (shop, sink, house) = crowd();
    let service = serve(&house);
    seen(&shop, "jacket");
    limit(&service, Some(0));
    shop.stock("jacket", "M", "Black", true);
    until("the full disk is known", || !is_ready(&service));
    let said = service.get("/readyz").1;
    assert!(said.contains("the database has failed for"), "{said}");
    // Several rounds of every loop, each of which fails.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(sink.heard().len(), 0, "told without having been stored");
    assert_eq!(lines(&service, "the database fails"), 1, "{:#?}", service.err());
    assert!(lines(&service, "ERROR") <= 2, "{:#?}", service.err());

    limit(&service, None);
    all_are_notified_once(&house, &sink);
    until("it is ready again", || is_ready(&service));
    assert_eq!(lines(&service, "the database works again"), 1, "{:#?}", service.err());
}

#[tokio::test]
async fn answers_that_cannot_be_written_down_are_kept_and_nobody_is_asked_again() {
    let (shop, sink, house) = crowd();
    let service = serve(&house);
    seen(&shop, "jacket");
    sink.order(Order::all(Fault::Late(Duration::from_secs(2))));
    shop.stock("jacket", "M", "Black", true);
    sink.wait_for(WATCHERS, PATIENCE).await.expect("all requests are under way");
    limit(&service, Some(0));
    until("the full disk is known", || !is_ready(&service));
    // The answers come, and every half second it is tried to write them down.
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(sink.heard().len(), WATCHERS, "asked again because the answer could not be written down");

    limit(&service, None);
    all_are_notified_once(&house, &sink);
}

#[test]
fn doctor_says_who_waits_and_how_much_room_there_is() {
    let (shop, sink, house) = crowd();
    let service = serve(&house);
    seen(&shop, "jacket");
    sink.order(Order::all(Fault::status(503)));
    shop.stock("jacket", "M", "Black", true);
    house.until(&["deliveries"], |all| {
        all.as_array().is_some_and(|all| all.iter().any(|one| !one["last_error"].is_null()))
    });
    service.kill9();
    let said = house.run(&["doctor"]).stdout;
    assert!(said.contains("has waited for") && said.contains("503"), "{said}");
    assert!(said.contains(" MB free in "), "{said}");
}

#[test]
fn doctor_says_that_nothing_can_be_stored() {
    let (_shop, _sink, house) = crowd();
    let service = serve(&house);
    let doctor = unharmed(&house.command(&["doctor"]), "ulimit -f 0;").output().expect("it starts");
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(said.contains("FAIL  database") && said.contains("cannot be written"), "{said}");
    assert!(is_ready(&service), "another process's trouble is not the service's");
}
