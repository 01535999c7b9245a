//! Reading expressions: precedence, the forms of operands, what is refused.

use proptest::prelude::*;

use super::syntax::{Expression, Operator};
use crate::cloudwatch::grammar::Problem;

/// The tree with brackets around everything.
fn drawn(expression: &Expression) -> String {
    let list = |all: &[Expression]| all.iter().map(drawn).collect::<Vec<_>>().join(",");
    match expression {
        Expression::Number(number) => number.to_string(),
        Expression::Id(word) | Expression::Word(word) => word.clone(),
        Expression::Text(text) => format!("'{text}'"),
        Expression::Array(all) => format!("[{}]", list(all)),
        Expression::Negated(inside) => format!("(-{})", drawn(inside)),
        Expression::Binary(operator, left, right) => {
            let symbol = match operator {
                Operator::Or => "|",
                Operator::And => "&",
                Operator::Equal => "==",
                Operator::NotEqual => "!=",
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Greater => ">",
                Operator::GreaterOrEqual => ">=",
                Operator::Add => "+",
                Operator::Subtract => "-",
                Operator::Multiply => "*",
                Operator::Divide => "/",
                Operator::Power => "^",
            };
            format!("({}{symbol}{})", drawn(left), drawn(right))
        }
        Expression::Call(name, arguments) => format!("{name}({})", list(arguments)),
    }
}

fn tree(text: &str) -> String {
    drawn(&Expression::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")))
}

#[test]
fn tighter_operators_come_first_when_there_are_no_brackets() {
    for (text, expected) in [
        ("1+2*3", "(1+(2*3))"),
        ("(1+2)*3", "((1+2)*3)"),
        ("8-4-2", "((8-4)-2)"),
        ("8/4/2", "((8/4)/2)"),
        ("2^3^2", "(2^(3^2))"),
        ("-2^2", "(-(2^2))"),
        ("2^-3*4", "((2^(-3))*4)"),
        ("-m1*5", "((-m1)*5)"),
        ("m1 - -m2", "(m1-(-m2))"),
        ("m1-5", "(m1-5)"),
        ("a+1 > b AND c == d OR e", "((((a+1)>b)&(c==d))|e)"),
        ("a || b && c", "(a|(b&c))"),
        ("a <= b", "(a<=b)"),
        ("a>=b!=c<d", "(((a>=b)!=c)<d)"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn every_operand_is_read_when_written_as_in_the_guide() {
    for (text, expected) in [
        ("  100 * m1 /\n PERIOD( m1 ) ", "((100*m1)/PERIOD(m1))"),
        ("SUM([METRICS(\"4xx\"), METRICS('5xx')])", "SUM([METRICS('4xx'),METRICS('5xx')])"),
        ("FILL(METRICS(), REPEAT)", "FILL(METRICS(),REPEAT)"),
        ("IF(m1>.5 AND m2<1.5e2,1,0)", "IF(((m1>0.5)&(m2<150)),1,0)"),
        ("e_1A + 5.", "(e_1A+5)"),
        ("andy OR order", "(andy|order)"),
        ("SORT(METRICS(), AVG, DESC, 10)", "SORT(METRICS(),AVG,DESC,10)"),
        ("[]", "[]"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn place_is_told_when_a_text_makes_no_sense() {
    for (text, place) in [
        ("", "it ends too early"),
        ("m1 +", "it ends too early"),
        ("m1 m2", "from character 4 on: m2"),
        ("m1 = 2", "from character 4 on: = 2"),
        ("(m1 + 2", "it ends too early"),
        ("IF(m1 > , 1, 0)", "on: , 1, 0)"),
        ("1 + fill(m1, 0)", "on: (m1, 0)"),
        ("100m1", "on: m1"),
        ("1e999", "1e999"),
        ("m1 ANDm2", "on: ANDm2"),
        ("_x", "on: _x"),
        ("'open", "on: 'open"),
    ] {
        match Expression::parse(text) {
            Err(Problem::Invalid(problem)) => assert!(problem.contains(place), "{text}: {problem}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn other_languages_are_not_implemented_when_met() {
    assert!(matches!(Expression::parse("SELECT AVG(x) FROM y"), Err(Problem::Later(_))));
}

#[test]
fn nesting_is_limited_when_it_would_fill_the_stack() {
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(tree(&nested(40)), "1");
    assert!(matches!(Expression::parse(&nested(41)), Err(Problem::Later(_))));
    let chain = |operators: usize| format!("1{}", "^1".repeat(operators));
    assert!(Expression::parse(&chain(250)).is_ok());
    assert!(matches!(Expression::parse(&chain(251)), Err(Problem::Later(_))));
    assert!(Expression::parse(&format!("{}1", "-".repeat(250))).is_ok());
}

proptest! {
    #[test]
    fn reading_ends_when_the_text_is_any(text in "[-a-zA-Z0-9 ()\\[\\],.<>=!&|+*/^\"']{0,80}") {
        let _ = Expression::parse(&text);
    }
}
