//! From text to a tree.
//!
//! Precedence, from loose to tight: `OR`, `AND`, comparisons, `+ -`, `* /`, unary minus, `^`. AWS does not document it;
//! this is what mathematics and most languages do, and so `-2^2` is -4 and `2^3^2` is 512 (C). Functions and words are
//! in capitals, ids begin with a lower-case letter (A).

use winnow::{
    ModalResult, Parser as _,
    ascii::{digit0, digit1, multispace0},
    combinator::{Infix, Prefix, alt, cut_err, delimited, expression, opt, peek, preceded, separated},
    error::{ContextError, ErrMode},
    token::{literal, one_of},
};

use super::syntax::{Expression, Operator};
use crate::cloudwatch::grammar::{Problem, check_depth, check_operators, parse_all, quoted, symbol, word};

type Failure = ErrMode<ContextError>;

impl Expression {
    /// Reads an expression.
    pub(in crate::cloudwatch) fn parse(text: &str) -> Result<Self, Problem> {
        if text.trim_start().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("SELECT ")) {
            return Err(Problem::Later("Metrics Insights queries (SELECT)".to_owned()));
        }
        check_depth(text)?;
        check_operators(text)?;
        parse_all(text, formula)
    }
}

fn formula(input: &mut &str) -> ModalResult<Expression> {
    expression(operand).prefix(minus).infix(operator).parse_next(input)
}

fn minus<'a>(input: &mut &'a str) -> ModalResult<Prefix<&'a str, Expression, Failure>> {
    symbol('-').parse_next(input)?;
    Ok(Prefix(11, |_, operand| Ok(Expression::Negated(Box::new(operand)))))
}

fn operator<'a>(input: &mut &'a str) -> ModalResult<Infix<&'a str, Expression, Failure>> {
    // The longer ones first, so that `<=` is not read as `<`.
    let comparisons = alt(("<=", ">=", "==", "!=", "<", ">"));
    let symbols = alt((comparisons, alt(("&&", "||", "+", "-", "*", "/", "^"))));
    let found = preceded(multispace0, alt((symbols, word))).parse_next(input)?;
    Ok(match found {
        "OR" | "||" => Infix::Left(1, |_, a, b| binary(Operator::Or, a, b)),
        "AND" | "&&" => Infix::Left(3, |_, a, b| binary(Operator::And, a, b)),
        "==" => Infix::Left(5, |_, a, b| binary(Operator::Equal, a, b)),
        "!=" => Infix::Left(5, |_, a, b| binary(Operator::NotEqual, a, b)),
        "<" => Infix::Left(5, |_, a, b| binary(Operator::Less, a, b)),
        "<=" => Infix::Left(5, |_, a, b| binary(Operator::LessOrEqual, a, b)),
        ">" => Infix::Left(5, |_, a, b| binary(Operator::Greater, a, b)),
        ">=" => Infix::Left(5, |_, a, b| binary(Operator::GreaterOrEqual, a, b)),
        "+" => Infix::Left(7, |_, a, b| binary(Operator::Add, a, b)),
        "-" => Infix::Left(7, |_, a, b| binary(Operator::Subtract, a, b)),
        "*" => Infix::Left(9, |_, a, b| binary(Operator::Multiply, a, b)),
        "/" => Infix::Left(9, |_, a, b| binary(Operator::Divide, a, b)),
        "^" => Infix::Right(13, |_, a, b| binary(Operator::Power, a, b)),
        _ => return Err(ErrMode::Backtrack(ContextError::new())),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the table of operators wants")]
fn binary(operator: Operator, left: Expression, right: Expression) -> Result<Expression, Failure> {
    Ok(Expression::Binary(operator, Box::new(left), Box::new(right)))
}

/// What stands between operators. After an opening bracket there is no other way to read the text, so that an error
/// is reported where it is and not where the bracket is.
fn operand(input: &mut &str) -> ModalResult<Expression> {
    let brackets = delimited('(', cut_err(formula), cut_err(symbol(')')));
    let array = delimited('[', list, cut_err(symbol(']'))).map(Expression::Array);
    let text = quoted.map(|text| Expression::Text(text.to_owned()));
    preceded(multispace0, alt((number, text, brackets, array, name))).parse_next(input)
}

/// Up to the closing bracket, which may come at once.
fn list(input: &mut &str) -> ModalResult<Vec<Expression>> {
    let nothing = peek(alt((symbol(')'), symbol(']')))).map(|_| Vec::new());
    alt((nothing, separated(1.., cut_err(formula), symbol(',')))).parse_next(input)
}

/// An id, a call or a word.
fn name(input: &mut &str) -> ModalResult<Expression> {
    let name = word.parse_next(input)?.to_owned();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Ok(Expression::Id(name));
    }
    let arguments = opt(delimited(symbol('('), list, cut_err(symbol(')')))).parse_next(input)?;
    Ok(match arguments {
        Some(arguments) => Expression::Call(name, arguments),
        None => Expression::Word(name),
    })
}

/// A number without sign, so that a minus always is the operator.
fn number(input: &mut &str) -> ModalResult<Expression> {
    let whole = (digit1, opt((literal("."), digit0))).take();
    let fraction = (literal("."), digit1).take();
    let exponent = opt((one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1));
    let number = (alt((whole, fraction)), exponent).take().parse_to::<f64>();
    number.verify(|number: &f64| number.is_finite()).map(Expression::Number).parse_next(input)
}
