"""An employee's Matrix client for `verbatim demo --check`.

It shares no code with Verbatim: matrix-nio for the protocol, its own end-to-end
encryption, its own device. It logs in, accepts invitations, and talks JSON lines:

  out  {"event":"ready","device":…}
       {"event":"joined","room":…}
       {"event":"text","room":…,"sender":…,"id":…,"body":…,"decrypted":true,
        "members":[…],"room_encrypted":true}
       {"event":"undecryptable","room":…,"sender":…,"id":…}
       {"event":"notice","room":…,"sender":…,"body":…}
       {"event":"receipt","room":…,"user":…,"id":…}
       {"event":"status","room":…,"sender":…,"content":{…}}
       {"event":"sent","room":…,"id":…} | {"event":"failed","what":…,"why":…}
  in   {"cmd":"reply","room":…,"body":…}

When its standard input closes it logs out (which deletes its device) and ends.
"""

import asyncio
import json
import os
import sys

import nio


def say(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Employee:
    def __init__(self, homeserver, user, store):
        config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False)
        self.client = nio.AsyncClient(homeserver, user, store_path=store, config=config)
        self.waiting_for_keys = {}
        watch = self.client.add_event_callback
        watch(self.on_invite, nio.InviteMemberEvent)
        watch(self.on_text, nio.RoomMessageText)
        watch(self.on_notice, nio.RoomMessageNotice)
        watch(self.on_undecryptable, nio.MegolmEvent)
        watch(self.on_unknown, nio.UnknownEvent)
        self.client.add_ephemeral_callback(self.on_receipts, nio.ReceiptEvent)
        self.client.add_response_callback(self.on_sync, nio.SyncResponse)

    async def on_invite(self, room, event):
        if event.state_key != self.client.user_id or event.membership != "invite":
            return
        answer = await self.client.join(room.room_id)
        if isinstance(answer, nio.JoinError):
            say("failed", what="join", why=str(answer))
        else:
            say("joined", room=room.room_id)

    async def on_text(self, room, event):
        if event.sender == self.client.user_id:
            return
        say(
            "text",
            room=room.room_id,
            sender=event.sender,
            id=event.event_id,
            body=event.body,
            decrypted=event.decrypted,
            members=sorted(room.users),
            room_encrypted=room.encrypted,
        )

    async def on_notice(self, room, event):
        say("notice", room=room.room_id, sender=event.sender, body=event.body)

    async def on_undecryptable(self, room, event):
        self.waiting_for_keys[event.event_id] = (room, event)
        say("undecryptable", room=room.room_id, sender=event.sender, id=event.event_id)

    async def on_unknown(self, room, event):
        if event.type == "com.beeper.message_send_status":
            say(
                "status",
                room=room.room_id,
                sender=event.sender,
                content=event.source.get("content", {}),
            )

    async def on_receipts(self, room, event):
        for receipt in event.receipts:
            say("receipt", room=room.room_id, user=receipt.user_id, id=receipt.event_id)

    async def on_sync(self, _response):
        """A key may come after its event: try again, as any client does."""
        for event_id, (room, event) in list(self.waiting_for_keys.items()):
            try:
                opened = self.client.decrypt_event(event)
            except nio.EncryptionError:
                continue
            del self.waiting_for_keys[event_id]
            if isinstance(opened, nio.RoomMessageText):
                await self.on_text(room, opened)
            elif isinstance(opened, nio.UnknownEvent):
                await self.on_unknown(room, opened)

    async def reply(self, room, body):
        answer = await self.client.room_send(
            room,
            "m.room.message",
            {"msgtype": "m.text", "body": body},
            ignore_unverified_devices=True,
        )
        if isinstance(answer, nio.RoomSendResponse):
            say("sent", room=room, id=answer.event_id)
        else:
            say("failed", what="reply", why=str(answer))

    async def obey(self):
        loop = asyncio.get_running_loop()
        while True:
            line = await loop.run_in_executor(None, sys.stdin.readline)
            if not line:
                return
            command = json.loads(line)
            if command["cmd"] == "reply":
                await self.reply(command["room"], command["body"])

    async def run(self, password):
        answer = await self.client.login(password, device_name="demo check")
        if not isinstance(answer, nio.LoginResponse):
            say("failed", what="login", why=str(answer))
            return 1
        first = await self.client.sync(timeout=0, full_state=True)
        if isinstance(first, nio.SyncError):
            say("failed", what="sync", why=str(first))
            return 1
        # The device must have published its keys before anybody encrypts for it.
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        say("ready", device=self.client.device_id)
        syncing = asyncio.create_task(self.client.sync_forever(timeout=10000))
        obeying = asyncio.create_task(self.obey())
        done, _ = await asyncio.wait({syncing, obeying}, return_when=asyncio.FIRST_COMPLETED)
        code = 0
        for task in done:
            if task.exception():
                say("failed", what="client", why=repr(task.exception()))
                code = 1
        syncing.cancel()
        await self.client.logout()
        await self.client.close()
        return code


def main():
    homeserver, user, store = sys.argv[1:4]
    # The password comes through the environment: arguments are visible to every process.
    password = os.environ.pop("VERBATIM_CHECK_PASSWORD")
    code = asyncio.run(Employee(homeserver, user, store).run(password))
    sys.stdout.flush()
    os._exit(code)


main()
