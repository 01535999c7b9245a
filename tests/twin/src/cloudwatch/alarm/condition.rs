//! The rule of a composite alarm: conditions on the states of other alarms, joined by AND, OR and NOT.
//!
//! At most 100 alarms and 500 elements, which are alarms, TRUE, FALSE and pairs of brackets; names with or without
//! quotes (A, API model). NOT binds tighter than AND, AND tighter than OR (C).

use std::collections::BTreeSet;

use winnow::{
    ModalResult, Parser as _,
    ascii::multispace0,
    combinator::{alt, cut_err, delimited, preceded, repeat, separated},
    token::take_till,
};

use super::decide::AlarmState;
use crate::cloudwatch::grammar::{Problem, check_depth, parse_all, quoted, symbol, word};

/// The most alarms that a rule mentions.
const MOST_ALARMS: usize = 100;
/// The most elements of a rule.
const MOST_ELEMENTS: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) enum Condition {
    /// TRUE or FALSE.
    Always(bool),
    /// The alarm, by name or ARN, has this state.
    State(AlarmState, String),
    /// Whether an odd number of NOTs stands before a condition.
    Not(bool, Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// In brackets.
    Group(Box<Condition>),
}

impl Condition {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        check_depth(text)?;
        let rule = parse_all(text, any).map_err(|problem| later(text, problem))?;
        let (mut elements, mut alarms) = (0_usize, BTreeSet::new());
        rule.visit(&mut |part| match part {
            Self::State(_, alarm) => {
                elements += 1;
                alarms.insert(alarm.clone());
            }
            Self::Always(_) | Self::Group(_) => elements += 1,
            _ => {}
        });
        if alarms.len() > MOST_ALARMS || elements > MOST_ELEMENTS {
            let problem = format!("it has more than {MOST_ALARMS} alarms or {MOST_ELEMENTS} elements");
            return Err(Problem::invalid(problem));
        }
        Ok(rule)
    }

    /// Whether the rule holds, given the states of alarms.
    pub(super) fn holds(&self, state: &impl Fn(&str) -> Option<AlarmState>) -> bool {
        match self {
            Self::Always(truth) => *truth,
            Self::State(wanted, alarm) => state(alarm) == Some(*wanted),
            Self::Not(odd, inside) => inside.holds(state) != *odd,
            Self::All(all) => all.iter().all(|inside| inside.holds(state)),
            Self::Any(any) => any.iter().any(|inside| inside.holds(state)),
            Self::Group(inside) => inside.holds(state),
        }
    }

    /// The rule with every reference to an alarm replaced.
    pub(super) fn with_names<E>(mut self, name: &impl Fn(&str) -> Result<String, E>) -> Result<Self, E> {
        self.rename(name)?;
        Ok(self)
    }

    /// The alarms that the rule mentions.
    pub(super) fn alarms(&self) -> BTreeSet<String> {
        let mut alarms = BTreeSet::new();
        self.visit(&mut |part| {
            if let Self::State(_, alarm) = part {
                alarms.insert(alarm.clone());
            }
        });
        alarms
    }

    fn rename<E>(&mut self, name: &impl Fn(&str) -> Result<String, E>) -> Result<(), E> {
        match self {
            Self::Always(_) => {}
            Self::State(_, alarm) => *alarm = name(alarm)?,
            Self::Not(_, inside) | Self::Group(inside) => inside.rename(name)?,
            Self::All(all) | Self::Any(all) => all.iter_mut().try_for_each(|inside| inside.rename(name))?,
        }
        Ok(())
    }

    fn visit(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        match self {
            Self::Always(_) | Self::State(..) => {}
            Self::Not(_, inside) | Self::Group(inside) => inside.visit(visit),
            Self::All(all) | Self::Any(all) => all.iter().for_each(|inside| inside.visit(visit)),
        }
    }
}

/// `AT_LEAST` exists in AWS and not here: that is another answer than the one to a mistake.
fn later(text: &str, problem: Problem) -> Problem {
    if text.contains("AT_LEAST") {
        Problem::Later("the function AT_LEAST in rules of composite alarms".to_owned())
    } else {
        problem
    }
}

fn any(input: &mut &str) -> ModalResult<Condition> {
    separated(1.., all, keyword("OR")).map(Condition::Any).parse_next(input)
}

fn all(input: &mut &str) -> ModalResult<Condition> {
    separated(1.., negated, keyword("AND")).map(Condition::All).parse_next(input)
}

/// Any number of NOTs, without descending into each.
fn negated(input: &mut &str) -> ModalResult<Condition> {
    let odd = repeat(0.., keyword("NOT")).fold(|| false, |odd, _| !odd).parse_next(input)?;
    alt((group, term)).map(|inside| Condition::Not(odd, Box::new(inside))).parse_next(input)
}

fn group(input: &mut &str) -> ModalResult<Condition> {
    let inside = delimited(symbol('('), cut_err(any), cut_err(symbol(')')));
    inside.map(|inside| Condition::Group(Box::new(inside))).parse_next(input)
}

/// A state of an alarm, TRUE or FALSE. The user guide writes `False` once, so that their case is left open (C).
fn term(input: &mut &str) -> ModalResult<Condition> {
    let constant = word.verify_map(|word| match word {
        _ if word.eq_ignore_ascii_case("TRUE") => Some(Condition::Always(true)),
        _ if word.eq_ignore_ascii_case("FALSE") => Some(Condition::Always(false)),
        _ => None,
    });
    let state = word.verify_map(|word| match word {
        "ALARM" => Some(AlarmState::Alarm),
        "OK" => Some(AlarmState::Ok),
        "INSUFFICIENT_DATA" => Some(AlarmState::InsufficientData),
        _ => None,
    });
    let alarm = delimited(symbol('('), cut_err(reference), cut_err(symbol(')')));
    alt((constant, (state, alarm).map(|(state, alarm)| Condition::State(state, alarm)))).parse_next(input)
}

/// The name or ARN of an alarm: in quotes, or up to the closing bracket.
fn reference(input: &mut &str) -> ModalResult<String> {
    let bare = preceded(multispace0, take_till(1.., ')').map(str::trim));
    alt((quoted, bare)).verify(|name: &str| !name.is_empty()).map(str::to_owned).parse_next(input)
}

fn keyword<'a>(wanted: &'static str) -> impl FnMut(&mut &'a str) -> ModalResult<&'a str> {
    move |input: &mut &'a str| word.verify(|found: &&str| *found == wanted).parse_next(input)
}
