#!/usr/bin/env node
// Collects the best messages: stars.mjs HOST TARGET
//
// When somebody reacts to a message in a group with a star, the bot copies the message to TARGET,
// such as '#best', once. It uses the key that ssh has for HOST, which is that of a bot account. It
// joins the groups that people invite it to. It needs Node 18 and nothing else.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const [host, target, ...rest] = process.argv.slice(2);
if (!target || rest.length) {
  console.error("usage: stars.mjs HOST TARGET");
  process.exit(2);
}

// onceFor makes the id of a copy from that of the message. Whatever happens, the server posts
// only one message with this id.
const onceFor = (id) => id.slice(0, 14) + "8" + id.slice(15);

// answer returns the command with which the bot answers an event, if there is one.
function answer(event) {
  switch (event.type) {
    case "invitation":
      return { id: "accept", run: ["accept", event.conversation.id] };
    case "reaction":
      // Direct messages have names with @. Nobody expects them to be copied. The copies can have
      // stars too.
      if (!event.for && event.added && event.name === "star" && event.conversation.name.startsWith("#") && event.conversation.name !== target) {
        return { id: "info", run: ["info", event.message] };
      }
      break;
    case "message":
      // A message that the bot has asked for. Other messages have no "for".
      if (event.for === "info" && !event.deleted_at) {
        const text = event.text.replace(/^/gm, "> ");
        return { id: "copy", run: ["send", "--id", onceFor(event.id), target], text: `${event.author.name} in ${event.conversation.name}:\n${text}` };
      }
      break;
    case "ack":
      if (event.status !== 0) console.error(`stars: ${event.for}:`, event.text);
  }
}

// serve serves one connection until it ends, and returns the exit status of ssh.
async function serve() {
  const ssh = spawn("ssh", ["-T", "-o", "ServerAliveInterval=30", host, "bot"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => ssh.on("close", resolve).on("error", reject));
  ssh.stdin.on("error", () => {}); // the connection has ended, and so does the output
  // write keeps what the server does not read yet, so this loop goes on reading.
  for await (const line of createInterface({ input: ssh.stdout })) {
    const command = answer(JSON.parse(line));
    if (command) ssh.stdin.write(JSON.stringify(command) + "\n");
  }
  return ended;
}

for (;;) {
  const status = await serve();
  if (status === 2 || status === 4) process.exit(status);
  await sleep(5000);
}
