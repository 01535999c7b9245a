//! The last minutes, over which blame is looked at: what both versions do now, not an hour ago.

use crate::counts::Counts;

/// Minutes that count as recent (the last ten settled ones at most).
pub(crate) const RECENT_MINUTES: usize = 10;

/// Sums over the last [`RECENT_MINUTES`] minutes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent {
    minutes: [(Counts, Counts); RECENT_MINUTES],
    next: usize,
    canary: Counts,
    stable: Counts,
}

impl Recent {
    pub(crate) fn minute(&mut self, canary: Counts, stable: Counts) {
        let Some(slot) = self.minutes.get_mut(self.next) else { return };
        let (old_canary, old_stable) = std::mem::replace(slot, (canary, stable));
        self.canary = self.canary.plus(canary).minus(old_canary);
        self.stable = self.stable.plus(stable).minus(old_stable);
        self.next = (self.next + 1) % RECENT_MINUTES;
    }

    pub(crate) const fn canary(&self) -> Counts {
        self.canary
    }

    pub(crate) const fn stable(&self) -> Counts {
        self.stable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(total: u64, bad: u64) -> Counts {
        Counts::new(total, bad).unwrap()
    }

    #[test]
    fn minute_is_forgotten_when_ten_came_after_it() {
        let mut recent = Recent::default();
        recent.minute(counts(100, 7), counts(1_000, 9));
        (0..9).for_each(|_| recent.minute(counts(1, 0), counts(2, 1)));
        assert_eq!((recent.canary(), recent.stable()), (counts(109, 7), counts(1_018, 18)));
        recent.minute(counts(1, 0), counts(2, 1));
        assert_eq!((recent.canary(), recent.stable()), (counts(10, 0), counts(20, 10)));
    }
}
