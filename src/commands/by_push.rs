//! Watches of browsers: one showed by its push subscription that it wants to be notified, so no code is needed.

use std::time::Duration;

use coatcheck_bots::Who;
use coatcheck_bots::push::Subscription;
use coatcheck_domain::Destination;

use super::Commands;
use super::sign_up::{NotPrepared, Wanted};
use crate::store::StoreError;
use crate::store::people::allowance::Limit;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Sign-ups of one browser, and of all browsers together.
const EACH: &[Limit] = &[Limit { within: HOUR, most: 30 }];
const ALL: Limit = Limit { within: HOUR, most: 2000 };
/// New browsers at one push service that no well-known browser uses: nobody makes us post to somebody else's server for long.
const UNKNOWN_SERVICE: &[Limit] = &[Limit { within: DAY, most: 50 }];

impl Commands {
    /// Watches for a browser. Gives its destination and the answer. `is_trusted`: the operator has listed its push service.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn watch_by_push(
        &self,
        wanted: &Wanted,
        subscription: &Subscription,
        is_trusted: bool,
    ) -> Result<Result<(Destination, String), NotPrepared>, StoreError> {
        let Some(browser) = subscription.destination() else { return Ok(Err(NotPrepared::PushService)) };
        let doing = match self.checked(wanted).await? {
            Ok(doing) => doing,
            Err(why) => return Ok(Err(why)),
        };
        let is_bounded = !is_trusted && !subscription.is_well_known();
        if !self.may_push(&browser, is_bounded).await? {
            return Ok(Err(NotPrepared::Busy));
        }
        self.db.destination_for(&browser, || Some(subscription.to_stored())).await?;
        let who = Who { destination: browser.clone(), may_manage: true, room: None };
        let words = self.begin_watch(&who, &doing).await?;
        Ok(Ok((browser, words)))
    }

    async fn may_push(&self, browser: &Destination, is_bounded: bool) -> Result<bool, StoreError> {
        let is_new = self.db.known_destination(browser).await?.is_none();
        if is_new && is_bounded && !self.db.allow_service("push-service", &browser.lane(), UNKNOWN_SERVICE).await? {
            return Ok(false);
        }
        self.db.allow("push", browser, EACH, Some(ALL)).await
    }
}
