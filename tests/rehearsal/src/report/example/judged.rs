//! What a judge could have seen of two of the releases.

use super::super::model::{Band, Judged, JudgedMinute, VerdictChange};
use super::at;

/// One judged minute of traffic: `bad` of `requests` so far, with roughly the bounds that the judge would give.
pub(in super::super) fn band(bad: f64, requests: f64) -> Band {
    let share = bad / requests;
    let looks = requests.ln() / 2.0 + 3.0;
    let width = (2.0 * share * (1.0 - share) * looks / requests).sqrt();
    Band {
        percent: Some(100.0 * share),
        low_percent: 100.0 * (share - width - 0.6 * looks / requests).max(share * 0.2),
        high_percent: 100.0 * (share + width + 0.6 * looks / requests).min(1.0),
    }
}

pub(in super::super) fn verdict(seconds: i64, word: &str, reason: &str) -> VerdictChange {
    VerdictChange { at: at(seconds), word: word.to_owned(), reason: reason.to_owned() }
}

/// One judged minute in which `bad` of ten requests to the canary so far were bad, and none of the others.
pub(in super::super) fn judged_minute(
    number: i32,
    limit: f64,
    regression: Option<f64>,
    bad: f64,
) -> JudgedMinute {
    JudgedMinute {
        at: at(i64::from(number) * 60),
        limit_log10: limit,
        regression_log10: regression,
        canary: band(bad, 10.0),
        stable: band(0.0, 90.0),
    }
}

/// The judge of `http_5xx`, with nothing judged yet.
pub(in super::super) fn judged(minutes: Vec<JudgedMinute>, verdicts: Vec<VerdictChange>) -> Judged {
    Judged {
        criterion: "http_5xx".to_owned(),
        limit_percent: 1.0,
        threshold_log10: 2.9,
        ratio: 2.0,
        minutes,
        first_breach: None,
        verdicts,
    }
}

/// Fifteen minutes at ten percent, one slow answer in the sixth.
pub(super) fn good() -> Judged {
    let minute = |number: i32| {
        let (n, blip) = (f64::from(number - 1), if number < 7 { 0.0 } else { 1.0 });
        JudgedMinute {
            at: at(i64::from(number) * 60),
            limit_log10: 0.11 * blip,
            regression_log10: Some(0.42 * blip),
            canary: band(blip, 9.0 * n),
            stable: band((n * 1.3).floor(), 85.0 * n),
        }
    };
    let few = "slow: too few requests: 0 bad of 9 (0 %)";
    let fine = "54 requests in 6 minutes within every limit: http_5xx 0 %, slow 1.9 %";
    let verdicts = vec![verdict(302, "inconclusive", few), verdict(602, "healthy", fine)];
    let minutes = (2..17).map(minute).collect();
    Judged { criterion: "slow".to_owned(), limit_percent: 5.0, ..judged(minutes, verdicts) }
}

/// Every request to the canary fails.
pub(super) fn crash() -> Judged {
    let minute = |number: i32, limit, regression| {
        let n = f64::from(number - 2);
        JudgedMinute {
            canary: band(9.0 * n, 9.0 * n),
            stable: band(0.0, 85.0 * n),
            ..judged_minute(number, limit, Some(regression), 10.0)
        }
    };
    let reason = "http_5xx: the canary is over the limit of 1.0 %: 9 bad of 9 (100 %), stable 0 of 170 (0 %); evidence 10^15.4, threshold 10^2.9";
    let first = "http_5xx: too few requests: no requests";
    let verdicts = vec![verdict(302, "inconclusive", first), verdict(362, "breach", reason)];
    let minutes = vec![
        JudgedMinute {
            canary: Band { percent: None, low_percent: 0.0, high_percent: 100.0 },
            ..minute(2, 0.0, 0.0)
        },
        minute(3, 15.4, 2.2),
        minute(4, 31.6, 9.1),
        minute(5, 48.2, 17.3),
    ];
    Judged { first_breach: Some(at(180)), ..judged(minutes, verdicts) }
}
