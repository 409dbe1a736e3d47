//! How instances share the shops: by requests a minute. Pure.

/// What an instance does about its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// What it has, in requests a minute.
    pub(super) mine: i64,
    /// What it should have.
    pub(super) fair: i64,
}

impl Share {
    /// Of everything there is, held or not, among so many instances.
    pub(super) fn of(mine: i64, all: i64, instances: usize) -> Self {
        let instances = i64::try_from(instances.max(1)).unwrap_or(i64::MAX);
        // Rounded up: all that is free is somebody's.
        Self { mine, fair: all / instances + i64::from(all % instances != 0) }
    }

    /// How much it may take of what is free. Whoever has less than the fair share takes at least one shop.
    pub(super) fn wants(self) -> i64 {
        self.fair - self.mine
    }

    /// Which of its shops (each with what it weighs) it gives away: none unless it has a quarter too much, and never more
    /// than that.
    pub(super) fn gives(self, shops: impl IntoIterator<Item = (i64, i64)>) -> Vec<i64> {
        let mut left = self.mine - self.fair;
        if left * 4 <= self.fair {
            return Vec::new();
        }
        let mut given = Vec::new();
        for (shop, weight) in shops {
            if weight <= left {
                left -= weight;
                given.push(shop);
            }
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is free is taken by somebody, and who gives something away does not want it back.
        #[test]
        fn everything_is_somebodys_and_nothing_goes_back_and_forth(held in prop::collection::vec(prop::collection::vec(1i64..100, 0..20), 1..6), free in 1i64..200) {
            let sums: Vec<i64> = held.iter().map(|shops| shops.iter().sum()).collect();
            let all = sums.iter().sum::<i64>() + free;
            let shares: Vec<Share> = sums.iter().map(|mine| Share::of(*mine, all, held.len())).collect();
            prop_assert!(shares.iter().any(|share| share.wants() > 0));
            for (share, shops) in shares.iter().zip(&held) {
                let given = share.gives((0..).zip(shops.iter().copied()));
                let weight: i64 = given.iter().map(|shop| shops[usize::try_from(*shop).expect("small")]).sum();
                let left = Share { mine: share.mine - weight, ..*share };
                prop_assert!(given.is_empty() || left.wants() <= 0, "{left:?}");
                prop_assert!(given.is_empty() || share.mine * 4 > share.fair * 5);
            }
        }
    }

    #[test]
    fn a_small_difference_moves_nothing() {
        assert!(Share::of(60, 100, 2).gives([(1, 10)]).is_empty());
        assert_eq!(Share::of(100, 100, 2).gives([(1, 30), (2, 30), (3, 20), (4, 20)]), [1, 3]);
    }
}
