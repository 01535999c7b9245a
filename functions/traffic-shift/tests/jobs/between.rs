//! Something happens between two calls of the function.

use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

/// Forwards requests to the twin, and holds one operation up until something has happened.
pub(crate) struct Between {
    /// Where the function is to send its requests.
    pub(crate) endpoint: String,
    reached: Arc<Barrier>,
    done: Arc<Barrier>,
}

impl Between {
    /// Holds up the requests with this `X-Amz-Target`; each must be met by [`Self::meanwhile`].
    pub(crate) async fn before(target: &'static str, twin: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (reached, done) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (twin, barriers) =
            (twin.trim_start_matches("http://").to_owned(), [reached.clone(), done.clone()]);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, twin.clone(), target, barriers.clone()));
            }
        });
        Self { endpoint, reached, done }
    }

    /// Lets it happen in the moment of the request.
    pub(crate) async fn meanwhile(&self, happens: impl Future<Output = ()>) {
        self.reached.wait().await;
        happens.await;
        self.done.wait().await;
    }
}

async fn forward(client: TcpStream, twin: String, target: &str, [reached, done]: [Arc<Barrier>; 2]) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_twin, mut to_twin) = TcpStream::connect(twin).await.unwrap().into_split();
    tokio::spawn(async move { copy(&mut from_twin, &mut to_client).await });
    let mut bytes = vec![0; 64 * 1_024];
    while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
        let request = &bytes[..count];
        if String::from_utf8_lossy(request).contains(&format!("{target}\r\n")) {
            reached.wait().await;
            done.wait().await;
        }
        if to_twin.write_all(request).await.is_err() {
            return;
        }
    }
}
