//! From minutes and values to fractions of an axis, and the round numbers worth a tick.

/// Steps of a time axis, in minutes.
const MINUTE_STEPS: [f64; 14] =
    [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 1440.0, 2880.0];
/// As many time ticks as fit side by side on a telephone.
const TIME_TICKS: f64 = 7.0;
/// As many steps as the value axis of a chart is divided into, at most.
const VALUE_STEPS: f64 = 4.0;
/// Room for one label on a value axis, in pixels.
const PIXELS_PER_LABEL: f64 = 25.0;

/// A linear axis; its fractions run from 0 at `low` to 1 at `high`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    low: f64,
    high: f64,
}

/// A round number on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where it stands, in the unit of the axis.
    pub(super) value: f64,
    /// How it reads.
    pub(super) label: String,
}

impl Axis {
    /// An axis with some length whatever it is given, so that one lone minute or no error at all can be drawn.
    pub(super) fn new(low: f64, high: f64) -> Self {
        let low = if low.is_finite() { low } else { 0.0 };
        let high = if high.is_finite() && high > low { high } else { low + 1.0 };
        Self { low, high }
    }

    /// From zero to the first tick at or above `max`, so that the highest value keeps its place under a label.
    pub(super) fn up_to(max: f64) -> Self {
        let max = Self::new(0.0, max).high;
        let step = round_step(max, VALUE_STEPS);
        Self::new(0.0, (max / step - 1e-9).ceil() * step)
    }

    /// The last value of the axis.
    pub(super) fn high(&self) -> f64 {
        self.high
    }

    /// The first value of the axis.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// Where `value` stands, from 0 to 1; what lies outside is moved to the nearer end.
    pub(super) fn fraction(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Round values from zero to the end, as many as `height` pixels can carry, with `unit` after the number.
    pub(super) fn value_ticks(&self, unit: &str, height: f64) -> Vec<Tick> {
        let step = round_step(self.high, (height / PIXELS_PER_LABEL).floor().clamp(1.0, VALUE_STEPS));
        multiples(step, self.high)
            .map(|value| Tick { value, label: format!("{}{unit}", short_number(value)) })
            .collect()
    }

    /// Round minutes from zero to the end, labelled in minutes, or in hours when every one is a full hour.
    pub(super) fn time_ticks(&self) -> Vec<Tick> {
        let enough = |step: &f64| self.high / step <= TIME_TICKS;
        let days = (self.high / TIME_TICKS / 1440.0).ceil() * 1440.0;
        let step = MINUTE_STEPS.into_iter().find(enough).unwrap_or(days);
        let (unit, name) = if step >= 60.0 { (60.0, "h") } else { (1.0, "min") };
        multiples(step, self.high)
            .map(|value| Tick { value, label: format!("{} {name}", short_number(value / unit)) })
            .collect()
    }
}

/// Zero and every multiple of `step` up to `high`.
fn multiples(step: f64, high: f64) -> impl Iterator<Item = f64> {
    let end = high + step * 1e-6;
    (0..64).map(move |n: i32| f64::from(n) * step).take_while(move |value| *value <= end)
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that needs no more than so many steps to reach `max`.
fn round_step(max: f64, steps: f64) -> f64 {
    let rough = max / steps;
    let power = 10f64.powf(rough.log10().floor());
    let fits = |factor: &f64| *factor * power >= rough * (1.0 - 1e-9);
    [1.0, 2.0, 2.5, 5.0].into_iter().find(fits).unwrap_or(10.0) * power
}

/// A number with as many decimals as it needs, at most two.
pub(super) fn short_number(value: f64) -> String {
    let long = format!("{value:.2}");
    let short = long.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: Vec<Tick>) -> Vec<String> {
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn fraction_is_clamped_when_value_lies_outside_the_axis() {
        let axis = Axis::new(10.0, 20.0);
        assert!(near(axis.fraction(12.5), 0.25));
        assert!(near(axis.fraction(5.0), 0.0));
        assert!(near(axis.fraction(25.0), 1.0));
    }

    #[test]
    fn axis_keeps_a_length_when_all_values_are_zero_or_missing() {
        assert!(near(Axis::up_to(0.0).high(), 1.0));
        assert!(near(Axis::up_to(f64::NAN).high(), 1.0));
        assert!(near(Axis::new(3.0, 3.0).high(), 4.0));
    }

    #[test]
    fn axis_ends_on_a_tick_when_the_maximum_is_not_round() {
        assert!(near(Axis::up_to(93.0).high(), 100.0));
        assert_eq!(labels(Axis::up_to(93.0).value_ticks("", 120.0)), ["0", "25", "50", "75", "100"]);
        assert_eq!(labels(Axis::up_to(7.0).value_ticks(" %", 120.0)), ["0 %", "2 %", "4 %", "6 %", "8 %"]);
        assert_eq!(labels(Axis::up_to(0.2).value_ticks("", 120.0)), ["0", "0.05", "0.1", "0.15", "0.2"]);
    }

    #[test]
    fn ticks_are_fewer_when_the_chart_is_low() {
        assert_eq!(labels(Axis::new(0.0, 100.0).value_ticks("", 54.0)), ["0", "50", "100"]);
        assert_eq!(labels(Axis::new(0.0, 100.0).value_ticks("", 10.0)), ["0", "100"]);
    }

    #[test]
    fn axis_gains_no_empty_step_when_the_maximum_is_round() {
        assert!(near(Axis::up_to(100.0).high(), 100.0));
        assert!(near(Axis::up_to(0.3).high(), 0.3));
    }

    #[test]
    fn time_ticks_fit_a_telephone_when_the_release_is_long() {
        assert_eq!(labels(Axis::new(0.0, 4.0).time_ticks()), ["0 min", "1 min", "2 min", "3 min", "4 min"]);
        assert_eq!(
            labels(Axis::new(0.0, 22.0).time_ticks()),
            ["0 min", "5 min", "10 min", "15 min", "20 min"]
        );
        assert_eq!(labels(Axis::new(0.0, 230.0).time_ticks()), ["0 h", "1 h", "2 h", "3 h"]);
        for length in [1.0, 13.0, 59.0, 100.0, 1000.0, 100_000.0] {
            assert!(Axis::new(0.0, length).time_ticks().len() <= 8, "{length} minutes");
        }
    }
}
