//! What the product manuals say, and which of their passages answers a question. Pure.
//!
//! The passages are built in (`manuals.json`), and a question finds one by the words they share. That is a placeholder
//! for retrieval by a model: it is honest about what it does not find, and it knows no synonyms and no other language.
//! `questions.txt` holds one question per line that has an answer here, for tests and for a rehearsal's customers.

use serde::Deserialize;
use std::collections::BTreeSet;

/// Compiled in, so that an answer needs no call and no permission.
const BUILT_IN: &str = include_str!("manuals.json");

/// One word in common is chance: every passage about a dishwasher says "dishwasher".
const FEWEST_SHARED_WORDS: usize = 2;

/// Words that say nothing about what a question is about.
const FILLERS: [&str; 60] = [
    "a", "about", "after", "all", "an", "and", "are", "at", "be", "because", "but", "by", "can", "could",
    "did", "do", "does", "for", "from", "get", "has", "have", "how", "i", "if", "in", "is", "it", "its",
    "me", "my", "of", "often", "on", "one", "or", "out", "s", "should", "so", "than", "that", "the", "then",
    "there", "they", "this", "to", "was", "were", "what", "when", "where", "which", "while", "who", "why",
    "with", "you", "your",
];

/// One passage of a manual, as `manuals.json` has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passage {
    /// The manual's title.
    pub manual: String,
    /// What it says; the answer to a question.
    pub text: String,
}

/// All passages with their words, ready to be searched.
#[derive(Clone, Debug)]
pub struct Manuals(Vec<(Passage, BTreeSet<String>)>);

impl Manuals {
    /// The manuals that are compiled in.
    ///
    /// # Errors
    /// When `manuals.json` is malformed: the process must not start and then answer nothing.
    pub fn built_in() -> Result<Self, serde_json::Error> {
        serde_json::from_str(BUILT_IN).map(Self::new)
    }

    /// Manuals of these passages.
    #[must_use]
    pub fn new(passages: Vec<Passage>) -> Self {
        let with_words = |passage: Passage| {
            let words = words(&format!("{} {}", passage.manual, passage.text));
            (passage, words)
        };
        Self(passages.into_iter().map(with_words).collect())
    }

    /// The passage that shares the most words with the question, the first one of several; `None` when it shares fewer
    /// than two, or less than half of the question's.
    #[must_use]
    pub fn answer(&self, question: &str) -> Option<&Passage> {
        let asked = words(question);
        let shared = self.0.iter().map(|(passage, words)| (passage, asked.intersection(words).count()));
        // Reversed, because the last of equal ones wins.
        let (best, shared) = shared.rev().max_by_key(|(_, shared)| *shared)?;
        (shared >= FEWEST_SHARED_WORDS && shared * 2 >= asked.len()).then_some(best)
    }
}

/// The distinct words of a text that mean something, in lower case and without the plural's s.
fn words(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| !FILLERS.contains(word)).map(|word| singular(word).to_owned()).collect()
}

fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        // "gas" and "glass" are no plurals.
        Some(stem) if stem.chars().count() >= 3 && !stem.ends_with('s') => stem,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manuals(texts: &[&str]) -> Manuals {
        let passage = |text: &&str| Passage { manual: "Kettle".to_owned(), text: (*text).to_owned() };
        Manuals::new(texts.iter().map(passage).collect())
    }

    fn found<'a>(manuals: &'a Manuals, question: &str) -> Option<&'a str> {
        manuals.answer(question).map(|passage| passage.text.as_str())
    }

    #[test]
    fn every_built_in_passage_answers_its_question() {
        let manuals = Manuals::built_in().unwrap();
        let questions: Vec<&str> = include_str!("questions.txt").lines().collect();
        assert_eq!(questions.len(), manuals.0.len());
        for (question, (passage, _)) in questions.into_iter().zip(&manuals.0) {
            assert_eq!(manuals.answer(question), Some(passage), "{question}");
        }
    }

    #[test]
    fn nothing_is_found_when_no_manual_is_about_it() {
        let manuals = Manuals::built_in().unwrap();
        for question in ["How do I change the tyres of my car?", "Dishwasher?", "Who are you?", "?!", ""] {
            assert_eq!(manuals.answer(question), None, "{question}");
        }
    }

    #[test]
    fn passage_is_found_from_two_shared_words_on() {
        let manuals = manuals(&["Boil vinegar"]);
        assert_eq!(found(&manuals, "vinegar"), None);
        assert_eq!(found(&manuals, "kettle vinegar"), Some("Boil vinegar"));
    }

    #[test]
    fn passage_is_found_from_half_of_the_question_on() {
        let manuals = manuals(&["Boil vinegar"]);
        assert_eq!(found(&manuals, "boil vinegar red wine"), Some("Boil vinegar"));
        assert_eq!(found(&manuals, "boil vinegar red wine sauce"), None);
    }

    #[test]
    fn passage_with_more_shared_words_wins_and_the_first_of_equals() {
        let manuals = manuals(&["Boil water", "Boil fresh water", "Boil fresh milk"]);
        assert_eq!(found(&manuals, "boil fresh water"), Some("Boil fresh water"));
        assert_eq!(found(&manuals, "boil kettle"), Some("Boil water"));
    }

    #[test]
    fn words_are_those_with_a_meaning() {
        let words = |text| words(text).into_iter().collect::<Vec<_>>();
        assert_eq!(
            words("How do I CLEAN the dishwasher's filters, the glass & gas?"),
            ["clean", "dishwasher", "filter", "gas", "glass"]
        );
        assert_eq!(words("Öffnet Öffnet"), ["öffnet"]);
    }
}
