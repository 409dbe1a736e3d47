//! Which fault the next request meets: orders, oldest first, each for some requests or until lifted.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Fault;

/// One order: what goes wrong, on which paths, how often.
#[derive(Debug, Clone)]
pub struct Order {
    place: Place,
    /// None: answered as it should be.
    fault: Option<Fault>,
    /// None: until lifted.
    left: Option<usize>,
}

#[derive(Debug, Clone)]
enum Place {
    All,
    AllButRobots,
    Path(String),
}

impl Order {
    /// Every request, `/robots.txt` too.
    #[must_use]
    pub fn all(fault: Fault) -> Self {
        Self { place: Place::All, fault: Some(fault), left: None }
    }

    /// Every request but `/robots.txt`: a polite poller that may not read that one asks for nothing else, and so would
    /// never meet the fault.
    #[must_use]
    pub fn goods(fault: Fault) -> Self {
        Self { place: Place::AllButRobots, ..Self::all(fault) }
    }

    /// One path; with a query (`/products.json?page=2`) only exactly that, without one whatever the query.
    #[must_use]
    pub fn on(path: impl Into<String>, fault: Fault) -> Self {
        Self { place: Place::Path(path.into()), ..Self::all(fault) }
    }

    /// Ends after so many requests.
    #[must_use]
    pub fn times(self, requests: usize) -> Self {
        Self { left: Some(requests), ..self }
    }

    /// The next request to any path, which meets `fault` or is answered as it should be.
    pub(crate) fn next(fault: Option<Fault>) -> Self {
        Self { place: Place::All, fault, left: Some(1) }
    }

    fn is_for(&self, path: &str, query: Option<&str>) -> bool {
        match (&self.place, query) {
            (Place::All, _) => true,
            (Place::AllButRobots, _) => path != "/robots.txt",
            (Place::Path(wanted), Some(query)) if wanted.contains('?') => *wanted == format!("{path}?{query}"),
            (Place::Path(wanted), _) => wanted == path,
        }
    }
}

/// All orders of one front.
#[derive(Debug, Default)]
pub(crate) struct Orders(Mutex<Vec<Order>>);

impl Orders {
    pub(crate) fn add(&self, order: Order) {
        self.lock().push(order);
    }

    /// Lifts the orders on `path`, or all of them.
    pub(crate) fn lift(&self, path: Option<&str>) {
        self.lock().retain(|order| match (&order.place, path) {
            (Place::Path(ordered), Some(path)) => ordered != path,
            (_, Some(_)) => true,
            (_, None) => false,
        });
    }

    /// The fault this request meets.
    pub(crate) fn take(&self, path: &str, query: Option<&str>) -> Option<Fault> {
        let mut orders = self.lock();
        orders.retain(|order| order.left != Some(0));
        let order = orders.iter_mut().find(|order| order.is_for(path, query))?;
        order.left = order.left.map(|left| left - 1);
        order.fault.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Order>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
