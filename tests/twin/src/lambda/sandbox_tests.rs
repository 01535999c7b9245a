//! Processes end with the twin also while its runtime goes on; their output is complete when it is asked for.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _, process::Stdio, time::Duration};

use axum::body::Bytes;
use http::HeaderMap;
use tokio::process::Command;

use crate::{Options, Twin, journal::Entry};

/// Starts a process of its own and never asks for work.
const PROGRAM: &str = "#!/bin/sh\nsleep 600 &\necho $!\necho $$\nwait\n";

/// True while the process lives; a zombie does not.
fn runs(pid: &str) -> bool {
    let told = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    let state = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

async fn wait_until(what: &str, check: impl Fn() -> bool) {
    for _ in 0..200 {
        if check() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("did not happen: {what}");
}

/// A twin whose function is busy, and its two processes.
async fn busy() -> (Twin, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::write(&program, PROGRAM).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let twin = Twin::start(Options::default()).await.unwrap();
    let lambda = twin.services.lambda.clone();
    lambda.create_from_program("busy", &program, &BTreeMap::new(), 60).unwrap();
    lambda.invoke_async("busy", None, Bytes::new()).unwrap();
    wait_until("two lines", || twin.log_lines("busy").len() == 2).await;
    let pids: Vec<_> = twin.log_lines("busy").into_iter().map(|line| line.line).collect();
    assert!(pids.iter().all(|pid| runs(pid)));
    (twin, pids)
}

#[tokio::test]
async fn busy_sandbox_ends_when_a_strike_kills_its_function() {
    let (twin, pids) = busy().await;
    let mut headers = HeaderMap::new();
    headers.insert("authorization", "Credential=TWIN-busy/20261123/eu-west-1".parse().unwrap());
    headers.insert("x-amz-security-token", "TWIN-SESSION-of-another".parse().unwrap());
    twin.faults().crash(&headers);
    headers.remove("x-amz-security-token");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(pids.iter().all(|pid| runs(pid)), "another sandbox of the function is meant");
    twin.faults().crash(&headers);
    wait_until("no process", || !pids.iter().any(|pid| runs(pid))).await;
    let failed = |entry: &Entry| entry.event.to_string().contains("Runtime.ExitError");
    wait_until("an error of the function", || twin.journal().entries().iter().any(failed)).await;
}

#[tokio::test]
async fn busy_sandbox_ends_when_the_twin_is_dropped() {
    let (twin, pids) = busy().await;
    let address = twin.address;
    drop(twin);
    wait_until("no process", || !pids.iter().any(|pid| runs(pid))).await;
    wait_until("no server", || std::net::TcpStream::connect(address).is_err()).await;
}

#[tokio::test]
async fn lines_are_complete_when_the_reader_had_no_time_yet() {
    let twin = Twin::start(Options::default()).await.unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "echo one; printf '\\377\\n'; echo two >&2; exec sleep 600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let output = twin.services.lambda.follow_output(&mut child, "talker", "1");
    // The test's only thread: nothing is read meanwhile.
    std::thread::sleep(Duration::from_millis(300));
    let mut lines = output.lines().await;
    lines.sort();
    assert_eq!(lines, ["one", "two", "\u{fffd}"]);
}
