//! AWS on loopback: two endpoints, as two services have, that speak TLS and answer a hook as CodeDeploy and Lambda do.

use crate::error::{BenchError, while_trying};
use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    serve::Listener,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        server::NoServerSessionStorage,
    },
    server::TlsStream,
};

/// Runs until the process ends.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// For `AWS_ENDPOINT_URL_CODEDEPLOY`.
    pub(crate) codedeploy: String,
    /// For `AWS_ENDPOINT_URL_LAMBDA`; another port, so that it takes a connection of its own as in AWS.
    pub(crate) lambda: String,
    /// The certificate to trust.
    pub(crate) authority_pem: String,
}

impl Endpoint {
    pub(crate) async fn start() -> Result<Self, BenchError> {
        let (authority_pem, config) = certificates()?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (codedeploy, lambda) = (serve(acceptor.clone()).await?, serve(acceptor).await?);
        Ok(Self { codedeploy, lambda, authority_pem })
    }
}

async fn serve(acceptor: TlsAcceptor) -> Result<String, BenchError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(while_trying("opening a port"))?;
    let address = listener.local_addr().map_err(while_trying("reading a port"))?;
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(TlsListener { listener, acceptor }, router).await });
    Ok(format!("https://{address}"))
}

/// A new authority and the server side of its one certificate.
fn certificates() -> Result<(String, ServerConfig), BenchError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate()?;
    let authority_pem = params.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    // Two services share no TLS session in AWS; here they have one address, so nothing may be resumed.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((authority_pem, config))
}

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    /// A connection whose handshake fails is dropped: the function under test then says why.
    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            // Without it the kernel may hold back small answers; that would be measured as the function's time.
            let _ = stream.set_nodelay(true);
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A healthy deployment of `shop:live` from version 41 to 42, and a healthy version 42.
async fn answer(headers: HeaderMap) -> (StatusCode, Json<Value>) {
    if !headers.contains_key("authorization") {
        return (StatusCode::FORBIDDEN, Json(json!({ "__type": "MissingAuthenticationTokenException" })));
    }
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let body = match target.and_then(|target| target.split('.').next_back()) {
        Some("GetDeployment") => json!({ "deploymentInfo": {
            "deploymentId": "d-READY0001", "creator": "user", "status": "InProgress",
            "applicationName": "shop", "deploymentGroupName": "live",
        }}),
        Some("ListDeploymentTargets") => json!({ "targetIds": ["shop:live"] }),
        Some("BatchGetDeploymentTargets") => json!({ "deploymentTargets": [{
            "deploymentTargetType": "LambdaTarget",
            "lambdaTarget": {
                "deploymentId": "d-READY0001", "targetId": "shop:live", "status": "InProgress",
                "lambdaFunctionInfo": {
                    "functionName": "shop", "functionAlias": "live",
                    "currentVersion": "41", "targetVersion": "42", "targetVersionWeight": 0.0,
                },
                "lifecycleEvents": [{ "lifecycleEventName": "BeforeAllowTraffic", "status": "InProgress" }],
            },
        }]}),
        Some("PutLifecycleEventHookExecutionStatus") => json!({ "lifecycleEventHookExecutionId": "any" }),
        Some(_) => return (StatusCode::NOT_IMPLEMENTED, Json(json!({ "__type": "NotImplemented" }))),
        // Lambda's Invoke has no target: the payload is the function's own answer.
        None => json!({ "statusCode": 200, "body": r#"{"status":"ok"}"# }),
    };
    (StatusCode::OK, Json(body))
}
