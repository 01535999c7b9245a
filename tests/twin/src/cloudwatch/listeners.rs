//! Who wants to know when an alarm changes its state, whatever made it change.

use std::fmt;

use super::alarm::registry::Transition;

type Listener = Box<dyn Fn(&Transition) + Send + Sync>;

#[derive(Default)]
pub(super) struct Listeners(Vec<Listener>);

impl Listeners {
    pub(super) fn add(&mut self, listener: impl Fn(&Transition) + Send + Sync + 'static) {
        self.0.push(Box::new(listener));
    }

    /// Tells every listener of every change, in order.
    pub(super) fn tell(&self, transitions: &[Transition]) {
        for transition in transitions {
            self.0.iter().for_each(|listener| listener(transition));
        }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listeners").field(&self.0.len()).finish()
    }
}
