"""The provider's own Python SDK against the simulated carrier.

Needs the package `twilio` (written against 9.13.0). The simulator must run with the account,
token and number that are given here, the number's webhook must be the address given as
--hook-url (this script listens there), and messages must not be delayed for long:

    cargo run -p carrier-sim -- --listen 127.0.0.1:8025 --no-delays \
        --account-sid AC... --auth-token ... --number +15550001000=http://127.0.0.1:8026/hook?a=1
    python test_sdk.py --base-url http://127.0.0.1:8025 --hook-url 'http://127.0.0.1:8026/hook?a=1' \
        --account-sid AC... --auth-token ... --number +15550001000

With --shared-key ID=SECRET the simulator has to run with the same. Each option can also come from
the environment: SIM_BASE_URL, SIM_HOOK_URL, SIM_ACCOUNT_SID, SIM_AUTH_TOKEN, SIM_NUMBER,
SIM_SHARED_KEY. The last line is "N passed, N failed"; the exit code is not zero if one failed.
"""

import argparse
import datetime
import http.server
import json
import os
import queue
import sys
import threading
import time
import traceback
import urllib.parse
import urllib.request
import uuid

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator, get_signature_algorithm
from twilio.rest import Client

PATIENCE_S = 20


class Redirected(TwilioHttpClient):
    """The SDK's own client; only scheme and host of each address are replaced."""

    def __init__(self, base_url):
        super().__init__(timeout=PATIENCE_S)
        self.base = urllib.parse.urlsplit(base_url)
        # The simulator is local: a proxy from the environment must not come between.
        self.session.trust_env = False

    def request(self, method, url, *args, **kwargs):
        parts = urllib.parse.urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("https", "api.twilio.com"), url
        local = parts._replace(scheme=self.base.scheme, netloc=self.base.netloc)
        return super().request(method, urllib.parse.urlunsplit(local), *args, **kwargs)


class Hooks:
    """Listens at the webhook's address and keeps what comes."""

    def __init__(self, url):
        got = self.got = queue.Queue()
        parts = urllib.parse.urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
                got.put((origin + self.path, form, self.headers))
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.end_headers()
                self.wfile.write(b"<Response/>")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((parts.hostname, parts.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, wanted):
        """The first webhook that satisfies `wanted`; others are dropped."""
        end = time.monotonic() + PATIENCE_S
        while True:
            hook = self.got.get(timeout=max(0.01, end - time.monotonic()))
            if wanted(hook[1]):
                return hook


class Peer:
    def __init__(self, options):
        self.options = options
        self.client = self.client_with(options.auth_token)
        self.hooks = Hooks(options.hook_url)
        # Every run has its own phone, so that a simulator can serve many runs.
        self.phone = "+1555" + str(uuid.uuid4().int % 10**7).zfill(7)

    def client_with(self, token):
        http_client = Redirected(self.options.base_url)
        return Client(self.options.account_sid, token, http_client=http_client)

    def send(self, body, **more):
        number = self.options.number
        return self.client.messages.create(to=self.phone, from_=number, body=body, **more)

    def control(self, path, body):
        request = urllib.request.Request(
            f"{self.options.base_url}/sim{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def text(self, body):
        sent = {"to": self.options.number, "body": body}
        return self.control(f"/phones/{urllib.parse.quote(self.phone)}/send", sent)["sid"]

    def until_delivered(self, sid):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            message = self.client.messages(sid).fetch()
            if message.status == "delivered":
                return message
            time.sleep(0.05)
        raise AssertionError("not delivered in time")

    def signature_holds(self, url, form, headers):
        """What the SDK's validator says to a webhook, under the key that its headers call for."""
        settings = headers.get("X-Twilio-Webhooks-Signature-Settings")
        algorithm = get_signature_algorithm(settings)
        secret = self.options.auth_token
        if self.options.shared_key:
            key, secret = self.options.shared_key.split("=", 1)
            assert settings == f"key={key},algorithm=HMAC_SHA256", settings
        else:
            assert settings is None and algorithm == "HMAC_SHA1"
        validator = RequestValidator(secret)
        given = headers["X-Twilio-Signature"]
        if algorithm == "HMAC_SHA1":
            return validator.validate(url, form, given)
        return validator.compute_signature(url, form, algorithm) == given


def equal(got, want):
    assert got == want, f"{got!r} is not {want!r}"


def test_send_and_fetch(peer):
    message = peer.send("hello €", validity_period=600)
    equal(message.sid[:2], "SM")
    equal((message.to, message.from_, message.body), (peer.phone, peer.options.number, "hello €"))
    equal((message.status, message.direction), ("queued", "outbound-api"))
    equal((message.num_segments, message.num_media, message.error_code), ("1", "0", None))
    equal(message.account_sid, peer.options.account_sid)
    assert isinstance(message.date_created, datetime.datetime)
    fetched = peer.until_delivered(message.sid)
    assert isinstance(fetched.date_sent, datetime.datetime)
    equal(fetched.body, "hello €")


def test_list_filters_and_pages(peer):
    number = peer.options.number
    sids = [peer.send(f"page {n}").sid for n in range(5)]
    for sid in sids:
        peer.until_delivered(sid)
    inbound = peer.text("from the phone")
    newest_first = sids[::-1]
    listed = [m.sid for m in peer.client.messages.list(to=peer.phone, page_size=2)]
    equal(listed[:5], newest_first)
    limited = peer.client.messages.list(to=peer.phone, limit=3, page_size=2)
    equal([m.sid for m in limited], newest_first[:3])
    equal([m.sid for m in peer.client.messages.list(from_=peer.phone, to=number)], [inbound])
    page = peer.client.messages.page(to=peer.phone, page_size=2)
    equal([m.sid for m in page], newest_first[:2])
    equal([m.sid for m in page.next_page()], newest_first[2:4])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    for filters, want in [
        ({"date_sent_after": now - day}, True),
        ({"date_sent_before": now + day}, True),
        ({"date_sent_after": now - day, "date_sent_before": now + day}, True),
        ({"date_sent_after": now + day}, False),
        ({"date_sent_before": now - day}, False),
        ({"date_sent_after": (now - day).date()}, True),
    ]:
        found = peer.client.messages.list(to=peer.phone, **filters)
        equal(inbound in [m.sid for m in found] or newest_first[0] in [m.sid for m in found], want)
    direction = {m.sid: m.direction for m in peer.client.messages.list(from_=peer.phone)}
    equal(direction[inbound], "inbound")


def test_account_and_numbers(peer):
    account = peer.client.api.accounts(peer.options.account_sid).fetch()
    equal((account.sid, account.status), (peer.options.account_sid, "active"))
    found = peer.client.incoming_phone_numbers.list(phone_number=peer.options.number)
    equal([n.phone_number for n in found], [peer.options.number])
    equal(found[0].sms_url, peer.options.hook_url)
    equal(found[0].capabilities["sms"], True)
    equal(peer.client.incoming_phone_numbers.list(phone_number="+19998887777"), [])


def refused(status, code, call):
    try:
        call()
    except TwilioRestException as error:
        equal((error.status, error.code), (status, code))
        assert error.msg
        return
    raise AssertionError(f"{code} did not come")


def test_errors_have_their_codes(peer):
    create, number = peer.client.messages.create, peer.options.number
    refused(400, 21211, lambda: create(to="123", from_=number, body="x"))
    refused(400, 21659, lambda: create(to=peer.phone, from_="+15005550001", body="x"))
    refused(400, 21602, lambda: create(to=peer.phone, from_=number))
    refused(400, 21617, lambda: peer.send("a" * 1601))
    refused(404, 20404, lambda: peer.client.messages("SM" + "0" * 32).fetch())
    # Lists are no use here: the SDK hides the code of a page that it could not fetch.
    wrong = peer.client_with("wrong")
    refused(401, 20003, lambda: wrong.api.accounts(peer.options.account_sid).fetch())
    to_phone = {"to": peer.phone, "from_": number, "body": "x"}
    refused(401, 20003, lambda: wrong.messages.create(**to_phone))
    peer.text("STOP")
    refused(400, 21610, lambda: peer.send("after the stop"))
    peer.text("START")
    peer.send("after the start")


def test_faults_surface_as_errors(peer):
    for fault, status, code in [
        ({"kind": "too_many_requests", "count": 1}, 429, 20429),
        ({"kind": "server_error_before", "status": 503, "count": 1}, 503, 20503),
        ({"kind": "server_error_after", "count": 1}, 500, 20500),
    ]:
        peer.control("/faults", {"faults": [fault]})
        refused(status, code, lambda: peer.send(f"under {code}"))
    bodies = [m.body for m in peer.client.messages.list(to=peer.phone)]
    equal([code for code in (20429, 20503, 20500) if f"under {code}" in bodies], [20500])


def test_webhook_signatures(peer):
    body = "héllo 😀 &=+ %41"
    sid = peer.text(body)
    url, form, headers = peer.hooks.wait(lambda form: form["MessageSid"] == sid)
    equal((form["Body"], form["From"], form["SmsStatus"]), (body, peer.phone, "received"))
    equal(url, peer.options.hook_url)
    assert peer.signature_holds(url, form, headers), "the signature of an inbound text"
    callback = peer.options.hook_url + "&m=17"
    sid = peer.send("tell me", status_callback=callback + "#rc=2").sid
    for state in ("queued", "sent", "delivered"):
        hook = peer.hooks.wait(lambda form: form.get("MessageStatus") == state)
        equal((hook[0], hook[1]["MessageSid"]), (callback, sid))
        assert peer.signature_holds(*hook), f"the signature of the callback '{state}'"
    for altered in ({**form, "Body": body + "."}, {**form, "Extra": "x"}, {"Body": body}):
        assert not peer.signature_holds(url, altered, headers), "an altered form was accepted"
    assert not peer.signature_holds(url + "&b=2", form, headers), "an altered address was accepted"
    peer.control("/faults", {"faults": [{"kind": "bad_signature", "count": 1}]})
    sid = peer.text("forged")
    hook = peer.hooks.wait(lambda form: form["MessageSid"] == sid)
    assert not peer.signature_holds(*hook), "a wrong signature was accepted"


TESTS = [
    test_send_and_fetch,
    test_list_filters_and_pages,
    test_account_and_numbers,
    test_errors_have_their_codes,
    test_faults_surface_as_errors,
    test_webhook_signatures,
]


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("base-url", "hook-url", "account-sid", "auth-token", "number", "shared-key"):
        default = os.environ.get("SIM_" + name.upper().replace("-", "_"))
        needed = default is None and name != "shared-key"
        parser.add_argument("--" + name, default=default, required=needed)
    return parser.parse_args()


def main():
    peer = Peer(options())
    failed = 0
    for test in TESTS:
        try:
            test(peer)
            print(f"ok      {test.__name__}")
        except Exception:
            failed += 1
            print(f"FAILED  {test.__name__}")
            traceback.print_exc(file=sys.stdout)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
