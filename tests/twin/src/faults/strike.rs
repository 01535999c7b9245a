//! One call of a function goes wrong, chosen by its number: with one strike per run, a test tries every call in turn.

use std::collections::HashMap;

use http::HeaderMap;

use super::{Call, caller, wire};
use crate::error::ApiError;

/// All attempts of one operation carry the same value: SDKs choose it before the first one.
const OPERATION_HEADER: &str = "amz-sdk-invocation-id";
/// Begins the session tokens of the twin, which name one invocation or sandbox.
pub(crate) const SESSION_PREFIX: &str = "TWIN-SESSION-";

/// Which call goes wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    /// Functions whose calls are counted together, in the order of their arrival; `operator` is everybody else.
    pub callers: Vec<String>,
    /// Counted from 1, from the moment on in which the strike is set. The attempts of an SDK operation are one call.
    pub call_number: usize,
    /// What becomes of the call.
    pub kind: StrikeKind,
}

/// The ways in which a call goes wrong. Each holds for every attempt of the struck operation, so that the SDK's own
/// repetitions cannot heal it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StrikeKind {
    /// Refused without effect, in the service's own words: the SDK would try again.
    Throttled,
    /// A server error without effect.
    Unavailable,
    /// The effect happens, at each attempt again, and the connection is closed without an answer.
    AnswerLost,
    /// The effect happens, nothing is answered, and the caller dies: a hosted function's future is dropped, a sandbox is
    /// killed. A caller that is no function of the twin cannot die and waits until it gives up by itself.
    Crashed,
}

/// What becomes of one attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    #[default]
    Answered,
    /// No effect, this answer.
    Refused(ApiError),
    /// The effect and no answer.
    AnswerLost,
    /// The effect, no answer, and the end of the caller.
    Crashed,
}

impl Fate {
    /// The answer that takes the place of the effect.
    pub(crate) fn refusal(&self) -> Option<ApiError> {
        match self {
            Self::Refused(error) => Some(error.clone()),
            _ => None,
        }
    }
}

/// The end of a caller in the middle of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// The function.
    pub caller: String,
    /// The session token of the call where it is one of the twin's: which invocation or sandbox it was.
    pub session: Option<String>,
}

impl Crash {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let token = headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
        let session = token.filter(|token| token.starts_with(SESSION_PREFIX)).map(str::to_owned);
        Self { caller: caller(headers), session }
    }

    /// A call without a token of the twin may have been anyone's of the function.
    pub(super) fn hits(&self, caller: &str, session: &str) -> bool {
        self.caller == caller && self.session.as_ref().is_none_or(|hit| hit == session)
    }
}

/// Every operation that arrived, and the strike that waits for one of them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Who called, one entry per operation.
    callers: Vec<String>,
    /// Place in `callers` of the operations that can be recognized.
    known: HashMap<String, usize>,
    strike: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    strike: Strike,
    counted: usize,
    /// Place in `callers`, and the call.
    hit: Option<(usize, Call)>,
}

impl Ledger {
    pub(super) fn set(&mut self, strike: Strike) {
        self.strike = Some(Waiting { strike, counted: 0, hit: None });
    }

    pub(super) fn struck(&self) -> Option<Call> {
        let (_, call) = self.strike.as_ref()?.hit.as_ref()?;
        Some(call.clone())
    }

    pub(super) fn count_by(&self, callers: &[&str]) -> usize {
        self.callers.iter().filter(|caller| callers.contains(&caller.as_str())).count()
    }

    /// Counts an attempt of `operation`; answers what the strike makes of it.
    pub(super) fn arrive(&mut self, operation: &str, headers: &HeaderMap) -> Fate {
        let id = headers.get(OPERATION_HEADER).and_then(|value| value.to_str().ok());
        let known = id.and_then(|id| self.known.get(id).copied());
        let place = known.unwrap_or_else(|| self.enter(caller(headers), id));
        let Some(waiting) = &mut self.strike else { return Fate::Answered };
        let kind = waiting.strike.kind;
        if let (None, Some(caller)) = (known, self.callers.get(place)) {
            waiting.count(operation, caller, place);
        }
        match &waiting.hit {
            Some((hit, _)) if *hit == place => wire::fate(kind, operation),
            _ => Fate::Answered,
        }
    }

    fn enter(&mut self, caller: String, id: Option<&str>) -> usize {
        let place = self.callers.len();
        self.callers.push(caller);
        if let Some(id) = id {
            self.known.insert(id.to_owned(), place);
        }
        place
    }
}

impl Waiting {
    fn count(&mut self, operation: &str, caller: &str, place: usize) {
        if !self.strike.callers.iter().any(|counted| counted == caller) {
            return;
        }
        self.counted += 1;
        if self.counted == self.strike.call_number {
            let refusal = wire::fate(self.strike.kind, operation).refusal();
            let call = Call {
                operation: operation.to_owned(),
                caller: caller.to_owned(),
                error: refusal.map(|error| error.code.to_owned()),
            };
            self.hit = Some((place, call));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request of a function; attempts with the same id are one operation.
    fn from(function: &str, id: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let signed = format!("AWS4-HMAC-SHA256 Credential=TWIN-{function}/20261123/eu-west-1");
        headers.insert(http::header::AUTHORIZATION, signed.parse().unwrap());
        if let Some(id) = id {
            headers.insert(OPERATION_HEADER, id.parse().unwrap());
        }
        headers
    }

    fn strike(callers: &[&str], call_number: usize) -> Strike {
        let callers = callers.iter().map(|&caller| caller.to_owned()).collect();
        Strike { callers, call_number, kind: StrikeKind::AnswerLost }
    }

    /// Which of these requests were struck.
    fn struck(ledger: &mut Ledger, requests: &[HeaderMap]) -> Vec<bool> {
        let fates = requests.iter().map(|headers| ledger.arrive("lambda:GetAlias", headers));
        fates.map(|fate| fate == Fate::AnswerLost).collect()
    }

    #[test]
    fn attempts_are_one_call_when_they_share_an_id_and_each_is_one_when_they_have_none() {
        let mut ledger = Ledger::default();
        ledger.set(strike(&["a"], 2));
        let requests = [
            from("a", Some("1")),
            from("a", Some("1")),
            from("a", Some("2")),
            from("a", None),
            from("a", Some("2")),
        ];
        assert_eq!(struck(&mut ledger, &requests), [false, false, true, false, true]);
        assert_eq!(ledger.count_by(&["a"]), 3);
        ledger.set(strike(&["a"], 2));
        assert_eq!(struck(&mut ledger, &[from("a", None), from("a", None)]), [false, true]);
    }

    #[test]
    fn calls_of_others_do_not_count_when_callers_are_named() {
        let mut ledger = Ledger::default();
        ledger.set(strike(&["a", "b"], 2));
        let requests = ["a", "c", "operator", "b", "a"].map(|function| from(function, None));
        assert_eq!(struck(&mut ledger, &requests), [false, false, false, true, false]);
        assert_eq!((ledger.count_by(&["a", "b"]), ledger.count_by(&["c"])), (3, 1));
        let call = Call { operation: "lambda:GetAlias".to_owned(), caller: "b".to_owned(), error: None };
        assert_eq!(ledger.struck(), Some(call));
    }

    #[test]
    fn count_begins_again_when_a_new_strike_replaces_the_old_one() {
        let mut ledger = Ledger::default();
        ledger.set(strike(&["a"], 3));
        assert_eq!(struck(&mut ledger, &[from("a", Some("1")), from("a", Some("2"))]), [false, false]);
        ledger.set(strike(&["a"], 1));
        // A late attempt of a call from before the strike is none of its calls.
        assert_eq!(struck(&mut ledger, &[from("a", Some("2")), from("a", Some("3"))]), [false, true]);
        ledger.set(strike(&["a"], 1));
        assert_eq!(ledger.struck(), None);
    }

    #[test]
    fn crash_is_of_one_session_when_the_token_is_the_twins_and_of_the_function_when_not() {
        let mut headers = from("a", None);
        assert!(Crash::of(&headers).hits("a", "TWIN-SESSION-1"));
        assert!(!Crash::of(&headers).hits("b", "TWIN-SESSION-1"));
        headers.insert("x-amz-security-token", "somebody's".parse().unwrap());
        assert!(Crash::of(&headers).hits("a", "TWIN-SESSION-1"));
        headers.insert("x-amz-security-token", "TWIN-SESSION-2".parse().unwrap());
        assert!(!Crash::of(&headers).hits("a", "TWIN-SESSION-1"));
        assert!(Crash::of(&headers).hits("a", "TWIN-SESSION-2"));
    }
}
