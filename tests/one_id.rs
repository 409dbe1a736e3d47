//! A restock's number is in the log from the poll that finds it to the answer of the platform, in every line about it.

mod support;

use coatcheck_world::{Fault, Order, Shop, Sink};
use serde_json::Value;
use support::{House, Process, seen, until};

/// A jacket whose M is sold out, with somebody who waits for it and a receiver that is out of order once.
fn with_jacket() -> (Shop, Sink, House) {
    let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
    ["S", "M"].iter().for_each(|size| shop.stock("jacket", size, "Black", *size == "S"));
    let house = House::open(&[shop.host(), sink.host()])
        .with("COATCHECK_LOG", "info,coatcheck::engine=debug")
        .with("COATCHECK_LOG_FORMAT", "json");
    house.follow(&shop, "jacket");
    house.watch(&["jacket", "--size", "M"], &sink.url("/hook"));
    (shop, sink, house)
}

fn comes_back(shop: &Shop, sink: &Sink) {
    seen(shop, "jacket");
    sink.order(Order::all(Fault::status(500)).times(1));
    shop.stock("jacket", "M", "Black", true);
    until("the alert", || sink.distinct() == 1);
}

fn lines(service: &Process) -> Vec<Value> {
    service.err().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// A log of JSON does not say where it listens as `House::serve` expects it.
fn serve(house: &House) -> Process {
    let service = Process::start(house.command(&["serve"]));
    service.wait_for_log("service started");
    service
}

fn word<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap_or_default()
}

#[test]
fn one_number_leads_from_the_poll_to_the_platforms_answer() {
    let (shop, sink, house) = with_jacket();
    let service = serve(&house);
    comes_back(&shop, &sink);
    service.wait_for_log("is sent");
    let all = lines(&service);
    let found = all.iter().find(|line| word(line, "message").starts_with("back in stock")).expect("it was found");
    let restock = found["restock"].as_i64().expect("a number");
    assert!(found["source"].is_i64() && word(found, "url").ends_with("/products/jacket"), "{found}");
    let about: Vec<&Value> = all.iter().filter(|line| line["restock"].as_i64() == Some(restock)).collect();
    let delivery = about.iter().find_map(|line| line["delivery"].as_i64()).expect("one was sent").to_string();
    let steps: Vec<String> = about
        .iter()
        .map(|line| {
            let outcome = line["outcome"].as_str().map(|outcome| format!(" ({outcome})")).unwrap_or_default();
            let message = word(line, "message").replace(&shop.host(), "HOST").replace(&delivery, "N");
            format!("{}{outcome}", message.split(':').next().unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(steps.join("\n"), @"
    back in stock at HOST
    fan-out complete
    delivery N is being sent
    delivery N was not sent (retry)
    delivery N is being sent
    delivery N is sent (sent)
    ");
    assert!(service.stop().success());
}

#[cfg(feature = "otlp")]
mod otlp {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// A collector that takes everything: the head and the body of each request.
    fn collector() -> (String, Receiver<(String, Value)>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/otel/", listener.local_addr().expect("bound"));
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let tell = tell.clone();
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream);
                    loop {
                        let mut head = String::new();
                        while !head.ends_with("\r\n\r\n") {
                            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                                return;
                            }
                        }
                        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                        let mut body = vec![0; length.and_then(|length| length.parse().ok()).expect("a length")];
                        reader.read_exact(&mut body).expect("the body");
                        reader
                            .get_mut()
                            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                            .expect("answered");
                        tell.send((head, serde_json::from_slice(&body).expect("JSON"))).expect("the test lives");
                    }
                });
            }
        });
        (address, told)
    }

    fn records(body: &Value) -> Vec<Value> {
        body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().cloned().unwrap_or_default()
    }

    #[test]
    fn a_collector_gets_the_log_and_one_trace_id_for_a_restock() {
        let (shop, sink, house) = with_jacket();
        let (address, told) = collector();
        let house = house
            .with("OTEL_EXPORTER_OTLP_ENDPOINT", &address)
            .with("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cret-of-the-collector")
            .with("OTEL_SERVICE_NAME", "coat-of-test");
        let service = serve(&house);
        comes_back(&shop, &sink);
        service.wait_for_log("is sent");
        let log = service.err();
        assert!(service.stop().success());
        let requests: Vec<(String, Value)> = told.try_iter().collect();
        for (head, body) in &requests {
            assert!(
                head.starts_with("POST /otel/v1/logs HTTP/1.1\r\n")
                    && head.contains("x-key: s3cret-of-the-collector\r\n"),
                "{head}"
            );
            assert_eq!(body["resourceLogs"][0]["resource"]["attributes"][0]["value"]["stringValue"], "coat-of-test");
        }
        let all: Vec<Value> = requests.iter().flat_map(|(_, body)| records(body)).collect();
        let said = |record: &Value| record["body"]["stringValue"].as_str().unwrap_or_default().to_owned();
        let trace = |words: &str| {
            let record = all.iter().find(|record| said(record).contains(words));
            record.unwrap_or_else(|| panic!("no {words:?} in {all:#?}"))["traceId"].clone()
        };
        let found = trace("back in stock");
        assert_eq!(found.as_str().map(str::len), Some(32), "{found}");
        for words in ["fan-out complete", "is being sent", "was not sent", "is sent"] {
            assert_eq!(trace(words), found, "{words}");
        }
        assert_eq!(trace("stopping"), Value::Null, "it is about no restock");
        assert!(!log.concat().contains("s3cret-of-the-collector"));
    }

    #[test]
    fn a_collector_that_is_away_is_said_once_and_holds_up_nothing() {
        let (shop, sink, house) = with_jacket();
        let gone = TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port that is free");
        let house = house.with("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{gone}"));
        let service = serve(&house);
        comes_back(&shop, &sink);
        service.wait_for_log("OTLP records not sent");
        std::thread::sleep(std::time::Duration::from_secs(3));
        let said = service.err().iter().filter(|line| line.contains("OTLP records not sent")).count();
        assert_eq!(said, 1);
        assert!(service.stop().success());
    }
}
