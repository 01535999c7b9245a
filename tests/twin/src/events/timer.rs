//! Rules with a schedule: the timer that sends their Scheduled Events.

use std::{ops::ControlFlow, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Bus, rules::Rule};
use crate::schedule;

impl Bus {
    /// Fires the rule at the full minutes (hours, …) of its rate until another timer takes its place or it is deleted.
    pub(super) fn start_timer(self: &Arc<Self>, rule: String, timer: Uuid, every: TimeDelta) {
        let (bus, clock) = (self.clone(), self.lambda.around.clock);
        self.lambda.around.spawn(schedule::each(clock, every, move |due| bus.fire(&rule, timer, due)));
    }

    fn fire(&self, name: &str, timer: Uuid, due: DateTime<Utc>) -> ControlFlow<()> {
        let found = {
            let rules = self.rules.lock();
            let Some(rule) = rules.get(name).filter(|rule| rule.has_timer(timer)) else {
                return ControlFlow::Break(());
            };
            rule.enabled.then(|| Rule::addressed(rule))
        };
        if let Some((name, targets)) = found {
            let event = schedule::event(&self.lambda.around.options, &name, due);
            self.deliver(&name, &targets, &event, due);
        }
        ControlFlow::Continue(())
    }
}
