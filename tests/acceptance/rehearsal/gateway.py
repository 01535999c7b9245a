"""API Gateway on this computer: turns HTTP requests into invocations of `live`, as a REST API with Lambda proxy does."""

import http.server
import json
import threading
import time
import urllib.parse

from botocore.exceptions import ClientError

STAGE = "staging"
# Paths that template.yaml puts behind the authorizer, whatever the method.
PROTECTED = ("/query", "/usage")
LARGEST_BODY_BYTES = 10 * 1024 * 1024


class Limiter:
    """A token bucket, like API Gateway's."""

    def __init__(self, per_second, burst):
        self.per_second, self.burst = per_second, burst
        self.tokens, self.filled = float(burst), time.monotonic()
        self.lock = threading.Lock()

    def admits(self):
        with self.lock:
            now = time.monotonic()
            self.tokens = min(self.burst, self.tokens + (now - self.filled) * self.per_second)
            self.filled = now
            if self.tokens < 1:
                return False
            self.tokens -= 1
            return True


class Gateway:
    """A stage on a free port. `authorize` answers a token's claims or None; without one, every request is let through."""

    def __init__(self, invoke, authorize, limiter):
        self.invoke, self.authorize, self.limiter = invoke, authorize, limiter
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

            def version_string(self):
                return "gateway"

            def log_message(self, *_):
                pass

            def __getattr__(self, name):
                # Any method, also one that does not exist: the function decides.
                if name.startswith("do_"):
                    return lambda: gateway.serve(self)
                raise AttributeError(name)

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128  # a burst connects at once

            def handle_error(self, *_):
                pass  # a client that gave up is no news

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/{STAGE}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        path = urllib.parse.urlsplit(request.path).path.removeprefix(f"/{STAGE}")
        status, headers, text = self.answer(request, path, body)
        payload = text.encode()
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(payload)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(payload)

    def answer(self, request, path, body):
        """In the order of the real one: limit, authorizer, size, integration."""
        if self.limiter and not self.limiter.admits():
            return message(429, "Too Many Requests")
        claims = None
        if self.authorize and path in PROTECTED:
            claims = self.authorize(request.headers.get("Authorization", "").removeprefix("Bearer "))
            if claims is None:
                return message(401, "Unauthorized")
        if len(body) > LARGEST_BODY_BYTES:
            return message(413, "Request Too Long")
        try:
            reply = self.invoke(event(request, path, body, claims))
        except ClientError as error:
            # A throttled function is a 500 of a REST API; whatever else Lambda says, too.
            return message(500, f"Internal server error ({error.response['Error']['Code']})")
        if reply is None:
            return message(502, "Internal server error")
        headers = dict(reply.get("headers") or {})
        headers |= {name: ", ".join(values) for name, values in (reply.get("multiValueHeaders") or {}).items()}
        return reply["statusCode"], headers, reply.get("body") or ""


def message(status, text):
    return status, {"Content-Type": "application/json"}, json.dumps({"message": text})


def event(request, path, body, claims):
    """Payload format 1.0."""
    headers = dict(request.headers.items())
    context = {
        "resourcePath": path, "httpMethod": request.command, "path": f"/{STAGE}{path}", "protocol": "HTTP/1.1",
        "stage": STAGE, "accountId": "123456789012", "apiId": "a1b2c3d4e5", "requestId": "6b2f4a0e-7c1d-4e58-9a43-0d5f6c7e8a91",
        "requestTimeEpoch": int(time.time() * 1_000), "identity": {"sourceIp": "127.0.0.1"},
    }
    return {
        "resource": path, "path": path, "httpMethod": request.command, "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": None, "stageVariables": None,
        "requestContext": context | ({"authorizer": {"claims": claims}} if claims else {}),
        "body": body.decode("utf-8", "replace") if body else None, "isBase64Encoded": False,
    }
