//! `#{namespace.variable}` in configuration values: found when a pipeline is declared, replaced when an action starts.

use std::collections::BTreeMap;

/// Variables by namespace.
pub(super) type Namespaces = BTreeMap<String, BTreeMap<String, String>>;

/// The namespace of what the service knows by itself.
pub(super) const OF_THE_SERVICE: &str = "codepipeline";
/// The namespace of a pipeline's own variables.
pub(super) const OF_THE_PIPELINE: &str = "variables";
/// The one variable of the service.
pub(super) const EXECUTION_ID: &str = "PipelineExecutionId";
/// All resolved values of one action together (A, the quotas page).
const MOST_RESOLVED_BYTES: usize = 100 * 1024;

/// A piece of a value.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Reference { namespace: &'a str, name: &'a str, whole: &'a str },
}

/// Cuts a value into text and references. What has `#{` but no form of a reference stays text (C).
fn pieces(value: &str) -> Vec<Piece<'_>> {
    let (mut found, mut rest) = (Vec::new(), value);
    while let Some((before, after)) = rest.split_once("#{") {
        let reference = after.split_once('}').and_then(|(inner, rest)| {
            let (namespace, name) = inner.split_once('.')?;
            let whole = value.get(value.len() - after.len() - 2..value.len() - rest.len())?;
            (is_word(namespace) && is_word(name))
                .then_some((Piece::Reference { namespace, name, whole }, rest))
        });
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        if let Some((reference, after)) = reference {
            found.push(reference);
            rest = after;
        } else {
            found.push(Piece::Text("#{"));
            rest = after;
        }
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// The characters of namespaces and variables (A, the API model).
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"@-_".contains(&b))
}

/// Namespaces and variables that a value refers to.
pub(super) fn references(value: &str) -> impl Iterator<Item = (&str, &str)> {
    pieces(value).into_iter().filter_map(|piece| match piece {
        Piece::Reference { namespace, name, .. } => Some((namespace, name)),
        Piece::Text(_) => None,
    })
}

/// Replaces every reference; the error is the reference that has no value.
pub(super) fn resolve(value: &str, known: &Namespaces) -> Result<String, String> {
    pieces(value).into_iter().try_fold(String::new(), |text, piece| match piece {
        Piece::Text(part) => Ok(text + part),
        Piece::Reference { namespace, name, whole } => known
            .get(namespace)
            .and_then(|variables| variables.get(name))
            .map(|value| text + value)
            .ok_or_else(|| whole.to_owned()),
    })
}

/// Resolves a whole configuration; the error is the sentence that the failed action shows. Its words are ours (C).
pub(super) fn resolve_all(
    configuration: &BTreeMap<String, String>,
    known: &Namespaces,
) -> Result<BTreeMap<String, String>, String> {
    let resolved: BTreeMap<_, _> = configuration
        .iter()
        .map(|(key, value)| Ok((key.clone(), resolve(value, known)?)))
        .collect::<Result<_, String>>()
        .map_err(|reference| format!("The variable reference {reference} could not be resolved"))?;
    let bytes: usize = resolved.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > MOST_RESOLVED_BYTES {
        return Err(format!(
            "The resolved configuration has {bytes} bytes, more than the limit of {MOST_RESOLVED_BYTES}"
        ));
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Namespaces {
        let variables =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        BTreeMap::from([
            ("codepipeline".to_owned(), variables(&[("PipelineExecutionId", "e-1")])),
            ("Shift10".to_owned(), variables(&[("verdict", "healthy"), ("odd", "#{Shift10.verdict}")])),
        ])
    }

    #[test]
    fn value_is_replaced_when_the_reference_is_known() {
        for (value, resolved) in [
            ("plain", "plain"),
            ("#{Shift10.verdict}", "healthy"),
            (
                "{\"e\":\"#{codepipeline.PipelineExecutionId}\",\"v\":\"#{Shift10.verdict}\"}",
                "{\"e\":\"e-1\",\"v\":\"healthy\"}",
            ),
            // A value is never looked at again.
            ("#{Shift10.odd}", "#{Shift10.verdict}"),
            // No references at all.
            ("#{} #{a} #{a b.c} #{.c} ä#{", "#{} #{a} #{a b.c} #{.c} ä#{"),
        ] {
            assert_eq!(resolve(value, &known()).as_deref(), Ok(resolved), "{value}");
        }
    }

    #[test]
    fn reference_is_named_when_it_has_no_value() {
        for reference in ["#{Shift10.none}", "#{None.verdict}", "#{variables.x}"] {
            assert_eq!(resolve(&format!("a {reference} b"), &known()), Err(reference.to_owned()));
        }
    }

    #[test]
    fn configuration_is_refused_when_its_resolved_values_are_too_long() {
        let variables = BTreeMap::from([("long".to_owned(), "x".repeat(MOST_RESOLVED_BYTES - 1))]);
        let known = BTreeMap::from([("n".to_owned(), variables)]);
        let configuration = |key: &str| BTreeMap::from([(key.to_owned(), "#{n.long}".to_owned())]);
        assert!(resolve_all(&configuration("k"), &known).is_ok());
        assert!(resolve_all(&configuration("kk"), &known).is_err());
    }
}
