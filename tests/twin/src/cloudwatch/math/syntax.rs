//! The tree of an expression.

/// A metric math expression.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) enum Expression {
    Number(f64),
    /// The id of a query: begins with a lower-case letter.
    Id(String),
    /// Text in quotes, an argument of some functions.
    Text(String),
    /// A word in capitals that is no call, an argument of some functions (`REPEAT`).
    Word(String),
    /// `[m1, m2]`
    Array(Vec<Expression>),
    Negated(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// Function and arguments.
    Call(String, Vec<Expression>),
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cloudwatch) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Expression {
    /// Calls `visit` for this expression and every one inside it.
    pub(in crate::cloudwatch) fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Number(_) | Self::Id(_) | Self::Text(_) | Self::Word(_) => {}
            Self::Array(inside) | Self::Call(_, inside) => {
                inside.iter().for_each(|inside| inside.visit(visit));
            }
            Self::Negated(inside) => inside.visit(visit),
            Self::Binary(_, left, right) => {
                left.visit(visit);
                right.visit(visit);
            }
        }
    }
}
