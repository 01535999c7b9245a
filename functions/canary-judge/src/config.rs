//! The settings, from the environment; beside these, all of [`readings::Config`].

use readings::Config as Judging;

/// The aliases to watch, `function:alias` each, separated by commas: `manuel-backend:live`. Required.
pub const WATCHED_ALIASES: &str = "WATCHED_ALIASES";
/// How far back the beginning of a split is looked for when the alias does not say it, in minutes; 360 when unset.
pub const LOOK_BACK_MINUTES: &str = "LOOK_BACK_MINUTES";

/// CodeDeploy shifts for at most two days (CodeDeploy quotas).
const MOST_LOOK_BACK_MINUTES: u32 = 2_880;

/// Settings that cannot be used. The function does not start then, so that the Blind alarm tells.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum ConfigError {
    #[error(
        "{WATCHED_ALIASES} must list what to watch as function:alias, separated by commas, for example manuel-backend:live; got {0:?}"
    )]
    Aliases(String),
    #[error("{LOOK_BACK_MINUTES} must be whole minutes from 10 to {MOST_LOOK_BACK_MINUTES}; got {0:?}")]
    LookBack(String),
    #[error(transparent)]
    Judging(#[from] readings::ConfigError),
}

/// An alias of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedAlias {
    /// Name of the function.
    pub function: String,
    /// Name of the alias.
    pub alias: String,
}

impl std::fmt::Display for WatchedAlias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.function, self.alias)
    }
}

/// What the settings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// At least one.
    pub aliases: Vec<WatchedAlias>,
    /// See [`LOOK_BACK_MINUTES`].
    pub look_back_minutes: u32,
    /// Criteria, α, settling time.
    pub judging: Judging,
}

impl Config {
    /// Reads the settings; empty counts as unset, because CloudFormation cannot leave a variable out.
    ///
    /// # Errors
    /// When one is missing or does not parse.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let aliases = aliases(&lookup(WATCHED_ALIASES).unwrap_or_default())?;
        let filled = lookup(LOOK_BACK_MINUTES).filter(|value| !value.trim().is_empty());
        let look_back_minutes = filled.map_or(Ok(360), |text| look_back(&text))?;
        Ok(Self { aliases, look_back_minutes, judging: Judging::from_lookup(lookup)? })
    }
}

fn aliases(text: &str) -> Result<Vec<WatchedAlias>, ConfigError> {
    let refused = || ConfigError::Aliases(text.to_owned());
    let alias = |entry: &str| {
        let (function, alias) = entry.trim().split_once(':').ok_or_else(refused)?;
        let plain = |part: &str| !part.is_empty() && !part.contains([':', ' ']);
        if !plain(function) || !plain(alias) {
            return Err(refused());
        }
        Ok(WatchedAlias { function: function.to_owned(), alias: alias.to_owned() })
    };
    text.split(',').map(alias).collect()
}

fn look_back(text: &str) -> Result<u32, ConfigError> {
    let minutes = text.trim().parse().ok().filter(|minutes| (10..=MOST_LOOK_BACK_MINUTES).contains(minutes));
    minutes.ok_or_else(|| ConfigError::LookBack(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(aliases: &str, look_back: &str) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| match name {
            WATCHED_ALIASES => Some(aliases.to_owned()),
            LOOK_BACK_MINUTES => Some(look_back.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn aliases_are_read_when_they_are_separated_by_commas() {
        let config = read("shop:live, cart:prod", "").unwrap();
        let names: Vec<_> = config.aliases.iter().map(ToString::to_string).collect();
        assert_eq!(
            (names, config.look_back_minutes),
            (vec!["shop:live".to_owned(), "cart:prod".to_owned()], 360)
        );
    }

    #[test]
    fn aliases_are_refused_when_one_is_incomplete() {
        for text in [
            "",
            "shop",
            "shop:",
            ":live",
            "shop:live,",
            "shop:live:7",
            "arn:aws:lambda:x:y:function:shop:live",
        ] {
            assert!(matches!(read(text, ""), Err(ConfigError::Aliases(_))), "{text}");
        }
    }

    #[test]
    fn look_back_is_refused_when_it_is_outside_its_range() {
        for (text, taken) in [("9", false), ("10", true), ("2880", true), ("2881", false), ("a", false)] {
            assert_eq!(read("shop:live", text).is_ok(), taken, "{text}");
        }
    }
}
