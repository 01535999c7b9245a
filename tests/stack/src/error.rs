//! Why a template cannot be read; every message says where.

/// What is wrong with a template, or with what it was given.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StackError {
    /// It is no YAML, or uses what CloudFormation does not know.
    #[error("the template cannot be read: {0}")]
    Yaml(String),
    /// A parameter file is not as CodePipeline's TemplateConfiguration wants it.
    #[error("the parameter file cannot be read: {0}")]
    ParameterFile(String),
    /// A section is missing or has the wrong form.
    #[error("the template's {section} {problem}")]
    Section {
        /// For instance `Resources`.
        section: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The value of a parameter is missing or not allowed.
    #[error("parameter {name}: {problem}")]
    Parameter {
        /// Its name.
        name: String,
        /// What is wrong with its value.
        problem: String,
    },
    /// Something in the template has no value.
    #[error("{place}: {problem}")]
    Unresolved {
        /// For instance `Resources.Backend.Properties.Timeout`.
        place: String,
        /// Why.
        problem: String,
    },
    /// The caller asked for a resource that this stack does not have.
    #[error("the stack has no resource {0}; its condition may be false")]
    NoResource(String),
}

impl StackError {
    pub(crate) fn section(section: &str, problem: impl Into<String>) -> Self {
        Self::Section { section: section.to_owned(), problem: problem.into() }
    }

    pub(crate) fn parameter(name: &str, problem: impl Into<String>) -> Self {
        Self::Parameter { name: name.to_owned(), problem: problem.into() }
    }
}

/// A problem on its way up, with the keys that lead to it.
#[derive(Debug)]
pub(crate) struct Problem {
    keys: Vec<String>,
    text: String,
}

impl Problem {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { keys: Vec::new(), text: text.into() }
    }

    /// The same, one level further out.
    pub(crate) fn within(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    pub(crate) fn at(self, place: &str) -> StackError {
        let keys = self.keys.into_iter().rev();
        let place = std::iter::once(place.to_owned()).chain(keys).collect::<Vec<_>>().join(".");
        StackError::Unresolved { place, problem: self.text }
    }
}
