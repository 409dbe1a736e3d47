"""Takes signed webhooks and writes a line for each restock: receiver.py PORT FILE SECRET. Only what is signed counts."""

import base64
import hashlib
import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

port, path, secret = int(sys.argv[1]), sys.argv[2], sys.argv[3]
key = base64.b64decode(secret.removeprefix("whsec_"))
seen = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        text = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        due = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        is_signed = any(hmac.compare_digest(due, given) for given in self.headers["webhook-signature"].split(" "))
        self.send_response(200 if is_signed else 403)
        self.end_headers()
        alert = json.loads(body)
        if is_signed and self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            sizes = ",".join(str(variant["size"]) for variant in alert.get("variants", []))
            with open(path, "a") as file:
                print(alert["type"], sizes, alert.get("availability"), file=file)


HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
