//! Why there is no comparison.

/// None of these can be caused by the options, which are checked when they are read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComparisonError {
    /// The number of requests of a minute.
    #[error("requests cannot be drawn: {0}")]
    Requests(#[from] rand_distr::PoissonError),
    /// The number of bad ones among them.
    #[error("bad requests cannot be drawn: {0}")]
    Bad(#[from] rand_distr::BinomialError),
    /// The bad share of a minute in which errors wander.
    #[error("a minute's bad share cannot be drawn: {0}")]
    Share(#[from] rand_distr::BetaError),
    /// A minute with more bad requests than requests.
    #[error("a minute makes no sense: {0}")]
    Counts(#[from] judge::CountsError),
    /// The judge refuses its settings or a minute.
    #[error("the judge refuses: {0}")]
    Judge(#[from] judge::SettingsError),
    /// The rank-sum rule needs one number of the normal distribution.
    #[error("no normal distribution: {0}")]
    Normal(#[from] statrs::distribution::NormalError),
    /// The result as JSON.
    #[error("the result cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}
