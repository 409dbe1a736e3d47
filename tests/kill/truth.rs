//! What was told, by those who were told: the sinks and the console know the truth, whatever the database says.

use std::collections::{BTreeMap, BTreeSet};

use coatcheck_world::{Heard, Sink};

/// One thing that one watcher must hear: who, of which product, which size.
pub(crate) type Fact = (String, String, String);

/// Each fact with the `webhook-id`s that told it, one for each time.
pub(crate) type Told = BTreeMap<Fact, Vec<String>>;

/// What a sink was told. What it refused does not count.
pub(crate) fn told(sinks: &[Sink]) -> Told {
    let mut told = Told::new();
    for sink in sinks {
        for heard in sink.taken() {
            let id = heard.header("webhook-id").expect("a webhook has an id").to_owned();
            for (product, size) in restocks(&heard) {
                told.entry((sink.url(&heard.path), product, size)).or_default().push(id.clone());
            }
        }
    }
    told
}

fn restocks(heard: &Heard) -> Vec<(String, String)> {
    let body = heard.json().expect("an alert is JSON");
    let word = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let variants = body["variants"].as_array().expect("it lists variants").iter();
    variants.map(|variant| (word(&body["product"]["title"]), word(&variant["size"]))).collect()
}

/// Does this request tell of that size?
pub(crate) fn is_of(heard: &Heard, size: &str) -> bool {
    restocks(heard).iter().any(|(_, told)| told == size)
}

/// How often each `webhook-id` was taken.
pub(crate) fn taken(sinks: &[Sink]) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for heard in sinks.iter().flat_map(Sink::taken) {
        *times.entry(heard.header("webhook-id").expect("a webhook has an id").to_owned()).or_default() += 1;
    }
    times
}

/// Facts that two different deliveries told: a restock too many, or a row too many.
pub(crate) fn told_by_two(told: &Told) -> Vec<&Fact> {
    let distinct = |ids: &Vec<String>| ids.iter().collect::<BTreeSet<_>>().len();
    told.iter().filter(|(_, ids)| distinct(ids) > 1).map(|(fact, _)| fact).collect()
}
