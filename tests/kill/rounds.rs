//! Under load, killed round after round. `KILL_ROUNDS` and `KILL_SEED` choose how often and when; both are printed.

#![expect(clippy::print_stdout, reason = "a run that fails is played again by what it printed")]

use std::collections::BTreeMap;
use std::time::Duration;

use coatcheck_domain::delivery::State;
use coatcheck_world::{Cluster, Fault, Order};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::crowd::Crowd;
use crate::support::Service;
use crate::truth;

/// What a kill leaves behind, all kills together.
#[derive(Default)]
struct Toll {
    /// How often each delivery was `sending` when a service died.
    sending: BTreeMap<String, usize>,
    /// Lines that the dead have printed.
    printed: Vec<String>,
    /// Requests that were read and never answered, by order.
    unanswered: usize,
}

/// A run: services on one database, one of which dies each round.
struct Run {
    crowd: Crowd,
    services: Vec<Service>,
    rng: StdRng,
    toll: Toll,
}

pub(crate) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text:?} is no number")))
}

impl Run {
    fn begin(rounds: usize, services: usize, database: Option<&str>) -> (Self, usize) {
        let rounds = setting("KILL_ROUNDS").map_or(rounds, |asked| usize::try_from(asked).expect("a number of rounds"));
        let seed = setting("KILL_SEED").unwrap_or_else(|| StdRng::from_os_rng().random());
        println!("KILL_ROUNDS={rounds} KILL_SEED={seed}");
        let crowd = Crowd::batch(rounds, database);
        let services = (0..services).map(|_| crowd.serve()).collect();
        (Self { crowd, services, rng: StdRng::seed_from_u64(seed), toll: Toll::default() }, rounds)
    }

    /// A size comes back, and somewhere between the poll and the last outcome a service dies.
    fn round(&mut self, number: usize) {
        let size = self.crowd.bring_back(number);
        if self.rng.random_bool(0.6) {
            self.crowd.first_word_of(&size);
            self.wait_up_to(250);
        } else {
            self.wait_up_to(400);
        }
        let victim = self.rng.random_range(0..self.services.len());
        let dead = self.services.swap_remove(victim);
        self.toll.printed.extend(dead.kill9());
        for key in self.crowd.books.keys(State::Sending) {
            *self.toll.sending.entry(key).or_default() += 1;
        }
        self.services.push(self.crowd.serve());
    }

    fn wait_up_to(&mut self, milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(self.rng.random_range(0..=milliseconds)));
    }

    /// Each receiver has a bad moment of its own.
    fn let_sinks_misbehave(&mut self) {
        for sink in &self.crowd.sinks {
            let times = self.rng.random_range(1..=12);
            let fault = match self.rng.random_range(0..5) {
                0 => Fault::status(500),
                1 => Fault::too_many(1),
                2 => Fault::Late(Duration::from_millis(200)),
                unanswered => {
                    self.toll.unanswered += times;
                    if unanswered == 3 { Fault::Drop } else { Fault::Hang }
                }
            };
            sink.order(Order::all(fault).times(times));
        }
    }

    /// Lets everything come to rest, and compares what was told with what should have been.
    fn settle(mut self) {
        self.crowd.sinks.iter().for_each(|sink| sink.lift());
        self.crowd.until_quiet();
        self.crowd.none_in_vain();
        for service in self.services.drain(..) {
            // Killed, too: what is printed must not need a farewell.
            self.toll.printed.extend(service.kill9());
        }
        let told = truth::told(&self.crowd.sinks);
        assert_eq!(truth::told_by_two(&told), Vec::<&truth::Fact>::new(), "told by two deliveries");
        self.compare();
    }

    /// Doubles, against the rows that were on their way when a service died or an answer was withheld.
    fn compare(&self) {
        let taken = truth::taken(&self.crowd.sinks);
        let twice: BTreeMap<&String, usize> =
            taken.iter().filter(|(_, times)| **times > 1).map(|(id, times)| (id, times - 1)).collect();
        let excused = |id: &String| self.toll.sending.get(id).copied().unwrap_or_default();
        let unexcused: usize = twice.iter().map(|(id, times)| times.saturating_sub(excused(id))).sum();
        let withheld = self.toll.unanswered;
        assert!(unexcused <= withheld, "{unexcused} doubles of rows that were not `sending`, {withheld} withheld");
        let doubles = twice.values().sum::<usize>() + self.crowd.printed_twice(&self.toll.printed);
        let sending: usize = self.toll.sending.values().sum();
        println!("told {}, lost 0, doubles {doubles}, sending at kills {sending}, withheld {withheld}", taken.len());
        assert!(doubles <= sending + withheld, "{doubles} doubles, {sending} were `sending`, {withheld} withheld");
    }
}

/// Kills as often as asked; in the second half receivers misbehave meanwhile.
fn killed(rounds: usize, services: usize, database: Option<&str>) {
    let (mut run, rounds) = Run::begin(rounds, services, database);
    for round in 0..rounds {
        if round >= rounds / 2 {
            run.let_sinks_misbehave();
        }
        run.round(round);
    }
    run.settle();
}

#[test]
fn killed_again_and_again_under_load_it_loses_nothing() {
    killed(10, 1, None);
}

#[test]
fn two_services_on_postgresql_lose_nothing_when_one_is_killed_again_and_again() {
    let cluster = Cluster::shared().expect("PostgreSQL");
    killed(10, 2, Some(&cluster.database().expect("a database")));
}
