//! What the two little languages of CloudWatch (metric math and rules of composite alarms) have in common.
//!
//! Both are parsed by descent, on the stack. AWS limits the length of a text, not its nesting; here that is limited as
//! well, far above what people write, so that no text can exhaust the stack.

use winnow::{
    ModalResult, Parser as _,
    ascii::multispace0,
    combinator::{alt, delimited, preceded},
    token::{literal, take_till, take_while},
};

use crate::error::ApiError;

/// Brackets that may be open at once.
const DEEPEST: usize = 40;
/// Operators in one text: a chain of them is a tree as deep as the chain is long.
const MOST_OPERATORS: usize = 250;

/// Why a text was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// AWS would not take it either.
    Invalid(String),
    /// AWS takes it, the twin does not.
    Later(String),
}

impl Problem {
    pub(super) fn invalid(problem: impl Into<String>) -> Self {
        Self::Invalid(problem.into())
    }

    /// The error of the API; `place` says which text it is about.
    pub(super) fn in_place(self, place: impl std::fmt::Display) -> ApiError {
        match self {
            Self::Invalid(problem) => super::errors::validation(format!("{place}: {problem}")),
            Self::Later(what) => ApiError::not_implemented(format!("{what} ({place})")),
        }
    }
}

/// Refuses a text that nests too deep for the parsers or for the trees they build.
pub(super) fn check_depth(text: &str) -> Result<(), Problem> {
    let (mut open, mut deepest) = (0_usize, 0);
    for character in text.chars() {
        match character {
            '(' | '[' => open += 1,
            ')' | ']' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    if deepest > DEEPEST {
        return Err(Problem::Later(format!("more than {DEEPEST} brackets within each other")));
    }
    Ok(())
}

/// Refuses a chain of operators that would become too deep a tree.
pub(super) fn check_operators(text: &str) -> Result<(), Problem> {
    let symbols = text.chars().filter(|character| "+-*/^<>=!&|".contains(*character)).count();
    let words = text.matches("AND").count() + text.matches("OR").count();
    if symbols + words > MOST_OPERATORS {
        return Err(Problem::Later(format!("more than {MOST_OPERATORS} operators in one expression")));
    }
    Ok(())
}

/// Runs `parser` over the whole text; what cannot be read is named by its position.
pub(super) fn parse_all<'a, T>(
    text: &'a str,
    mut parser: impl FnMut(&mut &'a str) -> ModalResult<T>,
) -> Result<T, Problem> {
    let mut whole = |input: &mut &'a str| -> ModalResult<T> {
        let found = parser(input)?;
        multispace0.parse_next(input)?;
        Ok(found)
    };
    whole.parse(text).map_err(|error| {
        let (offset, rest) = (error.offset(), text.get(error.offset()..).unwrap_or_default());
        let rest = rest.trim_start();
        Problem::invalid(match rest {
            "" => "it ends too early".to_owned(),
            _ => format!("it cannot be understood from character {} on: {rest}", offset + 1),
        })
    })
}

/// A word of letters, digits and underscores, after white space.
pub(super) fn word<'a>(input: &mut &'a str) -> ModalResult<&'a str> {
    let inside = take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_');
    let begins_well = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic());
    preceded(multispace0, inside.verify(begins_well)).parse_next(input)
}

/// One character, after white space.
pub(super) fn symbol<'a>(wanted: char) -> impl FnMut(&mut &'a str) -> ModalResult<char> {
    move |input: &mut &'a str| preceded(multispace0, wanted).parse_next(input)
}

/// Text in double or single quotes, without escapes, after white space.
pub(super) fn quoted<'a>(input: &mut &'a str) -> ModalResult<&'a str> {
    let double = delimited(literal("\""), take_till(0.., '"'), literal("\""));
    let single = delimited(literal("'"), take_till(0.., '\''), literal("'"));
    preceded(multispace0, alt((double, single))).parse_next(input)
}
