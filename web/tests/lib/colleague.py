"""A colleague whose client shares no code with ours: matrix-nio for protocol and encryption.

Our client gives keys only to devices that their owner has signed, and shows only what comes from such. matrix-nio
knows no cross-signing, so the program makes the account's keys itself and signs its device with them, as the
specification has it.

  out  {"event":"ready"} {"event":"made","room":…} {"event":"joined","user":…}
       {"event":"text","sender":…,"body":…,"decrypted":true} {"event":"undecryptable"} {"event":"sent"}
       {"event":"failed","why":…}
  in   {"cmd":"make","name":…,"invite":[…]} {"cmd":"say","room":…,"body":…}

It ends when its standard input closes.
"""

import asyncio
import base64
import json
import os
import sys

import nio
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from nio.api import Api


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def unpadded(data):
    return base64.b64encode(data).decode().rstrip("=")


class SigningKey:
    """One of an account's own keys (ed25519)."""

    def __init__(self, user, usage):
        self.user = user
        self.key = ECC.generate(curve="Ed25519")
        self.public = unpadded(self.key.public_key().export_key(format="raw"))
        self.id = f"ed25519:{self.public}"
        self.object = {"user_id": user, "usage": [usage], "keys": {self.id: self.public}}

    def sign(self, thing):
        bare = {k: v for k, v in thing.items() if k not in ("signatures", "unsigned")}
        signature = eddsa.new(self.key, "rfc8032").sign(Api.to_canonical_json(bare).encode())
        thing.setdefault("signatures", {}).setdefault(self.user, {})[self.id] = unpadded(signature)
        return thing


class Colleague:
    def __init__(self, homeserver, user, store):
        config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False)
        self.client = nio.AsyncClient(homeserver, user, store_path=store, config=config)
        watch = self.client.add_event_callback
        watch(self.on_member, nio.RoomMemberEvent)
        watch(self.on_text, nio.RoomMessageText)
        watch(self.on_undecryptable, nio.MegolmEvent)

    async def on_member(self, _room, event):
        if event.membership == "join":
            say("joined", user=event.state_key)

    async def on_text(self, _room, event):
        if event.sender != self.client.user_id:
            say("text", sender=event.sender, body=event.body, decrypted=event.decrypted)

    async def on_undecryptable(self, _room, event):
        say("undecryptable", sender=event.sender)

    async def post(self, path, body):
        client = self.client
        headers = {"Authorization": f"Bearer {client.access_token}"}
        url = f"{client.homeserver}/_matrix/client/v3/{path}"
        async with client.client_session.post(url, json=body, headers=headers) as answer:
            said = await answer.json()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {said}")
            return said

    async def sign_device(self, password):
        """Makes the account's keys and signs this device with them."""
        user, device = self.client.user_id, self.client.device_id
        master = SigningKey(user, "master")
        signing = SigningKey(user, "self_signing")
        keys = {
            "master_key": master.sign(dict(master.object)),
            "self_signing_key": master.sign(dict(signing.object)),
            "auth": {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": user},
                "password": password,
            },
        }
        await self.post("keys/device_signing/upload", keys)
        found = await self.post("keys/query", {"device_keys": {user: [device]}})
        signed = signing.sign(found["device_keys"][user][device])
        signed.pop("unsigned", None)
        answer = await self.post("keys/signatures/upload", {user: {device: signed}})
        if answer.get("failures"):
            raise RuntimeError(f"signatures: {answer['failures']}")

    async def make(self, name, invite):
        encryption = {
            "type": "m.room.encryption",
            "state_key": "",
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }
        answer = await self.client.room_create(
            name=name, invite=invite, initial_state=[encryption]
        )
        if isinstance(answer, nio.RoomCreateError):
            raise RuntimeError(str(answer))
        say("made", room=answer.room_id)

    async def speak(self, room, body):
        content = {"msgtype": "m.text", "body": body}
        answer = await self.client.room_send(
            room, "m.room.message", content, ignore_unverified_devices=True
        )
        if not isinstance(answer, nio.RoomSendResponse):
            raise RuntimeError(str(answer))
        say("sent")

    async def obey(self):
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command = json.loads(line)
            if command["cmd"] == "make":
                await self.make(command["name"], command["invite"])
            else:
                await self.speak(command["room"], command["body"])

    async def run(self, password):
        answer = await self.client.login(password, device_name="a colleague's client")
        if not isinstance(answer, nio.LoginResponse):
            raise RuntimeError(str(answer))
        await self.client.sync(timeout=0, full_state=True)
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        await self.sign_device(password)
        say("ready")
        syncing = asyncio.create_task(self.client.sync_forever(timeout=10000))
        obeying = asyncio.create_task(self.obey())
        done, _ = await asyncio.wait({syncing, obeying}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def main():
    homeserver, user, store = sys.argv[1:4]
    # Through the environment: arguments are visible to every process.
    password = os.environ.pop("VERBATIM_COLLEAGUE_PASSWORD")
    code = 0
    try:
        asyncio.run(Colleague(homeserver, user, store).run(password))
    except Exception as error:  # The other side has nothing else to go by.
        say("failed", why=repr(error))
        code = 1
    sys.stdout.flush()
    os._exit(code)


main()
