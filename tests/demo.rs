//! The demo: within twenty seconds somebody who has nothing but the binary sees a restock told.

mod support;

use std::time::{Duration, Instant};

use support::{House, Process};

fn files_in(house: &House) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(house.folder()).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn a_restock_is_told_within_twenty_seconds_and_nothing_is_left_behind() {
    let house = House::open(&[]);
    let started = Instant::now();
    let mut demo = Process::start(house.command(&["demo"]));
    demo.wait_for("> /watch jacket M black");
    assert!(demo.out()[0].starts_with("The live board: http://127.0.0.1:"), "{:?}", demo.out());
    demo.type_line("/watches");
    demo.wait_for("Back in stock: Corps Jacket — M / Black, 129.00");
    let line = demo.wait_for("after the shop reported it");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}: {line}", started.elapsed());
    let once = demo.said("after the shop reported it");
    assert_eq!(once, 1, "{:#?}", demo.out());
    assert!(demo.err().is_empty(), "{:#?}", demo.err());
    assert!(!files_in(&house).is_empty(), "its database lies in the folder for temporary files");

    assert!(demo.stop().success());
    assert_eq!(files_in(&house), Vec::<std::path::PathBuf>::new(), "the throw-away database was not thrown away");
}

#[test]
fn it_ends_by_itself_when_told_to() {
    let house = House::open(&[]);
    let out = house.run(&["demo", "--for", "2s"]);
    assert_eq!((out.status, out.stderr.as_str()), (0, ""), "{}", out.stdout);
    assert!(out.stdout.contains("Corps Jacket"), "{}", out.stdout);
}
