//! Bedrock's Converse, played by a stand-in that knows nothing: its answer is the first sentence of the passage that it was
//! given. So a test can tell the model's answer from the passage, and tell it beforehand.

use serde_json::{Value, json};

use crate::error::ApiError;

/// What the answer begins with.
const OPENING: &str = "The manual says: ";
/// Between these the passage is looked for, in system prompts first, then in messages.
const MARKS: (&str, &str) = ("<passage>", "</passage>");

/// The operation that a path names: `/model/<id>/converse` and its kind. `None` is another service's path.
pub(crate) fn operation(path: &str) -> Option<&str> {
    let (_, action) = path.strip_prefix("/model/")?.rsplit_once('/')?;
    Some(match action {
        "converse" => "Converse",
        "converse-stream" => "ConverseStream",
        "invoke" => "InvokeModel",
        "invoke-with-response-stream" => "InvokeModelWithResponseStream",
        _ => return None,
    })
}

/// Carries out one operation.
///
/// # Errors
/// What Bedrock would answer; `NotImplemented` names what the twin does not have.
pub(crate) fn handle(operation: &str, input: &Value) -> Result<Value, ApiError> {
    if operation != "Converse" {
        return Err(ApiError::not_implemented(format!("Bedrock {operation}")));
    }
    let texts: Vec<&str> = texts(input.get("system")).chain(messages(input)).collect();
    if messages(input).next().is_none() {
        let problem = "A conversation must start with a user message";
        return Err(ApiError::bad_request("ValidationException", problem));
    }
    let marked = texts.iter().find_map(|text| Some(text.split_once(MARKS.0)?.1.split_once(MARKS.1)?.0));
    let passage = marked.or(texts.last().copied()).unwrap_or_default();
    let answer = format!("{OPENING}{}", first_sentence(passage));
    // A token is about four characters.
    let tokens = [texts.concat().len() / 4, answer.len() / 4];
    Ok(json!({
        "output": {"message": {"role": "assistant", "content": [{"text": answer}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": tokens[0], "outputTokens": tokens[1], "totalTokens": tokens[0] + tokens[1]},
        "metrics": {"latencyMs": 1},
    }))
}

fn messages(input: &Value) -> impl Iterator<Item = &str> {
    let messages = input.get("messages").and_then(Value::as_array).into_iter().flatten();
    messages.flat_map(|message| texts(message.get("content")))
}

/// The texts of a list of content blocks.
fn texts(blocks: Option<&Value>) -> impl Iterator<Item = &str> {
    let blocks = blocks.and_then(Value::as_array).into_iter().flatten();
    blocks.filter_map(|block| block.get("text")?.as_str())
}

fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    text.find(". ").map_or(text, |end| text.get(..=end).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(input: &Value) -> String {
        let answer = handle("Converse", input).unwrap();
        answer["output"]["message"]["content"][0]["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn answer_is_the_first_sentence_of_the_passage() {
        let input = json!({
            "system": [{"text": "Be brief. <passage>Hold the button. Rinse.</passage>"}],
            "messages": [{"role": "user", "content": [{"text": "How?"}]}],
        });
        assert_eq!(answer(&input), "The manual says: Hold the button.");
    }

    #[test]
    fn answer_is_the_first_sentence_of_the_last_message_when_there_is_no_passage() {
        let input = json!({"messages": [{"role": "user", "content": [{"text": "Say it again"}]}]});
        assert_eq!(answer(&input), "The manual says: Say it again");
    }

    #[test]
    fn error_when_nothing_is_asked_or_the_operation_is_another() {
        assert_eq!(handle("Converse", &json!({})).unwrap_err().code, "ValidationException");
        assert!(handle("InvokeModel", &json!({})).unwrap_err().message.contains("Bedrock InvokeModel"));
    }

    #[test]
    fn operation_is_read_from_the_path_whatever_the_model_is_called() {
        assert_eq!(operation("/model/anthropic.claude%3A0/converse"), Some("Converse"));
        assert_eq!(operation("/model/arn%3Aaws%2Fprofile/invoke"), Some("InvokeModel"));
        for other in ["/2015-03-31/functions", "/model/converse", "/model/a/other", "/"] {
            assert_eq!(operation(other), None, "{other}");
        }
    }
}
