#!/usr/bin/env python3
"""Rolls dice for people: dice.py HOST FILE

When somebody writes "!roll 2d6", the bot answers with the roll. It uses the key that ssh has for
HOST, which is that of a bot account. FILE remembers the last message that the bot has dealt with,
so it also answers what was written while it did not run. It needs Python 3.8 and nothing else.
"""
import json
import pathlib
import re
import secrets
import subprocess
import sys
import time
import uuid
from collections import deque

ROLL = re.compile(r"!roll ([1-9][0-9]?)d([1-9][0-9]{0,3})", re.ASCII)


def answer(message):
    """Return the command that answers a message, or None."""
    roll = ROLL.fullmatch(message["text"].strip())
    if not roll or message["author"]["bot"] or "change" in message:
        return None
    dice, sides = map(int, roll.groups())
    rolled = [secrets.randbelow(sides) + 1 for _ in range(dice)]
    # The id of the answer is derived from that of the message. So if the connection breaks and the
    # bot answers again, the server posts nothing twice.
    once = uuid.uuid5(uuid.UUID(message["id"]), "roll")
    return {
        "id": message["id"],
        "run": ["send", "--reply", message["id"], "--id", str(once), message["conversation"]["id"]],
        "text": f"{' + '.join(map(str, rolled))} = {sum(rolled)}" if dice > 1 else str(rolled[0]),
    }


def serve(host, file):
    """Serve one connection until it ends. Return the exit status of ssh."""
    command = ["ssh", "-T", "-o", "ServerAliveInterval=30", host, "bot"]
    if file.exists():
        command += ["--since", file.read_text()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as ssh:
        # Commands that are not acknowledged. Only the first one has been sent: the server reads the
        # next one when we have read the answer, so a bot that writes more without reading can block.
        waiting = deque()

        def send_first():
            try:
                ssh.stdin.write(json.dumps(waiting[0]) + "\n")
                ssh.stdin.flush()
            except BrokenPipeError:
                pass  # the connection has ended, and so does the output

        def remember(place):
            new = file.with_name(file.name + ".new")
            new.write_text(place)
            new.replace(file)

        for line in ssh.stdout:
            event = json.loads(line)
            if event["type"] == "ready" and "cursor" in event:
                remember(event["cursor"])
            elif event["type"] == "message":
                command = answer(event)
                if command:
                    waiting.append(command)
                    if len(waiting) == 1:
                        send_first()
                elif not waiting:
                    remember(event["id"])
            elif event["type"] == "ack":
                if event["status"] != 0:
                    print("dice: not answered:", event.get("text"), file=sys.stderr)
                remember(waiting.popleft()["id"])
                if waiting:
                    send_first()
    return ssh.returncode


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: dice.py HOST FILE")
    while True:
        status = serve(sys.argv[1], pathlib.Path(sys.argv[2]))
        if status in (2, 4):  # the server does not know the message in FILE, or what we ask for
            sys.exit(status)
        time.sleep(5)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
