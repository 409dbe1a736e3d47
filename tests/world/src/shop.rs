//! A shop of two kinds at once: Shopify's public pages, and the house-made `stock.json` of the original.

mod goods;
mod routes;
mod shown;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::front::{Front, Honest};

pub use goods::Goods;

/// Whether answers carry an `ETag`, and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Etag {
    /// None is sent and none is looked at.
    #[default]
    None,
    /// Changes with the body; the same one again is answered with 304.
    Honest,
    /// Never changes, whatever the stock: who trusts it misses every restock.
    Stuck,
}

/// What the shop is, apart from its port.
struct State {
    goods: Goods,
    etag: Etag,
    robots: Option<String>,
}

/// A shop whose shelves the test fills. Serves, for each product by its handle,
///
/// - `/products/<handle>` (HTML with JSON-LD), `/products/<handle>.js`, `/products/<handle>.json` (as often: without a
///   word on availability),
/// - `/products.json?limit=&page=` and the same under `/collections/<any>/`,
/// - `/stock.json` (the first product) and `/stock/<handle>.json`: `{"Black":[{"size":"S","purchasable":true}]}`,
/// - `/robots.txt`, 404 until [`Shop::robots`] writes one.
///
/// Faults and what was heard: [`Front`].
pub struct Shop {
    front: Front,
    state: Arc<Mutex<State>>,
}

impl Shop {
    /// Opens on a free port of loopback, with empty shelves.
    ///
    /// # Errors
    /// There is no port, thread or file handle to be had.
    pub fn open() -> io::Result<Self> {
        Self::open_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Opens where another one was before: a shop that is back.
    ///
    /// # Errors
    /// The port is taken, or nothing is to be had.
    pub fn open_at(addr: SocketAddr) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State { goods: Goods::default(), etag: Etag::None, robots: None }));
        let behind = Arc::clone(&state);
        let honest: Honest = Arc::new(move |heard| routes::answer(&lock(&behind), heard));
        Ok(Self { front: Front::start(addr, honest)?, state })
    }

    /// Changes several things at once: no request sees some of them without the others.
    pub fn change(&self, change: impl FnOnce(&mut Goods)) {
        change(&mut lock(&self.state).goods);
    }

    /// See [`Goods::stock`].
    pub fn stock(&self, handle: &str, size: &str, style: &str, available: bool) {
        self.change(|goods| goods.stock(handle, size, style, available));
    }

    /// See [`Goods::price`].
    pub fn price(&self, handle: &str, size: &str, style: &str, cents: u32) {
        self.change(|goods| goods.price(handle, size, style, cents));
    }

    /// See [`Goods::title`].
    pub fn title(&self, handle: &str, title: &str) {
        self.change(|goods| goods.title(handle, title));
    }

    /// What the ETags are like from now on.
    pub fn etag(&self, etag: Etag) {
        lock(&self.state).etag = etag;
    }

    /// Writes `/robots.txt`.
    pub fn robots(&self, text: &str) {
        lock(&self.state).robots = Some(text.to_owned());
    }
}

impl Deref for Shop {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
