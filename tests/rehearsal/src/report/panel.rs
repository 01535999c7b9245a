//! One chart as the template draws it: axes, marks, texts and a legend, whatever they stand for.
//!
//! Own SVG and no chart crate: plotters and charts-rs write fixed colours, and poloto and splot, which leave
//! colours to CSS, have neither gaps, steps and marks on a shared axis nor text that stays readable when narrow.

use std::borrow::Cow;

use super::plane::{Coordinate, Plane};
use super::scale::Tick;

/// One chart.
#[derive(Debug)]
pub(super) struct Panel {
    /// What is shown, with its unit: the title of the value axis.
    pub(super) heading: Cow<'static, str>,
    /// The same and what came of it, for readers who cannot see the drawing.
    pub(super) description: String,
    pub(super) plane: Plane,
    /// The numbers on the value axis.
    pub(super) ticks: Vec<Tick>,
    /// What the line styles or symbols mean, where colours do not say it.
    pub(super) hint: &'static str,
    /// How to read the chart, in whole sentences; may be empty.
    pub(super) note: &'static str,
    pub(super) keys: Vec<Key>,
    /// Shapes, drawn in this order.
    pub(super) marks: Vec<Mark>,
    pub(super) texts: Vec<Text>,
    /// Said instead of drawing axes around nothing.
    pub(super) empty: Option<&'static str>,
}

/// One entry of a legend.
#[derive(Debug)]
pub(super) struct Key {
    /// Class that sets the colour, and for a line among others its style.
    pub(super) colour: String,
    /// Whose colour it is.
    pub(super) name: String,
    /// The one number that belongs to it; may be empty.
    pub(super) figure: String,
}

/// One shape.
#[derive(Debug)]
pub(super) struct Mark {
    /// Classes that set colour and kind of shape.
    pub(super) class: String,
    /// SVG path, in the coordinates of [`Plane`].
    pub(super) path: String,
    /// Shown when the pointer rests on it; may be empty.
    pub(super) tooltip: String,
}

impl Mark {
    /// A shape that needs no words.
    pub(super) fn silent(class: String, path: String) -> Self {
        Self { class, path, tooltip: String::new() }
    }
}

/// A word inside the drawing.
#[derive(Debug)]
pub(super) struct Text {
    /// Percent of the width.
    pub(super) left: Coordinate,
    /// Pixels from the top to the base line.
    pub(super) top: Coordinate,
    pub(super) short: String,
    /// Follows `short` where the page is wide enough; may be empty.
    pub(super) more: String,
    pub(super) anchor: Anchor,
    /// Set off from the lines that may run through it.
    pub(super) outlined: bool,
}

/// Which side of a word stands at its place.
#[derive(Debug)]
pub(super) enum Anchor {
    /// The word begins there.
    Start,
    /// The word ends there.
    End,
    /// The word is a sign on a line of this colour, with its middle there.
    Middle(String),
}

impl Text {
    /// Classes of the style sheet.
    pub(super) fn class(&self) -> String {
        let outlined = if self.outlined { " outlined" } else { "" };
        match &self.anchor {
            Anchor::Start => format!("inside{outlined}"),
            Anchor::End => format!("inside end{outlined}"),
            Anchor::Middle(colour) => format!("inside sign{outlined} {colour}"),
        }
    }

    /// Pixels from its place.
    pub(super) fn shift(&self) -> i8 {
        match self.anchor {
            Anchor::Start => 6,
            Anchor::End => -6,
            Anchor::Middle(_) => 0,
        }
    }
}
