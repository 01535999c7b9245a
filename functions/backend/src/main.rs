//! The Manuel API on Lambda: clock and settings in, then the runtime's loop.

use backend::{App, handle, manuals::Manuals};
use clock::Clock;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock and the environment")]
async fn main() -> Result<(), Error> {
    let start = std::time::Instant::now();
    lambda_runtime::tracing::init_default_subscriber();
    let lookup = |name: &str| std::env::var(name).ok();
    let clock = Clock::new(std::time::SystemTime::now, move || start.elapsed());
    #[cfg(feature = "rehearsal")]
    let clock = clock.rehearsed(lookup(clock::VARIABLE).as_deref()).map_err(|error| error.to_string())?;
    let manuals = Manuals::built_in()?;
    let app = App::from_lookup(lookup, clock, manuals).map_err(|error| aws::chain(&error))?;
    #[cfg(feature = "rehearsal")]
    let app =
        app.with_faults(lookup(backend::faults::VARIABLE).as_deref()).map_err(|error| error.to_string())?;
    let app = &app;
    run(service_fn(move |event| handle(app, event))).await
}
